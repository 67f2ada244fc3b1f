package taskbroker

import (
	"context"
	"errors"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/rehearsal"
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

var (
	_ Operations = (*operations.Service)(nil)
	_ Rehearser  = (*rehearsal.Rehearser)(nil)
)

// Deps is what a Broker needs.
type Deps struct {
	Operations Operations
	Catalog    scaffolder.Catalog
	Rehearser  Rehearser
	IDs        ids.Source
}

// Broker runs templates and shows their operations as tasks.
type Broker struct{ deps Deps }

// New makes a broker.
func New(d Deps) (*Broker, error) {
	if d.Operations == nil || d.Catalog == nil || d.Rehearser == nil || d.IDs == nil {
		return nil, errors.New("tasks need operations, a catalog, a rehearser and ids")
	}
	return &Broker{deps: d}, nil
}
