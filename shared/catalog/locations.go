package catalog

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// Location is a registered place that entities are read from.
type Location struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"` // always "url"
	Target      string    `json:"target"`
	EntityRef   string    `json:"entityRef"` // of the Location entity made for it
	File        FileRef   `json:"file"`
	Actor       string    `json:"actor,omitempty"`
	OperationID string    `json:"operationId,omitempty"` // of the operation that registered it
	Created     time.Time `json:"created"`
	// Platform says that the platform itself configured it; see ConfigureLocation.
	Platform bool `json:"platform,omitempty"`
}

// Registration is the answer to registering a location.
type Registration struct {
	Location Location
	Existed  bool // it had been registered before
	Ingested
}

// RegisterLocation registers the file at a URL and reads it and what its Location entities
// lead to. Registering a target again reads it again. Nothing is stored when the file
// can't be read or holds no valid document. The location remembers the operation of ctx.
func (s *Service) RegisterLocation(ctx context.Context, actor, target string) (Registration, error) {
	return s.register(correlation.With(ctx, correlation.IDs{Actor: actor}), target, false)
}

// ConfigureLocation registers a location for the platform itself: whoever runs Slipway has
// named it. What it leads to within its own project or host may be of any kind, whatever
// the platform's groups are.
func (s *Service) ConfigureLocation(ctx context.Context, actor, target string) (Registration, error) {
	return s.register(correlation.With(ctx, correlation.IDs{Actor: actor}), target, true)
}

func (s *Service) register(ctx context.Context, target string, platform bool) (Registration, error) {
	for range ingestTries {
		loc, err := s.LocationByTarget(ctx, target)
		existed := err == nil
		switch {
		case existed && (loc.Platform || !platform):
			return s.readLocation(ctx, loc, true)
		case existed:
			loc.Platform = true
			err = s.markPlatform(ctx, loc)
		case errors.Is(err, errs.NotFound):
			if loc, err = s.preview(ctx, target, platform); err != nil {
				return Registration{}, err
			}
			err = s.storeLocation(ctx, loc)
		}
		if err == nil {
			return s.readLocation(ctx, loc, existed)
		}
		if !errors.Is(err, changelog.ErrMoved) {
			return Registration{}, err
		}
	}
	return Registration{}, errs.New(errs.RateLimited, "this location is being registered too often at the same time")
}

// markPlatform makes a location that somebody has registered one of the platform's.
func (s *Service) markPlatform(ctx context.Context, loc Location) error {
	_, revision, err := s.location(ctx, loc.ID)
	if err != nil {
		return err
	}
	item, err := changelog.Encode(locationKey(loc.ID), loc)
	if err != nil {
		return err
	}
	_, err = s.log.Apply(ctx, nil, []table.Write{table.PutWrite(item, table.AtRevision(revision))})
	return err
}

func (s *Service) readLocation(ctx context.Context, loc Location, existed bool) (Registration, error) {
	if existed {
		if err := s.mendLocation(ctx, loc); err != nil {
			return Registration{}, err
		}
	}
	w := s.walk()
	w.visit(ctx, visit{file: loc.File, location: &loc})
	result, err := w.done()
	if err != nil {
		return Registration{}, err
	}
	return Registration{Location: loc, Existed: existed, Ingested: result}, nil
}

// mendLocation makes the entity that stands for a location again, in case somebody has
// removed it.
func (s *Service) mendLocation(ctx context.Context, loc Location) error {
	e := locationEntity(loc)
	in := changelog.Intent{Ref: loc.EntityRef, Wish: changelog.Keep, Entity: &e, Origin: locationOrigin(loc)}
	_, err := s.log.Apply(ctx, []changelog.Intent{in}, []table.Write{table.CheckWrite(locationKey(loc.ID), table.Present)})
	return err
}

// preview reads a target that is not registered yet and makes the location for it.
func (s *Service) preview(ctx context.Context, target string, platform bool) (Location, error) {
	if len(target) > maxTargetBytes {
		return Location{}, errs.New(errs.Invalid, fmt.Sprintf("the target is longer than %d bytes", maxTargetBytes))
	}
	f, err := s.source.Resolve(ctx, target)
	if err != nil {
		return Location{}, err
	}
	if err := storable(f); err != nil {
		return Location{}, errs.Wrap(errs.Invalid, "the file "+errs.Clip(target)+" "+errs.Message(err), err)
	}
	about := correlation.From(ctx)
	loc := Location{
		ID: s.ids.New(), Type: "url", Target: target, File: f, EntityRef: generatedRef(generatedName(target)),
		Actor: about.Actor, OperationID: about.OperationID, Created: s.clock.Now(), Platform: platform,
	}
	r, err := s.readFile(ctx, &fileState{File: f}, visit{file: f, location: &loc})
	switch {
	case err != nil:
		return Location{}, err
	case r.missing:
		return Location{}, errs.New(errs.NotFound, "there is no file at "+errs.Clip(target))
	case len(r.Refs)+len(r.Children) == 0:
		return Location{}, errs.WithFields("there is no valid entity at "+errs.Clip(target), fieldsOf(r.Problems))
	}
	return loc, nil
}

// fieldsOf tells problems as fields: the pointer's first part is the document's number.
func fieldsOf(problems []entity.Problem) []errs.Field {
	if len(problems) == 0 {
		return []errs.Field{{Pointer: "/target", Message: "the file has no documents"}}
	}
	out := make([]errs.Field, 0, len(problems))
	for _, p := range limited(problems) {
		where := p.Pointer
		p.Pointer = ""
		out = append(out, errs.Field{Pointer: fmt.Sprintf("/documents/%d%s", max(p.Document-1, 0), where), Message: p.String()})
	}
	return out
}

// generatedName names the entity that stands for a location, as Backstage does.
func generatedName(target string) string {
	sum := sha1.Sum([]byte("url:" + target))
	return "generated-" + hex.EncodeToString(sum[:])
}

func generatedRef(name string) string { return "location:" + entity.DefaultNamespace + "/" + name }

// storeLocation writes a location and its entity, unless its target is registered.
func (s *Service) storeLocation(ctx context.Context, loc Location) error {
	item, err := changelog.Encode(locationKey(loc.ID), loc)
	if err != nil {
		return err
	}
	target, err := changelog.Encode(targetKey(loc.Target), loc.ID)
	if err != nil {
		return err
	}
	e := locationEntity(loc)
	in := changelog.Intent{Ref: loc.EntityRef, Wish: changelog.Keep, Entity: &e, Origin: locationOrigin(loc)}
	_, err = s.log.Apply(ctx, []changelog.Intent{in}, []table.Write{
		table.PutWrite(item, table.Absent), table.PutWrite(target, table.Absent)})
	return err
}

func locationOrigin(loc Location) changelog.Origin {
	return changelog.Origin{Owner: "location:" + loc.ID, Location: loc.ID}
}

func locationEntity(loc Location) entity.Entity {
	key := "url:" + loc.Target
	return entity.Entity{
		APIVersion: "backstage.io/v1alpha1",
		Kind:       "Location",
		Metadata: map[string]any{
			"name": strings.TrimPrefix(loc.EntityRef, generatedRef("")), "namespace": entity.DefaultNamespace,
			"annotations": map[string]any{entity.AnnotationLocation: key, entity.AnnotationOriginLocation: key, entity.AnnotationViewURL: loc.Target},
		},
		Spec: map[string]any{"type": "url", "target": loc.Target},
	}
}

// Locations gives all registered locations, by id.
func (s *Service) Locations(ctx context.Context) ([]Location, error) {
	out := []Location{}
	err := table.Each(ctx, s.table, table.Query{PK: locations}, func(i table.Item) error {
		var l Location
		err := changelog.Decode(i, &l)
		out = append(out, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the locations: %w", err)
	}
	return out, nil
}

// Location gives a registered location; NotFound when there is none with that id.
func (s *Service) Location(ctx context.Context, id string) (Location, error) {
	loc, _, err := s.location(ctx, id)
	return loc, err
}

func (s *Service) location(ctx context.Context, id string) (loc Location, revision string, err error) {
	missing := errs.New(errs.NotFound, "Found no location with ID "+errs.Clip(id))
	key := locationKey(id)
	if table.ValidateKey(key) != nil {
		return loc, "", missing
	}
	item, err := s.table.Get(ctx, key)
	if errors.Is(err, errs.NotFound) {
		return loc, "", missing
	}
	if err != nil {
		return loc, "", fmt.Errorf("reading location %s: %w", id, err)
	}
	err = changelog.Decode(item, &loc)
	return loc, item.Revision, err
}

// LocationByTarget gives the location registered for a URL, exactly as it was written;
// NotFound when there is none.
func (s *Service) LocationByTarget(ctx context.Context, target string) (Location, error) {
	item, err := s.table.Get(ctx, targetKey(target))
	if err != nil {
		return Location{}, fmt.Errorf("looking for the location %s: %w", errs.Clip(target), err)
	}
	var id string
	if err := changelog.Decode(item, &id); err != nil {
		return Location{}, err
	}
	return s.Location(ctx, id)
}

// Guard says which location may be removed; the zero Guard any.
type Guard struct {
	OperationID string // only one that this operation registered: Conflict otherwise
	ETag        string // only one with this etag: PreconditionFailed otherwise
}

func (g Guard) check(loc Location) error {
	switch {
	case g.OperationID != "" && loc.OperationID != g.OperationID:
		return errs.New(errs.Conflict, "the location was registered by somebody else")
	case g.ETag != "" && loc.ETag() != g.ETag:
		return changelog.ErrChanged
	}
	return nil
}

// RemoveLocation takes out a location with all entities that were read because of it.
// Removing what is gone succeeds, so a compensation may be repeated.
func (s *Service) RemoveLocation(ctx context.Context, actor, id string, only Guard) error {
	ctx = correlation.With(ctx, correlation.IDs{Actor: actor})
	for range ingestTries {
		loc, revision, err := s.location(ctx, id)
		if errors.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := only.check(loc); err != nil {
			return err
		}
		if err = s.removeLocation(ctx, loc, revision); !errors.Is(err, changelog.ErrMoved) {
			return err
		}
	}
	return errTooOften
}

// removeLocation lets go of a location's file and then takes out the location itself,
// unless somebody has read the file again meanwhile.
func (s *Service) removeLocation(ctx context.Context, loc Location, revision string) error {
	by := leader{location: loc.ID}
	w := s.walk() // what discovery takes over but can't read now is read again later
	if err := s.drop(ctx, loc.File, by, w); err != nil {
		return err
	}
	st, err := s.fileState(ctx, loc.File)
	if err != nil {
		return err
	}
	if st.revision != "" && st.ledBy(by) {
		return changelog.ErrMoved
	}
	in := changelog.Intent{Ref: loc.EntityRef, Wish: changelog.Remove, Origin: locationOrigin(loc)}
	_, err = s.log.Apply(ctx, []changelog.Intent{in}, []table.Write{st.check(),
		table.DeleteWrite(locationKey(loc.ID), table.AtRevision(revision)), table.DeleteWrite(targetKey(loc.Target), table.Always)})
	return err
}

// RemoveEntities takes out what an operation registered at a target: its compensation.
// Removing what is gone succeeds; Conflict when somebody else registered the target.
func (s *Service) RemoveEntities(ctx context.Context, operationID, target string) error {
	loc, err := s.LocationByTarget(ctx, target)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.RemoveLocation(ctx, correlation.From(ctx).Actor, loc.ID, Guard{OperationID: operationID})
}
