package catalog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
)

// Deps is what a Service needs.
type Deps struct {
	Table  table.Table
	Source Source
	Clock  clock.Clock
	IDs    ids.Source
	Log    *slog.Logger
	// PlatformGroups are the GitLab groups whose projects may define environments,
	// providers, templates, users and groups; empty for all.
	PlatformGroups []string
	// Discover also reads the well-known files of projects that nobody registered, when
	// something is pushed to them. Without it only registered files are read: a file of an
	// application that is just being created must not outlive the creation's failure.
	Discover bool
}

// Service is the catalog. It is safe for concurrent use.
type Service struct {
	store  *store
	reader *reader
	source Source
	log    *slog.Logger

	discover       bool
	platformGroups []string
}

// New makes a catalog.
func New(d Deps) (*Service, error) {
	if d.Table == nil || d.Source == nil || d.Clock == nil || d.IDs == nil || d.Log == nil {
		return nil, errors.New("the catalog needs a table, a source, a clock, a source of ids and a log")
	}
	s := &store{table: d.Table, clock: d.Clock, ids: d.IDs,
		events: outbox.Emitter{Source: EventSource, Clock: d.Clock, IDs: d.IDs}}
	return &Service{store: s, reader: newReader(s), source: d.Source, log: d.Log, discover: d.Discover, platformGroups: d.PlatformGroups}, nil
}

// Entity gives an entity by its ref, in any case; NotFound when there is none.
func (s *Service) Entity(ctx context.Context, ref string) (Entity, error) {
	r, err := ParseFullRef(ref)
	if err != nil {
		return Entity{}, err
	}
	var d *document
	if err := s.reader.read(ctx, func(x *index) { d = x.shown[r.String()] }); err != nil {
		return Entity{}, err
	}
	if d == nil {
		return Entity{}, errs.New(errs.NotFound, fmt.Sprintf("No entity named '%s' found, with kind '%s' in namespace '%s'",
			asciiLower(r.Name), asciiLower(r.Kind), asciiLower(r.Namespace)))
	}
	return d.entity, nil
}

// ConfirmVisible returns nil once readers see the entity: at once after it was written.
func (s *Service) ConfirmVisible(ctx context.Context, ref string) error {
	_, err := s.Entity(ctx, ref)
	return err
}

// EntityByUID gives an entity by its uid; NotFound when there is none.
func (s *Service) EntityByUID(ctx context.Context, uid string) (Entity, error) {
	var d *document
	if err := s.reader.read(ctx, func(x *index) { d = x.shown[x.byUID[uid]] }); err != nil {
		return Entity{}, err
	}
	if d == nil {
		return Entity{}, errs.New(errs.NotFound, "No entity with uid "+clip(uid))
	}
	return d.entity, nil
}

// EntitiesByRefs gives the entities of canonical refs in the order asked, nil where there
// is none or where does not select it.
func (s *Service) EntitiesByRefs(ctx context.Context, refs []string, where Predicate) ([]*Entity, error) {
	out := make([]*Entity, len(refs))
	err := s.reader.read(ctx, func(x *index) {
		for i, ref := range refs {
			if d := x.shown[ref]; d != nil && (where == nil || where.matches(d.rows)) {
				out[i] = &d.entity
			}
		}
	})
	return out, err
}

// Query gives a page of entities.
func (s *Service) Query(ctx context.Context, q Query) (Page, error) {
	if q.Offset < 0 || q.Limit < -1 {
		return Page{}, errNoLimit
	}
	var page Page
	err := s.reader.read(ctx, func(x *index) { page = x.run(q) })
	return page, err
}

// List gives entities in the order of several fields, and whether there are more.
func (s *Service) List(ctx context.Context, l List) (items []Entity, more bool, err error) {
	if l.Offset < 0 || l.Limit < -1 {
		return nil, false, errNoLimit
	}
	err = s.reader.read(ctx, func(x *index) { items, more = x.list(l) })
	return items, more, err
}

// Facets counts the values that the selected entities have in each field.
func (s *Service) Facets(ctx context.Context, where Predicate, fields []string) (map[string][]FacetCount, error) {
	var out map[string][]FacetCount
	err := s.reader.read(ctx, func(x *index) { out = x.facets(where, fields) })
	return out, err
}

// Changes gives the change log behind a sequence number, oldest first.
func (s *Service) Changes(ctx context.Context, after int64) ([]Change, error) {
	return s.store.changes(ctx, after)
}
