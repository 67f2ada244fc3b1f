package catalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// relocate lets what is known of a project follow it to another path. The record names the
// new path and the former ones before the first file moves, so that whoever continues
// after an interruption knows where to look; each step holds to that record. The former
// paths stay this project's until the last file has left them: what lies there must not be
// compared with the files of another one. It also gives the project that had to stand
// aside, 0 when there is none.
func (d *Discovery) relocate(ctx context.Context, k *KnownProject, to string) (*KnownProject, int64, error) {
	displaced, err := d.clear(ctx, k.ID, to)
	if err != nil {
		return nil, 0, err
	}
	if k, err = d.announceMove(ctx, k, to); err != nil {
		return nil, 0, err
	}
	for _, from := range k.Former {
		if err := d.moveFiles(ctx, k, from); err != nil {
			return nil, 0, err
		}
	}
	next := *k
	next.Former = nil
	freed, err := d.unclaim(ctx, k, k.Former)
	if err != nil {
		return nil, 0, err
	}
	k, err = d.store(ctx, k, &next, freed...)
	return k, displaced, err
}

// announceMove writes where the project is and where it was, and claims the new path.
func (d *Discovery) announceMove(ctx context.Context, k *KnownProject, to string) (*KnownProject, error) {
	next := *k
	next.Path, next.Head, next.Looked = to, "", false
	if k.exists() && k.Path != to && !slices.Contains(k.Former, k.Path) {
		next.Former = append(slices.Clone(k.Former), k.Path)
	}
	next.Former = slices.DeleteFunc(slices.Clone(next.Former), func(path string) bool { return path == to })
	holder, at, err := d.projectAt(ctx, to)
	if err != nil {
		return nil, err
	}
	if holder != 0 && holder != k.ID {
		return nil, changelog.ErrMoved
	}
	item, err := changelog.Encode(pathKey(to), k.ID)
	if err != nil {
		return nil, err
	}
	return d.store(ctx, k, &next, table.PutWrite(item, at))
}

// unclaim are the writes that free the paths that a project has left.
func (d *Discovery) unclaim(ctx context.Context, k *KnownProject, left []string) ([]table.Write, error) {
	var writes []table.Write
	for i, path := range left {
		if slices.ContainsFunc(left[:i], func(other string) bool { return strings.EqualFold(other, path) }) {
			continue
		}
		holder, at, err := d.projectAt(ctx, path)
		if err != nil {
			return nil, err
		}
		if holder == k.ID && !strings.EqualFold(path, k.Path) {
			writes = append(writes, table.DeleteWrite(pathKey(path), at))
		}
	}
	return writes, nil
}

// clear makes a path free for project id. Whoever holds it goes where the host says that
// it is, or stands aside while that place is taken in turn. One that the host denies has
// lost the path in any case: what is known there is read again as the new project's.
func (d *Discovery) clear(ctx context.Context, id int64, path string) (displaced int64, err error) {
	holder, _, err := d.projectAt(ctx, path)
	if err != nil || holder == 0 || holder == id {
		return 0, err
	}
	other, err := d.project(ctx, holder)
	if err != nil {
		return 0, err
	}
	p, err := d.host.ProjectByID(ctx, holder)
	if errors.Is(err, errs.NotFound) {
		d.log.WarnContext(ctx, "a project that GitLab denies has lost its path to another", "project", holder, "successor", id)
		return 0, d.forget(ctx, other)
	}
	if err != nil {
		return 0, err
	}
	if p.At(path) {
		return 0, errs.New(errs.Unavailable, "GitLab shows two projects under one path")
	}
	if !other.exists() {
		return 0, changelog.ErrMoved
	}
	to := p.Path
	if taken, _, err := d.projectAt(ctx, to); err != nil {
		return 0, err
	} else if taken != 0 && taken != holder {
		to = parking(holder)
	}
	_, _, err = d.relocate(ctx, other, to)
	return holder, err
}

// moveFiles moves the known files of a path, and the registered locations of them.
func (d *Discovery) moveFiles(ctx context.Context, k *KnownProject, from string) error {
	if err := d.moveLocations(ctx, k, from); err != nil {
		return err
	}
	states, err := d.states(ctx, from)
	if err != nil {
		return err
	}
	return d.moveAll(ctx, k, states, renaming{was: d.base(from), is: d.base(k.Path), file: func(f FileRef) FileRef {
		if f.Project == from {
			f.Project = k.Path
		}
		return f
	}})
}

// moveBranch lets what was discovered on the former default branch, and the files of that
// branch that it leads to, follow to the new one. Whatever is not there is found missing
// when it is read.
func (d *Discovery) moveBranch(ctx context.Context, k *KnownProject, states []*fileState, to string) error {
	moving := map[FileRef]bool{}
	for again := true; again; {
		again = false
		for _, st := range states {
			found := st.Location == "" && (st.Parent == nil || moving[*st.Parent])
			if found && st.File.Branch == k.Branch && !moving[st.File] {
				moving[st.File], again = true, true
			}
		}
	}
	states = slices.DeleteFunc(slices.Clone(states), func(st *fileState) bool { return !moving[st.File] })
	root := func(branch string) string {
		return strings.TrimSuffix("url:"+d.catalog.source.URL(FileRef{Project: k.Path, Branch: branch, Path: "p"}), "p")
	}
	return d.moveAll(ctx, k, states, renaming{was: root(k.Branch), is: root(to), file: func(f FileRef) FileRef {
		if moving[f] {
			f.Branch = to
		}
		return f
	}})
}

// renaming says what files are called from now on.
type renaming struct {
	file    func(FileRef) FileRef
	was, is string // what the location keys of those files begin with
}

func (r renaming) all(files []FileRef) []FileRef {
	out := slices.Clone(files)
	for i := range out {
		out[i] = r.file(out[i])
	}
	return out
}

// key gives a location key with the new beginning where it had the old one.
func (r renaming) key(key string) string {
	if rest, ok := strings.CutPrefix(key, r.was); ok {
		return r.is + rest
	}
	return key
}

func (d *Discovery) moveAll(ctx context.Context, k *KnownProject, states []*fileState, r renaming) error {
	for _, st := range states {
		if err := d.moveFile(ctx, k, st, r); err != nil {
			return fmt.Errorf("moving %s of %s: %w", st.File.Path, st.File.Project, err)
		}
	}
	return nil
}

// moveLocations points registered locations to where their file is. Their targets stay as
// they were written: GitLab leads on from a former path.
func (d *Discovery) moveLocations(ctx context.Context, k *KnownProject, from string) error {
	err := table.Each(ctx, d.table, table.Query{PK: locations}, func(i table.Item) error {
		var loc Location
		if err := changelog.Decode(i, &loc); err != nil || loc.File.Project != from {
			return err
		}
		loc.File.Project = k.Path
		item, err := changelog.Encode(i.Key, loc)
		if err != nil {
			return err
		}
		return d.transact(ctx, []table.Write{table.PutWrite(item, table.AtRevision(i.Revision)), k.check()})
	})
	if err != nil {
		return fmt.Errorf("moving the locations in %s: %w", from, err)
	}
	return nil
}

// moveFile moves one file: first it is known under its new name too, then those that lead
// to it or come from it follow, then its entities, and then the old name goes.
func (d *Discovery) moveFile(ctx context.Context, k *KnownProject, st *fileState, r renaming) error {
	next, err := d.moved(ctx, st, r)
	if err != nil {
		return err
	}
	w, err := next.put()
	if err != nil {
		return err
	}
	if err := d.transact(ctx, []table.Write{w, k.check()}); err != nil {
		return err
	}
	if err := d.moveNeighbours(ctx, k, st, r); err != nil {
		return err
	}
	batches, err := d.catalog.batchesOf(ctx, d.adoptions(st, next))
	if err != nil {
		return err
	}
	for _, b := range batches {
		if _, err := d.catalog.log.Apply(ctx, b, []table.Write{k.check()}); err != nil {
			return err
		}
	}
	return d.transact(ctx, []table.Write{
		table.DeleteWrite(sourceKey(st.File), table.AtRevision(st.revision)), table.DeleteWrite(problemKey(st.File), table.Always), k.check(),
	})
}

// moved gives a file's state under its new name, together with what is known under that
// name already.
func (d *Discovery) moved(ctx context.Context, st *fileState, r renaming) (*fileState, error) {
	next := *st
	next.File, next.Stale = r.file(st.File), true
	there, err := d.catalog.fileState(ctx, next.File)
	if err != nil {
		return nil, err
	}
	next.revision = there.revision
	next.Children, next.Dropped = r.all(st.Children), r.all(st.Dropped)
	if st.Parent != nil {
		parent := r.file(*st.Parent)
		next.Parent = &parent
	}
	if st.Location == "" {
		next.Origin = r.key(st.Origin)
	}
	if there.revision != "" {
		next.Refs, next.Children = union(next.Refs, there.Refs), unionFiles(next.Children, there.Children)
		next.Dropped, next.Leaving = unionFiles(next.Dropped, there.Dropped), st.Leaving && there.Leaving
	}
	if there.Location != "" || there.Parent != nil {
		next.Location, next.Origin, next.Parent, next.Via = there.Location, there.Origin, there.Parent, there.Via
		next.Optional, next.Platform, next.Level = there.Optional, there.Platform, there.Level
	}
	return &next, nil
}

// base is what the location keys of a project's files begin with.
func (d *Discovery) base(project string) string {
	before, _, _ := strings.Cut("url:"+d.catalog.source.URL(FileRef{Project: project, Branch: "b", Path: "p"}), "/-/blob/")
	return before + "/-/blob/"
}

// moveNeighbours tells the files that lead to a file, or that it leads to, of its new name,
// unless they move themselves.
func (d *Discovery) moveNeighbours(ctx context.Context, k *KnownProject, st *fileState, r renaming) error {
	near := unionFiles(st.Children, st.Dropped)
	if st.Parent != nil {
		near = append(near, *st.Parent)
	}
	for _, f := range near {
		if r.file(f) != f {
			continue
		}
		other, err := d.catalog.fileState(ctx, f)
		if err != nil {
			return err
		}
		if other.revision == "" || !other.knows(st.File) {
			continue
		}
		other.meet(st.File, r.file(st.File))
		w, err := other.put()
		if err != nil {
			return err
		}
		if err := d.transact(ctx, []table.Write{w, k.check()}); err != nil {
			return err
		}
	}
	return nil
}

func (f *fileState) knows(other FileRef) bool {
	return slices.Contains(f.Children, other) || slices.Contains(f.Dropped, other) || f.Parent != nil && *f.Parent == other
}

// meet replaces the name of a file that this one leads to, or comes from.
func (f *fileState) meet(old, now FileRef) {
	for _, files := range [][]FileRef{f.Children, f.Dropped} {
		if i := slices.Index(files, old); i >= 0 {
			files[i] = now
		}
	}
	if f.Parent != nil && *f.Parent == old {
		f.Parent = &now
	}
}

// adoptions are the intents that make the entities of a file those of its new name.
func (d *Discovery) adoptions(st, next *fileState) []changelog.Intent {
	from, to := d.catalog.originOf(st), d.catalog.originOf(next)
	out := make([]changelog.Intent, 0, len(st.Refs))
	for _, ref := range st.Refs {
		out = append(out, changelog.Intent{Ref: ref, Wish: changelog.Adopt, From: from.Owner, Origin: to,
			Rewrite: func(e entity.Entity) entity.Entity { return d.readdressed(e, st, next) }})
	}
	return out
}

// readdressed gives an entity with the annotations about its place that ingestion would
// write under the file's new name; what the file itself says of its place stays.
func (d *Discovery) readdressed(e entity.Entity, st, next *fileState) entity.Entity {
	own, _ := e.Metadata["annotations"].(map[string]any)
	notes := make(map[string]any, len(own))
	was, is := d.catalog.source.URL(st.File), d.catalog.source.URL(next.File)
	before, after := d.catalog.placeNotes(was, st.File), d.catalog.placeNotes(is, next.File)
	for name, value := range own {
		if text, ok := value.(string); ok && before[name] == text && after[name] != "" {
			value = after[name]
		}
		notes[name] = value
	}
	notes[entity.AnnotationLocation], notes[entity.AnnotationOriginLocation] = "url:"+is, next.Origin
	e.Metadata = maps.Clone(e.Metadata)
	e.Metadata["annotations"] = notes
	return e
}
