package effects

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// restoration takes back what one commit has changed, whatever was committed since: file by
// file from what the branch holds now to what it held before. It comes to nothing the second
// time, so that it needs no mark of its own.
type restoration struct {
	repositories scm.Repositories
	made         PushResult
}

// states are what a file was before the commit, was by it, and is now.
type states struct{ before, by, now map[string]scm.TreeEntry }

// commit commits what is to be restored; nothing when nothing is. Conflict when somebody has
// changed the same files since.
func (r restoration) commit(ctx context.Context, message string) error {
	head, err := r.repositories.Head(ctx, r.made.Project, r.made.Branch)
	if err != nil {
		return fmt.Errorf("reading the branch %s of project %d: %w", r.made.Branch, r.made.Project, err)
	}
	var s states
	if s.before, err = r.entries(ctx, r.made.Parent); err != nil {
		return err
	}
	if s.by, err = r.entries(ctx, r.made.Commit); err != nil {
		return err
	}
	s.now = s.by
	if head.ID != r.made.Commit {
		if s.now, err = r.entries(ctx, head.ID); err != nil {
			return err
		}
	}
	changes, err := r.changes(ctx, s)
	if err != nil || len(changes) == 0 {
		return err
	}
	_, err = r.repositories.Commit(ctx, r.made.Project, scm.NewCommit{Branch: r.made.Branch, Message: message, Changes: changes, Seen: head.ID})
	if err != nil {
		return fmt.Errorf("taking back %.8s of project %d: %w", r.made.Commit, r.made.Project, err)
	}
	return nil
}

func (r restoration) entries(ctx context.Context, commit string) (map[string]scm.TreeEntry, error) {
	return entries(ctx, r.repositories, r.made.Project, commit, r.made.Folder)
}

func (r restoration) changes(ctx context.Context, s states) ([]scm.Change, error) {
	paths := maps.Clone(s.before)
	maps.Copy(paths, s.by)
	var list []scm.Change
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		before, by, now := s.before[path], s.by[path], s.now[path]
		switch {
		case before == by, before == now: // not the commit's, or taken back already
			continue
		case now != by:
			return nil, errs.New(errs.Conflict, fmt.Sprintf("somebody has changed %s since, so it is left for a person to decide", path))
		}
		ch, err := r.change(ctx, path, before, now)
		if err != nil {
			return nil, err
		}
		list = append(list, ch)
	}
	return list, nil
}

// change makes of a file what it was before.
func (r restoration) change(ctx context.Context, path string, before, now scm.TreeEntry) (scm.Change, error) {
	if before == (scm.TreeEntry{}) {
		return scm.Change{Action: scm.DeleteFile, Path: path}, nil
	}
	f, err := r.repositories.File(ctx, r.made.Project, path, r.made.Parent)
	if err != nil {
		return scm.Change{}, fmt.Errorf("reading %s of project %d at %.8s: %w", path, r.made.Project, r.made.Parent, err)
	}
	ch := scm.Change{
		Action: scm.UpdateFile, Path: path, Content: f.Content, Executable: before.Executable, Plain: !before.Executable && now.Executable,
		OverLink: now.Symlink,
	}
	if before.Symlink {
		ch.Link, ch.Content = string(f.Content), nil
	}
	if now == (scm.TreeEntry{}) {
		ch.Action, ch.Plain = scm.CreateFile, false
	}
	return ch, nil
}
