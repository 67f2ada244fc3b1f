package scaffolder

import (
	"context"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

// Catalog shows entities.
type Catalog interface {
	// Entity gives the entity with that ref, as of every committed write; NotFound when
	// there is none.
	Entity(ctx context.Context, ref string) (entity.Entity, error)
}

// Environments resolves where an application is to run.
type Environments interface {
	// Resolve gives the environments in order of promotion; all that is wrong with them
	// comes back in one Invalid error.
	Resolve(ctx context.Context, refs []string) ([]environments.Environment, error)
}

// Sources finds the place that a catalog entity was read from.
type Sources interface {
	// Pin gives the place behind a location annotation such as
	// "url:https://gitlab.example.com/platform/templates/-/blob/main/api/template.yaml", at
	// the commit its branch points to now.
	Pin(ctx context.Context, location string) (actions.Source, error)
}
