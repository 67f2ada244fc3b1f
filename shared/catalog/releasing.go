package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// leader is what leads to a file: the file with a Location entity, or without that the
// registered location; the zero leader is discovery.
type leader struct {
	parent   *FileRef
	location string
}

func (f *fileState) ledBy(l leader) bool {
	if l.parent != nil || f.Parent != nil {
		return l.parent != nil && f.Parent != nil && *l.parent == *f.Parent
	}
	return f.Location == l.location
}

func (f *fileState) leader() leader { return leader{parent: f.Parent, location: f.Location} }

// led tells whether what the walk came by still leads to the file: it may have ceased to
// since the walk began. Whatever is written of the file then holds to these writes.
func (s *Service) led(ctx context.Context, before *fileState, v visit) (hold []table.Write, led bool, err error) {
	switch {
	case v.known:
		return nil, before.revision != "", nil
	case v.parent != nil:
		parent, err := s.fileState(ctx, v.parent.File)
		if err != nil {
			return nil, false, err
		}
		return []table.Write{parent.check()}, !parent.Leaving && slices.Contains(parent.Children, v.file), nil
	case v.location != nil:
		loc, revision, err := s.location(ctx, v.location.ID)
		if errors.Is(err, errs.NotFound) {
			return nil, false, nil
		}
		return []table.Write{table.CheckWrite(locationKey(v.location.ID), table.AtRevision(revision))}, loc.File == v.file, err
	}
	return nil, true, nil
}

// drop does what follows when by has ceased to lead to a file: discovery takes over what
// it finds by itself, everything else is released. A file that something else leads to
// stays as it is.
func (s *Service) drop(ctx context.Context, f FileRef, by leader, w *walk) error {
	st, err := s.fileState(ctx, f)
	if err != nil || st.revision == "" || !st.ledBy(by) {
		return err
	}
	found, err := s.discovers(ctx, st)
	if err != nil {
		return err
	}
	if !found {
		return s.release(ctx, f, by, w)
	}
	next := *st
	next.Location, next.Parent, next.Via, next.Optional, next.Leaving, next.Level = "", nil, "", false, false, 0
	next.Origin, next.Stale = "url:"+s.source.URL(f), true
	put, err := next.put()
	if err != nil {
		return err
	}
	if _, err := s.log.Apply(ctx, nil, []table.Write{put}); err != nil {
		return fmt.Errorf("leaving %s to discovery: %w", f.Path, err)
	}
	delete(w.seen, f)
	w.visit(ctx, visit{file: f, known: true})
	return nil
}

// discovers reports whether discovery would read a file that nothing else leads to. What
// the platform itself led to may hold more than discovery takes.
func (s *Service) discovers(ctx context.Context, st *fileState) (bool, error) {
	if st.Platform || st.File.Web() || !slices.Contains(discovered, st.File.Path) {
		return false, nil
	}
	id, _, err := projectAt(ctx, s.table, st.File.Project)
	if err != nil || id == 0 {
		return false, orUnknown(err)
	}
	k, err := knownProject(ctx, s.table, id)
	return err == nil && k.Looked && k.Hidden == "" && k.Branch == st.File.Branch && k.Path == st.File.Project, err
}

// release takes out what a file holds, and what was read because of it. The file stays
// known as leaving until the last of that is out: whoever meets it goes on.
func (s *Service) release(ctx context.Context, f FileRef, by leader, w *walk) error {
	for range ingestTries {
		st, err := s.fileState(ctx, f)
		if err != nil || st.revision == "" || !st.ledBy(by) {
			return err
		}
		if err = s.takeOut(ctx, st, w); err == nil {
			return nil
		}
		if !errors.Is(err, changelog.ErrMoved) {
			return fmt.Errorf("releasing %s: %w", f.Path, err)
		}
	}
	return errTooOften
}

var errTooOften = errs.New(errs.RateLimited, "this location is being read too often at the same time")

func (s *Service) takeOut(ctx context.Context, st *fileState, w *walk) (err error) {
	gone := &fileState{File: st.File}
	if children := unionFiles(st.Children, st.Dropped); len(children) > 0 {
		if st, err = s.announce(ctx, st, gone, nil); err != nil {
			return err
		}
		for _, child := range children {
			if err := s.drop(ctx, child, leader{parent: &st.File}, w); err != nil {
				return err
			}
		}
	}
	done, err := s.replace(ctx, st, gone, s.deletions(st, st.Refs), nil)
	if err == nil {
		w.record(ctx, &reading{fileState: fileState{File: st.File}}, done)
	}
	return err
}

// dropAll does what follows for the files that one does not lead to any more, which its
// state names until that is done.
func (w *walk) dropAll(ctx context.Context, after *fileState) error {
	if len(after.Dropped) == 0 {
		return nil
	}
	for _, f := range after.Dropped {
		if err := w.service.drop(ctx, f, leader{parent: &after.File}, w); err != nil {
			return err
		}
	}
	st, err := w.service.fileState(ctx, after.File)
	if err != nil || st.revision == "" || !slices.Equal(st.Dropped, after.Dropped) {
		return err
	}
	st.Dropped = nil
	put, err := st.put()
	if err != nil {
		return err
	}
	if _, err = w.service.log.Apply(ctx, nil, []table.Write{put}); errors.Is(err, changelog.ErrMoved) {
		return nil // somebody else has read the file meanwhile and saw to them
	}
	return err
}
