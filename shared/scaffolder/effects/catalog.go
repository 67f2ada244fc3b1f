package effects

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// CatalogLocations registers locations in the catalog on behalf of operations.
type CatalogLocations struct{ Catalog *catalog.Service }

var _ Locations = CatalogLocations{}

// Register reads a location and ingests it, owned by an operation. Invalid when the
// catalog leaves anything out; the location is registered all the same, and Remove removes
// it.
func (l CatalogLocations) Register(ctx context.Context, target, owner string) (LocationResult, error) {
	ctx = correlation.With(ctx, correlation.IDs{OperationID: owner})
	made, err := l.Catalog.RegisterLocation(ctx, correlation.From(ctx).Actor, target)
	if err != nil {
		return LocationResult{}, err
	}
	if made.Location.OperationID != owner {
		return LocationResult{}, errs.New(errs.Conflict, "the location was already registered by somebody else")
	}
	if len(made.Problems) > 0 {
		return LocationResult{}, errs.New(errs.Invalid, "the catalog does not take all that the file holds: "+summary(made.Problems))
	}
	return LocationResult{ID: made.Location.ID, Entities: made.Entities}, nil
}

// problemsShown is how many of a file's problems an operation's problem repeats.
const problemsShown = 3

func summary(problems []entity.Problem) string {
	var lines []string
	for _, p := range problems[:min(len(problems), problemsShown)] {
		lines = append(lines, p.String())
	}
	if more := len(problems) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "; ")
}

// Registered gives the location if owner registered it.
func (l CatalogLocations) Registered(ctx context.Context, target, owner string) (LocationResult, error) {
	loc, err := l.Catalog.LocationByTarget(ctx, target)
	if err != nil {
		return LocationResult{}, err
	}
	if loc.OperationID != owner {
		return LocationResult{}, errs.New(errs.Conflict, "the location was registered by somebody else")
	}
	made, err := l.Register(ctx, target, owner)
	if errors.Is(err, errs.NotFound) || errors.Is(err, errs.Invalid) {
		// Its file is gone or spoilt by now: the registration is there all the same, and
		// must be found to be undone.
		return LocationResult{ID: loc.ID}, nil
	}
	return made, err
}

// Remove removes a location of owner and the entities that came from it.
func (l CatalogLocations) Remove(ctx context.Context, target, owner string) error {
	return l.Catalog.RemoveEntities(ctx, owner, target)
}
