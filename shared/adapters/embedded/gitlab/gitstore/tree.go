package gitstore

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// node is a file, or a folder that is read from the repository when it is first entered.
type node struct {
	mode     filemode.FileMode
	hash     plumbing.Hash
	children map[string]*node // nil: a file, or a folder nobody entered
}

// folder walks to a folder, making missing ones when make is set.
func (r *Repo) folder(root *node, p string, create bool) (*node, error) {
	n := root
	if err := r.enter(n); err != nil {
		return nil, err
	}
	if p == "." {
		return n, nil
	}
	for part := range strings.SplitSeq(p, "/") {
		next := n.children[part]
		switch {
		case next == nil && !create:
			return nil, FileMissing
		case next == nil:
			next = &node{mode: filemode.Dir, children: map[string]*node{}}
			n.children[part] = next
		case next.mode != filemode.Dir && create:
			return nil, FileExists
		case next.mode != filemode.Dir:
			return nil, FileMissing
		}
		if err := r.enter(next); err != nil {
			return nil, err
		}
		n = next
	}
	return n, nil
}

func (r *Repo) enter(n *node) error {
	if n.children != nil {
		return nil
	}
	n.children = map[string]*node{}
	if n.hash.IsZero() {
		return nil
	}
	t, err := object.GetTree(r.git.Storer, n.hash)
	if err != nil {
		return fmt.Errorf("reading tree %s: %w", n.hash, err)
	}
	for _, e := range t.Entries {
		n.children[e.Name] = &node{mode: e.Mode, hash: e.Hash}
	}
	return nil
}

// store writes the folders that were entered, leaving out empty ones below the root.
func (r *Repo) store(n *node) (plumbing.Hash, error) {
	if n.children == nil && !n.hash.IsZero() {
		return n.hash, nil
	}
	t := &object.Tree{}
	for name, c := range n.children {
		h := c.hash
		if c.mode == filemode.Dir {
			if c.children != nil && empty(c) {
				continue
			}
			var err error
			if h, err = r.store(c); err != nil {
				return h, err
			}
		}
		t.Entries = append(t.Entries, object.TreeEntry{Name: name, Mode: c.mode, Hash: h})
	}
	sort.Sort(object.TreeEntrySorter(t.Entries))
	h, err := r.encode(t)
	if err != nil {
		return h, fmt.Errorf("writing tree: %w", err)
	}
	return h, nil
}

func empty(n *node) bool {
	for _, c := range n.children {
		if c.mode != filemode.Dir || c.children == nil || !empty(c) {
			return false
		}
	}
	return true
}

type encoder interface {
	Encode(plumbing.EncodedObject) error
}

func (r *Repo) encode(e encoder) (plumbing.Hash, error) {
	o := &plumbing.MemoryObject{}
	if err := e.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return r.save(o)
}

func (r *Repo) blob(content []byte) (plumbing.Hash, error) {
	o := &plumbing.MemoryObject{}
	o.SetType(plumbing.BlobObject)
	if _, err := o.Write(content); err != nil {
		return plumbing.ZeroHash, err
	}
	return r.save(o)
}

// save writes an object unless the repository has it.
func (r *Repo) save(o *plumbing.MemoryObject) (plumbing.Hash, error) {
	if r.git.Storer.HasEncodedObject(o.Hash()) == nil {
		return o.Hash(), nil
	}
	return r.git.Storer.SetEncodedObject(o)
}

func (r *Repo) readBlob(h plumbing.Hash) ([]byte, error) {
	b, err := object.GetBlob(r.git.Storer, h)
	if err != nil {
		return nil, ErrNotFound
	}
	rd, err := b.Reader()
	if err != nil {
		return nil, fmt.Errorf("reading blob %s: %w", h, err)
	}
	defer rd.Close()
	var buf bytes.Buffer
	if _, err := io.Copy(&buf, rd); err != nil {
		return nil, fmt.Errorf("reading blob %s: %w", h, err)
	}
	return buf.Bytes(), nil
}
