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
	for n := range ingestTries {
		old, revision, err := s.location(ctx, id)
		if err != nil {
			return Location{}, err
		}
		repeated := n > 0 && old.Target == target // the answer to a write of ours was lost
		if ifETag != "" && ifETag != old.ETag() && !repeated {
			return Location{}, changelog.ErrChanged
		}
		next, err := s.repoint(ctx, old, target, revision)
		if err == nil {
			_, err = s.readLocation(ctx, next, true)
		}
		if !errors.Is(err, changelog.ErrMoved) {
			return next, err
		}
	}
	return Location{}, errTooOften
}

// repoint gives the location with its new target, written if it is new.
func (s *Service) repoint(ctx context.Context, old Location, target, revision string) (Location, error) {
	if target == old.Target {
		return old, nil
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
	return next, s.move(ctx, old, next, revision)
}

// move writes a location's new target and lets go of the old file. With the write that
// file's state says that it is leaving, so that whoever reads it next goes on.
func (s *Service) move(ctx context.Context, old, next Location, revision string) error {
	item, err := changelog.Encode(locationKey(next.ID), next)
	if err != nil {
		return err
	}
	target, err := changelog.Encode(targetKey(next.Target), next.ID)
	if err != nil {
		return err
	}
	writes := []table.Write{table.PutWrite(item, table.AtRevision(revision)),
		table.PutWrite(target, table.Absent), table.DeleteWrite(targetKey(old.Target), table.Always)}
	if old.File != next.File {
		left, err := s.leave(ctx, old)
		if err != nil {
			return err
		}
		writes = append(writes, left)
	}
	e := locationEntity(next)
	in := changelog.Intent{Ref: next.EntityRef, Wish: changelog.Keep, Entity: &e, Origin: locationOrigin(next)}
	if _, err := s.log.Apply(ctx, []changelog.Intent{in}, writes); err != nil {
		return fmt.Errorf("pointing location %s elsewhere: %w", next.ID, err)
	}
	if old.File == next.File {
		return nil
	}
	return s.drop(ctx, old.File, leader{location: old.ID}, s.walk())
}

// leave is the write by which a location's file is leaving, or the check that it is not
// the location's.
func (s *Service) leave(ctx context.Context, loc Location) (table.Write, error) {
	st, err := s.fileState(ctx, loc.File)
	if err != nil {
		return table.Write{}, err
	}
	if st.revision == "" || !st.ledBy(leader{location: loc.ID}) {
		return st.check(), nil
	}
	st.Leaving = true
	return st.put()
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
