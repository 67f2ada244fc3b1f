package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// ETag changes whenever what the location says changes.
func (l Location) ETag() string {
	tag, err := entity.Digest([]string{l.ID, l.Type, l.Target})
	if err != nil {
		return l.ID // strings always have a JSON form
	}
	return tag
}

// UpdateLocation points a location to another file; its id and its entity stay. What was
// read because of the old file goes, what the new one holds comes. NotFound when there is
// no such location, Conflict when the target is registered already, PreconditionFailed
// when the location has another etag than ifETag, unless that is empty.
func (s *Service) UpdateLocation(ctx context.Context, actor, id, target, ifETag string) (Location, error) {
	ctx = correlation.With(ctx, correlation.IDs{Actor: actor})
	old, revision, err := s.location(ctx, id)
	if err != nil {
		return Location{}, err
	}
	if ifETag != "" && ifETag != old.ETag() {
		return Location{}, changelog.ErrChanged
	}
	if target == old.Target {
		_, err := s.readLocation(ctx, old, true)
		return old, err
	}
	if _, err := s.LocationByTarget(ctx, target); !errors.Is(err, errs.NotFound) {
		if err == nil {
			err = errs.New(errs.Conflict, "Location url:"+target+" already exists")
		}
		return Location{}, err
	}
	next, err := s.preview(ctx, target, false)
	if err != nil {
		return Location{}, err
	}
	next.ID, next.EntityRef, next.Created = old.ID, old.EntityRef, old.Created
	if err := s.move(ctx, old, next, revision); err != nil {
		return Location{}, err
	}
	_, err = s.readLocation(ctx, next, true)
	return next, err
}

// move writes a location's new target and lets go of the old file.
func (s *Service) move(ctx context.Context, old, next Location, revision string) error {
	item, err := changelog.Encode(locationKey(next.ID), next)
	if err != nil {
		return err
	}
	target, err := changelog.Encode(targetKey(next.Target), next.ID)
	if err != nil {
		return err
	}
	e := locationEntity(next)
	in := changelog.Intent{Ref: next.EntityRef, Wish: changelog.Keep, Entity: &e, Origin: locationOrigin(next)}
	_, err = s.log.Apply(ctx, []changelog.Intent{in}, []table.Write{table.PutWrite(item, table.AtRevision(revision)),
		table.PutWrite(target, table.Absent), table.DeleteWrite(targetKey(old.Target), table.Always)})
	if err != nil {
		return fmt.Errorf("pointing location %s elsewhere: %w", next.ID, err)
	}
	return s.letGo(ctx, old)
}

// letGo releases the file of a location that does not lead to it any more.
func (s *Service) letGo(ctx context.Context, loc Location) error {
	st, err := s.fileState(ctx, loc.File)
	if err != nil || st.Location != loc.ID || st.Parent != nil {
		return err
	}
	return s.release(ctx, loc.File, nil, s.walk())
}

// LocationOf gives the registered location that an entity came from; NotFound when there
// is no such entity, or none of its origin.
func (s *Service) LocationOf(ctx context.Context, ref string) (Location, error) {
	stored, err := s.log.Record(ctx, strings.ToLower(ref))
	if errors.Is(err, errs.NotFound) {
		return Location{}, errs.New(errs.NotFound, "found no entity for ref "+errs.Clip(strings.ToLower(ref)))
	}
	if err != nil {
		return Location{}, err
	}
	kind, target, _ := strings.Cut(stored.Entity.Annotation(entity.AnnotationOriginLocation), ":")
	missing := errs.New(errs.NotFound, "Found no location with type "+kind+" and target "+target)
	if kind != "url" {
		return Location{}, missing
	}
	loc, err := s.LocationByTarget(ctx, target)
	if errors.Is(err, errs.NotFound) {
		return Location{}, missing
	}
	return loc, err
}
