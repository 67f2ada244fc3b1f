package gitstore

import (
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	fdiff "github.com/go-git/go-git/v5/plumbing/format/diff"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Stats counts the lines a commit changed against its first parent.
type Stats struct{ Additions, Deletions int }

// Stats gives a commit's line counts.
func (r *Repo) Stats(id string) (Stats, error) {
	c, err := r.git.CommitObject(plumbing.NewHash(id))
	if err != nil {
		return Stats{}, ErrNotFound
	}
	list, err := c.Stats()
	if err != nil {
		return Stats{}, fmt.Errorf("counting the lines of %s: %w", id, err)
	}
	var s Stats
	for _, f := range list {
		s.Additions += f.Addition
		s.Deletions += f.Deletion
	}
	return s, nil
}

// Changed are the files that differ between two commits.
type Changed struct{ Added, Modified, Removed []string }

// Files gives all of them.
func (c Changed) Files() []string {
	return append(append(append([]string{}, c.Added...), c.Modified...), c.Removed...)
}

// Changed compares two commits by file; from may be Zero for nothing.
func (r *Repo) Changed(from, to string) (Changed, error) {
	out := Changed{Added: []string{}, Modified: []string{}, Removed: []string{}}
	changes, err := r.changes(from, to)
	if err != nil {
		return out, err
	}
	for _, ch := range changes {
		switch {
		case ch.From.Name == "":
			out.Added = append(out.Added, ch.To.Name)
		case ch.To.Name == "":
			out.Removed = append(out.Removed, ch.From.Name)
		default:
			out.Modified = append(out.Modified, ch.To.Name)
		}
	}
	return out, nil
}

func (r *Repo) changes(from, to string) (object.Changes, error) {
	var before *object.Tree
	if from != "" && from != Zero {
		t, err := r.tree(from, "")
		if err != nil {
			return nil, err
		}
		before = t
	}
	after, err := r.tree(to, "")
	if err != nil {
		return nil, err
	}
	changes, err := object.DiffTree(before, after)
	if err != nil {
		return nil, fmt.Errorf("comparing %s with %s: %w", from, to, err)
	}
	return changes, nil
}

// FileDiff is how one file differs.
type FileDiff struct {
	OldPath, NewPath       string
	OldMode, NewMode       string
	Added, Removed, Binary bool
	Text                   string // unified, without the file headers
}

// Diff compares two commits with their text; from may be Zero for nothing.
func (r *Repo) Diff(from, to string) ([]FileDiff, error) {
	changes, err := r.changes(from, to)
	if err != nil {
		return nil, err
	}
	list := []FileDiff{}
	for _, ch := range changes {
		p, err := ch.Patch()
		if err != nil {
			return nil, fmt.Errorf("comparing %s with %s: %w", from, to, err)
		}
		for _, fp := range p.FilePatches() {
			list = append(list, fileDiff(fp, p.String()))
		}
	}
	return list, nil
}

func fileDiff(fp fdiff.FilePatch, patch string) FileDiff {
	d := FileDiff{OldMode: "0", NewMode: "0", Binary: fp.IsBinary()}
	before, after := fp.Files()
	if before != nil {
		d.OldPath, d.NewPath, d.OldMode = before.Path(), before.Path(), fmt.Sprintf("%o", uint32(before.Mode()))
	}
	if after != nil {
		d.NewPath, d.NewMode = after.Path(), fmt.Sprintf("%o", uint32(after.Mode()))
	}
	if before == nil {
		d.OldPath = d.NewPath
	}
	d.Added, d.Removed = before == nil, after == nil
	if at := strings.Index(patch, "\n@@ "); at >= 0 && !d.Binary {
		d.Text = patch[at+1:]
	}
	return d
}

// Base gives the newest common ancestor of two commits, or ErrNotFound.
func (r *Repo) Base(a, b string) (string, error) {
	ca, err := r.git.CommitObject(plumbing.NewHash(a))
	if err != nil {
		return "", ErrNotFound
	}
	cb, err := r.git.CommitObject(plumbing.NewHash(b))
	if err != nil {
		return "", ErrNotFound
	}
	list, err := ca.MergeBase(cb)
	if err != nil {
		return "", fmt.Errorf("finding the common ancestor of %s and %s: %w", a, b, err)
	}
	if len(list) == 0 {
		return "", ErrNotFound
	}
	return list[0].Hash.String(), nil
}

// Merge stores a commit that brings source into target and gives its id; clash is true
// when both sides changed the same file differently. It merges whole files, not lines.
func (r *Repo) Merge(target, source, message string, who Author) (id string, clash bool, err error) {
	base, err := r.Base(target, source)
	if err != nil {
		return "", false, err
	}
	changes, err := r.changes(base, source)
	if err != nil {
		return "", false, err
	}
	root := &node{mode: filemode.Dir}
	t, err := r.tree(target, "")
	if err != nil {
		return "", false, err
	}
	root.hash = t.Hash
	for _, ch := range changes {
		if clash, err := r.mergeFile(root, ch); clash || err != nil {
			return "", clash, err
		}
	}
	tree, err := r.store(root)
	if err != nil {
		return "", false, err
	}
	id, err = r.put(NewCommit{Message: message, Author: who, Committer: who, Parents: []string{target, source}}, tree)
	return id, false, err
}
