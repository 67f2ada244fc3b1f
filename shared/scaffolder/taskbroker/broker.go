package taskbroker

import (
	"context"
	"errors"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/authored"
	"github.com/slipwayhq/slipway/shared/scaffolder/rehearsal"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// Operations accepts, shows and changes operations.
type Operations interface {
	Accept(ctx context.Context, r operations.Request) (*operations.Operation, error)
	Get(ctx context.Context, id string) (*operations.Operation, error)
	Search(ctx context.Context, q operations.Query) (operations.SearchResult, error)
	Cancel(ctx context.Context, id string) (*operations.Operation, error)
	Retry(ctx context.Context, id string, secrets map[string]string) (*operations.Operation, error)
}

// Rehearser runs a template without doing anything.
type Rehearser interface {
	Rehearse(ctx context.Context, q rehearsal.Request) (*rehearsal.Result, error)
}

// Authored knows how the authors of templates wrote them.
type Authored interface {
	// AsWritten gives the metadata and the spec of a template with the keys of all objects in
	// the order of its file, or sorted where that is not known.
	AsWritten(ctx context.Context, e entity.Entity) (metadata, spec templating.Object)
}

var (
	_ Authored   = (*authored.Templates)(nil)
	_ Operations = (*operations.Service)(nil)
	_ Rehearser  = (*rehearsal.Rehearser)(nil)
)

// Deps is what a Broker needs.
type Deps struct {
	Operations Operations
	Catalog    scaffolder.Catalog
	Authored   Authored
	Rehearser  Rehearser
	IDs        ids.Source
}

// Broker runs templates and shows their operations as tasks.
type Broker struct{ deps Deps }

// New makes a broker.
func New(d Deps) (*Broker, error) {
	if d.Operations == nil || d.Catalog == nil || d.Authored == nil || d.Rehearser == nil || d.IDs == nil {
		return nil, errors.New("tasks need operations, a catalog, the templates as written, a rehearser and ids")
	}
	return &Broker{deps: d}, nil
}
