package effects

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// LocationKind is the effect of registering a catalog location.
const LocationKind = "catalog.location"

// LocationParams describes the location.
type LocationParams struct {
	Target string `json:"target"` // URL of the descriptor file
	// Optional says that the step goes on when the file can't be registered.
	Optional bool `json:"optional,omitempty"`
}

// LocationResult is what came of it.
type LocationResult struct {
	ID       string   `json:"id"`
	Entities []string `json:"entities"` // refs
}

// NewLocation makes the effect.
func NewLocation(id string, p LocationParams) (operations.Effect, error) {
	return newEffect(id, LocationKind, p.Target, p)
}

// Locations registers places that the catalog reads entities from.
type Locations interface {
	// Register reads a location and ingests it, owned by an operation. Conflict when the
	// location or one of its entities is already registered; Invalid when it can't be read.
	Register(ctx context.Context, target, owner string) (LocationResult, error)
	// Registered gives the location if owner registered it: NotFound when there is none,
	// Conflict when it is somebody else's.
	Registered(ctx context.Context, target, owner string) (LocationResult, error)
	// Remove removes a location of owner and the entities that came from it; removing
	// what is gone succeeds.
	Remove(ctx context.Context, target, owner string) error
}

// Location performs LocationKind.
type Location struct{ Locations Locations }

var _ operations.Performer = Location{}

// Find looks for the location.
func (e Location) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, err := decode[LocationParams]("location", effect.Params)
	if err != nil {
		return nil, err
	}
	found, err := e.Locations.Registered(ctx, params.Target, op.ID)
	if err != nil {
		return nil, fmt.Errorf("looking for the location: %w", err)
	}
	return encode(found)
}

// Do registers the location, which must bring at least one entity.
func (e Location) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, err := decode[LocationParams]("location", effect.Params)
	if err != nil {
		return nil, err
	}
	made, err := e.Locations.Register(ctx, params.Target, op.ID)
	if err != nil {
		return nil, fmt.Errorf("registering the location: %w", err)
	}
	if len(made.Entities) == 0 {
		return nil, errs.New(errs.Invalid, "the catalog file holds no valid entity")
	}
	return encode(made)
}

// Undo removes the location and its entities.
func (e Location) Undo(ctx context.Context, op operations.Ref, effect operations.Effect, _ json.RawMessage) error {
	params, err := decode[LocationParams]("location", effect.Params)
	if err != nil {
		return err
	}
	if err := e.Locations.Remove(ctx, params.Target, op.ID); err != nil {
		return fmt.Errorf("removing the location: %w", err)
	}
	return nil
}
