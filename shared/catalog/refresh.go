package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// EventStale is the event that a file has to be read again; its data is the FileRef.
const EventStale = "slipway.catalog.file.stale.v1"

// Refresh reads again what an entity was read from, and what led to that. NotFound when
// there is no such entity.
func (s *Service) Refresh(ctx context.Context, actor, ref string) error {
	ctx = correlation.With(ctx, correlation.IDs{Actor: actor})
	stored, err := s.log.Record(ctx, strings.ToLower(ref))
	if errors.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "Entity "+errs.Clip(ref)+" not found")
	}
	if err != nil {
		return err
	}
	if id, isLocation := strings.CutPrefix(stored.Origin.Owner, "location:"); isLocation {
		return s.refreshLocation(ctx, id)
	}
	st, err := s.fileOf(ctx, stored)
	if err != nil || st == nil {
		return err
	}
	return s.refreshFile(ctx, st.File)
}

func (s *Service) refreshLocation(ctx context.Context, id string) error {
	loc, err := s.Location(ctx, id)
	if err != nil {
		return err
	}
	_, err = s.readLocation(ctx, loc, true)
	return err
}

// fileOf gives what is known of the file that an entity was read from, nil when that is
// nothing. It asks no host: an entity can be removed whatever has become of its project.
func (s *Service) fileOf(ctx context.Context, stored changelog.Record) (*fileState, error) {
	target, isURL := strings.CutPrefix(stored.Origin.Owner, "url:")
	project, known := s.projectIn(target)
	if !isURL || !known {
		return nil, errs.New(errs.Internal, "the entity's owner is no file: "+stored.Origin.Owner)
	}
	states, err := statesOf(ctx, s.table, project)
	if err != nil {
		return nil, err
	}
	for _, st := range states {
		if s.source.URL(st.File) == target {
			return st, nil
		}
	}
	return nil, nil
}

// projectIn gives the project in the URL of a file, which Addresses.URL made.
func (s *Service) projectIn(target string) (project string, ok bool) {
	before, _, _ := strings.Cut(s.source.URL(FileRef{Project: "g/p", Branch: "b", Path: "f"}), "g/p/-/")
	if below, ours := strings.CutPrefix(target, before); ours {
		project, _, ok = strings.Cut(below, "/-/")
		return project, ok
	}
	u, err := url.Parse(target)
	if err != nil {
		return "", false
	}
	return u.Scheme + "://" + u.Host, true
}

// refreshFile reads a known file, then the files whose Location entities led to it.
func (s *Service) refreshFile(ctx context.Context, f FileRef) error {
	w := s.walk()
	for range maxLevels {
		st, err := s.fileState(ctx, f)
		if err != nil {
			return err
		}
		w.visit(ctx, visit{file: f, known: true})
		if st.Parent == nil {
			break
		}
		f = *st.Parent
	}
	_, err := w.done()
	return err
}

// Reread reads one file again that has been marked as stale. Reading what is not known any
// more does nothing.
func (s *Service) Reread(ctx context.Context, f FileRef) error {
	w := s.walk()
	w.visit(ctx, visit{file: f, known: true})
	_, err := w.done()
	return err
}

// StaleOf reads the file out of an EventStale.
func StaleOf(e bus.Event) (f FileRef, err error) {
	if err := json.Unmarshal(e.Data, &f); err != nil || e.Type != EventStale || f.Path == "" {
		return f, errs.Wrap(errs.Invalid, "the event names no file", err)
	}
	return f, nil
}

// RemoveEntity takes out one entity by its uid; it succeeds when there is none. Its file is
// marked to be read again soon: as long as it holds the entity, that comes back under a
// new uid. With ifETag, PreconditionFailed when the entity as shown has another etag.
func (s *Service) RemoveEntity(ctx context.Context, actor, uid, ifETag string) error {
	ctx = correlation.With(ctx, correlation.IDs{Actor: actor})
	for range ingestTries {
		err := s.removeEntity(ctx, uid, ifETag)
		moved := errors.Is(err, changelog.ErrMoved) || ifETag == "" && errors.Is(err, changelog.ErrChanged)
		if !moved {
			return err
		}
	}
	return errTooOften
}

func (s *Service) removeEntity(ctx context.Context, uid, ifETag string) error {
	ref, _, err := s.shown.Shown(ctx, uid)
	if err != nil || ref == "" {
		return err
	}
	stored, err := s.log.Record(ctx, ref)
	if errors.Is(err, errs.NotFound) || err == nil && stored.Entity.UID() != uid {
		return nil
	}
	if err != nil {
		return err
	}
	// The content was read before what is shown: if that is as expected and the content has
	// not moved when it is deleted, nothing has changed in between.
	if err := s.expect(ctx, uid, ifETag); err != nil {
		return err
	}
	in := changelog.Intent{Ref: ref, Wish: changelog.Remove, Origin: stored.Origin, IfETag: stored.ETag}
	extra, err := s.stale(ctx, stored)
	if err != nil {
		return err
	}
	if _, err := s.log.Apply(ctx, []changelog.Intent{in}, extra); err != nil {
		return fmt.Errorf("removing %s: %w", ref, err)
	}
	return nil
}

func (s *Service) expect(ctx context.Context, uid, etag string) error {
	if etag == "" {
		return nil
	}
	_, now, err := s.shown.Shown(ctx, uid)
	if err == nil && now != etag {
		err = changelog.ErrChanged
	}
	return err
}

// stale marks the file that an entity was read from, and tells the bus.
func (s *Service) stale(ctx context.Context, stored changelog.Record) ([]table.Write, error) {
	if !strings.HasPrefix(stored.Origin.Owner, "url:") {
		return nil, nil
	}
	st, err := s.fileOf(ctx, stored)
	if err != nil || st == nil {
		return nil, err
	}
	st.Stale = true
	mark, err := st.put()
	if err != nil {
		return nil, err
	}
	event, err := s.events.Emit(ctx, EventStale, s.source.URL(st.File), st.File)
	return []table.Write{mark, event}, err
}
