package view

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/platform/clock"
)

// Snapshots keeps indexes, so that an instance need not build its own.
type Snapshots interface {
	// Load gives the newest index and the number of the change it stands at. NotFound when
	// there is none; any other error means that it can't be used.
	Load(ctx context.Context) (*index.Index, int64, error)
	// Head gives the number of the change that the kept index stands at, 0 when there is
	// none that can be used.
	Head(ctx context.Context) (int64, error)
	// Save keeps the parts of an index that stands at a change, unless a newer one is kept
	// already. It writes only the parts that are not kept yet.
	Save(ctx context.Context, parts []index.SegmentData, seq int64) error
	// Discard makes Save start anew: what is kept can't be read.
	Discard(ctx context.Context) error
}

// Deps is what a View needs.
type Deps struct {
	Log       *changelog.Log
	Snapshots Snapshots // nil: every instance builds its own index
	Clock     clock.Clock
	Logger    *slog.Logger
	Kinds     *entity.Kinds // derive the relations; the built-in ones when nil
	// Staleness is how old an answer may be; 0 for not at all: each is checked against the
	// end of the log.
	Staleness time.Duration
}

// View answers questions about the catalog as it is now. It is safe for concurrent use.
type View struct {
	reading
	current *reader
	past    *pasts
	deps    Deps
}

// New makes a view. The index is made by the first question.
func New(d Deps) (*View, error) {
	if d.Log == nil || d.Clock == nil || d.Logger == nil {
		return nil, errors.New("a view of the catalog needs its change log, a clock and a logger")
	}
	r := newReader(d)
	return &View{reading: reading{read: r.read, log: d.Log}, current: r, past: newPasts(d), deps: d}, nil
}

// Reader answers questions about the catalog as it is, or was.
type Reader interface {
	// ByRef gives an entity by its canonical ref, the zero Document when there is none.
	ByRef(ctx context.Context, ref string) (index.Document, error)
	// ByUID gives an entity by its uid, the zero Document when there is none.
	ByUID(ctx context.Context, uid string) (index.Document, error)
	// ByRefs gives the entities of canonical refs in the order asked, zero Documents where
	// there is none or where does not select it.
	ByRefs(ctx context.Context, refs []string, where predicate.Node) ([]index.Document, error)
	// Query gives a page of entities. Invalid when it has no end.
	Query(ctx context.Context, q index.Query) (index.Page, error)
	// List gives entities in the order of several fields, and whether there are more.
	List(ctx context.Context, l index.List) (items []index.Document, more bool, err error)
	// Facets counts the values that the selected entities have in each field.
	Facets(ctx context.Context, where predicate.Node, fields []string) (map[string][]index.FacetCount, error)
	// Ancestry gives an entity and the locations that led to it; NotFound when there is none.
	Ancestry(ctx context.Context, ref string) (Ancestry, error)
	// Graph follows relations from an entity; NotFound when there is none.
	Graph(ctx context.Context, q GraphQuery) (Graph, error)
}

var (
	_ Reader = (*View)(nil)
	_ Reader = (*Past)(nil)
)
