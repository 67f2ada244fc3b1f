package gitstore

import (
	"errors"
	"path"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// mergeFile brings one change of the source into the target's tree. Both sides may have
// made the same change; anything else is a clash.
func (r *Repo) mergeFile(root *node, ch *object.Change) (clash bool, err error) {
	p := ch.To.Name
	if p == "" {
		p = ch.From.Name
	}
	now, err := r.peek(root, p)
	if err != nil {
		return false, err
	}
	same := func(e object.ChangeEntry) bool {
		if e.Name == "" {
			return now == nil
		}
		return now != nil && now.hash == e.TreeEntry.Hash && now.mode == e.TreeEntry.Mode
	}
	if same(ch.To) {
		return false, nil
	}
	if !same(ch.From) {
		return true, nil
	}
	dir, err := r.folder(root, path.Dir(p), true)
	var refused Refusal
	if errors.As(err, &refused) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if ch.To.Name == "" {
		delete(dir.children, path.Base(p))
		return false, nil
	}
	dir.children[path.Base(p)] = &node{mode: ch.To.TreeEntry.Mode, hash: ch.To.TreeEntry.Hash}
	return false, nil
}

// peek gives what the tree has at a path, or nil.
func (r *Repo) peek(root *node, p string) (*node, error) {
	dir, err := r.folder(root, path.Dir(p), false)
	if errors.Is(err, FileMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	n := dir.children[path.Base(p)]
	if n != nil && n.mode == filemode.Dir && n.children != nil && empty(n) {
		return nil, nil
	}
	return n, nil
}
