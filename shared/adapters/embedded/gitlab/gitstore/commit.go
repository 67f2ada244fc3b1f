package gitstore

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Action is what a Change does, in the words of GitLab's commits API.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	Move   Action = "move"
	Chmod  Action = "chmod"
)

// Change is one action of a commit.
type Change struct {
	Action       Action
	Path         string
	PreviousPath string // Move
	Content      []byte
	HasContent   bool   // Move keeps the content without it
	Executable   *bool  // nil keeps what is there
	LastCommit   string // refuse when the path was changed since this commit; "" for any
}

// Author is who made a commit, and when.
type Author struct {
	Name, Email string
	When        time.Time
}

// NewCommit is a commit to be made.
type NewCommit struct {
	Message   string
	Author    Author
	Committer Author
	Parents   []string // none for the first commit of a branch without history
	Changes   []Change
}

// Refusal says why changes do not fit the tree they apply to, in GitLab's words.
type Refusal string

// Error gives GitLab's text.
func (r Refusal) Error() string { return string(r) }

// Refusals that depend on nothing but the kind of clash.
const (
	FileExists      Refusal = "A file with this name already exists"
	FileMissing     Refusal = "A file with this name doesn't exist"
	DirectoryExists Refusal = "A directory with this name already exists"
	FileChanged     Refusal = "You are attempting to update a file that has changed since you started editing it."
)

// Write stores a commit whose tree is the first parent's with all changes applied, in
// order, and gives its id. Nothing points to it yet: see Move. A clash is a Refusal.
func (r *Repo) Write(c NewCommit) (string, error) {
	root := &node{mode: filemode.Dir}
	if len(c.Parents) > 0 {
		base, err := r.git.CommitObject(plumbing.NewHash(c.Parents[0]))
		if err != nil {
			return "", fmt.Errorf("reading parent %s: %w", c.Parents[0], err)
		}
		root.hash = base.TreeHash
	}
	for _, ch := range c.Changes {
		if err := r.checkLast(c, ch); err != nil {
			return "", err
		}
		if err := r.apply(root, ch); err != nil {
			return "", err
		}
	}
	tree, err := r.store(root)
	if err != nil {
		return "", err
	}
	return r.put(c, tree)
}

func (r *Repo) put(c NewCommit, tree plumbing.Hash) (string, error) {
	o := &object.Commit{Author: signature(c.Author), Committer: signature(c.Committer), Message: c.Message, TreeHash: tree}
	for _, p := range c.Parents {
		o.ParentHashes = append(o.ParentHashes, plumbing.NewHash(p))
	}
	h, err := r.encode(o)
	if err != nil {
		return "", fmt.Errorf("writing commit: %w", err)
	}
	return h.String(), nil
}

func signature(a Author) object.Signature {
	return object.Signature{Name: a.Name, Email: a.Email, When: a.When}
}

func (r *Repo) checkLast(c NewCommit, ch Change) error {
	if ch.LastCommit == "" || ch.Action == Create || len(c.Parents) == 0 {
		return nil
	}
	p := ch.Path
	if ch.Action == Move {
		p = ch.PreviousPath
	}
	last, err := r.LastCommit(c.Parents[0], p)
	if errors.Is(err, ErrNotFound) {
		return FileMissing
	}
	if err != nil {
		return err
	}
	seen, err := r.LastCommit(ch.LastCommit, p)
	if err != nil || last != seen { // no commit that is known had this file
		return FileChanged
	}
	return nil
}

// cleanPath refuses what git refuses to check out.
func cleanPath(p string) (string, error) {
	if p == "" || len(p) > 4096 || strings.HasPrefix(p, "/") || strings.HasSuffix(p, "/") || strings.ContainsAny(p, "\x00\\") || path.Clean(p) != p {
		return "", Refusal("invalid path: '" + p + "'")
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == "." || part == ".." || strings.EqualFold(part, ".git") {
			return "", Refusal("invalid path: '" + p + "'")
		}
	}
	return p, nil
}

func (r *Repo) apply(root *node, ch Change) error {
	p, err := cleanPath(ch.Path)
	if err != nil {
		return err
	}
	switch ch.Action {
	case Create:
		return r.create(root, p, ch, filemode.Regular)
	case Update:
		return r.edit(root, p, ch)
	case Delete:
		_, err := r.take(root, p)
		return err
	case Move:
		return r.rename(root, p, ch)
	case Chmod:
		return r.edit(root, p, Change{Executable: ch.Executable})
	}
	return Refusal("action does not have a valid value")
}

func (r *Repo) create(root *node, p string, ch Change, mode filemode.FileMode) error {
	dir, err := r.folder(root, path.Dir(p), true)
	if err != nil {
		return err
	}
	old := dir.children[path.Base(p)]
	switch {
	case old == nil, old.mode == filemode.Dir && old.children != nil && empty(old):
		// Free, or a folder whose files this commit has taken away.
	case old.mode == filemode.Dir:
		return DirectoryExists
	default:
		return FileExists
	}
	h, err := r.blob(ch.Content)
	if err != nil {
		return err
	}
	dir.children[path.Base(p)] = &node{mode: execMode(mode, ch.Executable), hash: h}
	return nil
}

func (r *Repo) edit(root *node, p string, ch Change) error {
	dir, err := r.folder(root, path.Dir(p), false)
	if err != nil {
		return err
	}
	old := dir.children[path.Base(p)]
	if old == nil || old.mode == filemode.Dir {
		return FileMissing
	}
	old.mode = execMode(old.mode, ch.Executable)
	if ch.Action != Update {
		return nil
	}
	old.hash, err = r.blob(ch.Content)
	return err
}

func (r *Repo) rename(root *node, p string, ch Change) error {
	from, err := cleanPath(ch.PreviousPath)
	if err != nil {
		return err
	}
	old, err := r.take(root, from)
	if err != nil {
		return err
	}
	if ch.HasContent {
		return r.create(root, p, ch, old.mode)
	}
	content, err := r.readBlob(old.hash)
	if err != nil {
		return err
	}
	ch.Content = content
	return r.create(root, p, ch, old.mode)
}

func (r *Repo) take(root *node, p string) (*node, error) {
	dir, err := r.folder(root, path.Dir(p), false)
	if err != nil {
		return nil, err
	}
	old := dir.children[path.Base(p)]
	if old == nil || old.mode == filemode.Dir {
		return nil, FileMissing
	}
	delete(dir.children, path.Base(p))
	return old, nil
}

func execMode(mode filemode.FileMode, executable *bool) filemode.FileMode {
	switch {
	case executable == nil || mode == filemode.Symlink:
		return mode
	case *executable:
		return filemode.Executable
	}
	return filemode.Regular
}
