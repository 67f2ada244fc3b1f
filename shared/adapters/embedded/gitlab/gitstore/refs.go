package gitstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Zero is the hash that stands for no object.
const Zero = "0000000000000000000000000000000000000000"

var hexRev = regexp.MustCompile(`^[0-9a-f]{4,40}$`)

// ValidRefName reports whether name can be a branch or tag (git-check-ref-format).
func ValidRefName(name string) bool {
	if name == "" || name == "@" || len(name) > 200 || strings.HasPrefix(name, "-") || strings.HasSuffix(name, ".") {
		return false
	}
	if strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.ContainsAny(name, " ~^:?*[\\\x7f") {
		return false
	}
	for _, r := range name {
		if r < ' ' {
			return false
		}
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}

// Refs gives all branches and tags by full name.
func (r *Repo) Refs() (map[string]string, error) {
	iter, err := r.git.Storer.IterReferences()
	if err != nil {
		return nil, fmt.Errorf("listing references: %w", err)
	}
	defer iter.Close()
	refs := map[string]string{}
	err = iter.ForEach(func(ref *plumbing.Reference) error {
		if ref.Type() == plumbing.HashReference && (ref.Name().IsBranch() || ref.Name().IsTag()) {
			refs[ref.Name().String()] = ref.Hash().String()
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing references: %w", err)
	}
	return refs, nil
}

// Branch gives the commit a branch points to.
func (r *Repo) Branch(name string) (string, error) {
	return r.ref(plumbing.NewBranchReferenceName(name))
}

// Tag gives what a tag points to: a commit or, for an annotated tag, its tag object.
func (r *Repo) Tag(name string) (string, error) {
	return r.ref(plumbing.NewTagReferenceName(name))
}

func (r *Repo) ref(name plumbing.ReferenceName) (string, error) {
	if !ValidRefName(name.Short()) {
		return "", ErrNotFound
	}
	ref, err := r.git.Reference(name, true)
	if errors.Is(err, plumbing.ErrReferenceNotFound) || (err == nil && ref.Type() != plumbing.HashReference) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("reading reference %s: %w", name, err)
	}
	return ref.Hash().String(), nil
}

// Resolve gives the commit that a branch, tag, HEAD or (shortened) commit id means.
func (r *Repo) Resolve(rev string) (string, error) {
	if rev == "HEAD" {
		ref, err := r.git.Head()
		if err != nil {
			return "", ErrNotFound
		}
		return ref.Hash().String(), nil
	}
	for _, prefix := range []string{"refs/heads/", "refs/tags/", ""} {
		name := plumbing.ReferenceName(prefix + rev)
		if !name.IsBranch() && !name.IsTag() {
			continue
		}
		h, err := r.ref(name)
		if err == nil {
			return r.peel(h)
		}
		if !errors.Is(err, ErrNotFound) {
			return "", err
		}
	}
	return r.byHash(rev)
}

func (r *Repo) byHash(rev string) (string, error) {
	if !hexRev.MatchString(rev) {
		return "", ErrNotFound
	}
	h, err := r.git.ResolveRevision(plumbing.Revision(rev))
	if err != nil {
		return "", ErrNotFound
	}
	return r.peel(h.String())
}

// peel follows an annotated tag to its commit.
func (r *Repo) peel(hash string) (string, error) {
	for range 10 {
		t, err := object.GetTag(r.git.Storer, plumbing.NewHash(hash))
		if err != nil {
			break
		}
		hash = t.Target.String()
	}
	if _, err := r.git.CommitObject(plumbing.NewHash(hash)); err != nil {
		return "", ErrNotFound
	}
	return hash, nil
}

// SetHead makes branch the one that HEAD names.
func (r *Repo) SetHead(branch string) error {
	head := plumbing.NewSymbolicReference(plumbing.HEAD, plumbing.NewBranchReferenceName(branch))
	if err := r.git.Storer.SetReference(head); err != nil {
		return fmt.Errorf("setting HEAD to %s: %w", branch, err)
	}
	return nil
}

// Move makes a reference point to next if it points to old now; Zero stands for absent on
// both sides. It answers ErrMoved when it points elsewhere or somebody else is moving it.
//
// The protocol is git's: create ref.lock exclusively, compare, rename over the reference.
func (r *Repo) Move(name, old, next string) error {
	ref := plumbing.ReferenceName(name)
	if !ValidRefName(ref.Short()) || (!ref.IsBranch() && !ref.IsTag()) {
		return fmt.Errorf("moving reference: %w", ErrNotFound)
	}
	path := filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("%w: %s is in the way of another reference", ErrMoved, name)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("%w: locking %s: %w", ErrMoved, name, err)
	}
	defer lock.Close()
	renamed := false
	defer func() {
		if !renamed { // after the rename a lock file would be somebody else's
			_ = os.Remove(path + ".lock")
		}
	}()
	now, err := r.ref(ref)
	if errors.Is(err, ErrNotFound) {
		now, err = Zero, nil
	}
	if err != nil {
		return err
	}
	if now != old {
		return ErrMoved
	}
	if next == Zero {
		return r.git.Storer.RemoveReference(ref)
	}
	renamed, err = replace(lock, path, next)
	return err
}

func replace(lock *os.File, path, hash string) (renamed bool, err error) {
	if _, err := lock.WriteString(hash + "\n"); err != nil {
		return false, fmt.Errorf("writing reference: %w", err)
	}
	if err := lock.Sync(); err != nil {
		return false, fmt.Errorf("writing reference: %w", err)
	}
	// An empty folder left by deleted references below this name is in the way.
	_ = os.Remove(path + "/")
	if err := os.Rename(path+".lock", path); err != nil {
		return false, fmt.Errorf("%w: %w", ErrMoved, err)
	}
	return true, nil
}
