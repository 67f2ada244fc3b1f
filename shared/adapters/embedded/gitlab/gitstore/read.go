package gitstore

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Commit is one commit.
type Commit struct {
	ID        string
	Parents   []string
	Message   string
	Author    Author
	Committer Author
}

// Title is the first line of the message.
func (c Commit) Title() string {
	title, _, _ := strings.Cut(strings.TrimLeft(c.Message, "\n"), "\n")
	return strings.TrimSpace(title)
}

func view(c *object.Commit) Commit {
	v := Commit{ID: c.Hash.String(), Message: c.Message, Parents: []string{},
		Author:    Author{c.Author.Name, c.Author.Email, c.Author.When},
		Committer: Author{c.Committer.Name, c.Committer.Email, c.Committer.When}}
	for _, p := range c.ParentHashes {
		v.Parents = append(v.Parents, p.String())
	}
	return v
}

// Commit reads one commit by its full id.
func (r *Repo) Commit(id string) (Commit, error) {
	c, err := r.git.CommitObject(plumbing.NewHash(id))
	if err != nil {
		return Commit{}, ErrNotFound
	}
	return view(c), nil
}

// LogQuery selects commits.
type LogQuery struct {
	From        string // commit id
	All         bool   // from every branch and tag instead
	Path        string // only commits that touch it; "" for all
	Skip, Limit int
	Not         string // leave out what this commit reaches; "" for nothing
}

// Log lists commits, newest first.
func (r *Repo) Log(q LogQuery) ([]Commit, error) {
	seen, err := r.reach(q.Not)
	if err != nil {
		return nil, err
	}
	opt := &git.LogOptions{From: plumbing.NewHash(q.From), All: q.All, Order: git.LogOrderCommitterTime}
	if q.Path != "" {
		opt.PathFilter = func(p string) bool { return p == q.Path || strings.HasPrefix(p, q.Path+"/") }
	}
	iter, err := r.git.Log(opt)
	if err != nil {
		return nil, fmt.Errorf("reading history of %s: %w", q.From, err)
	}
	defer iter.Close()
	list := []Commit{}
	for skipped := 0; len(list) < q.Limit; {
		c, err := iter.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading history of %s: %w", q.From, err)
		}
		if seen[c.Hash] {
			continue
		}
		if skipped < q.Skip {
			skipped++
			continue
		}
		list = append(list, view(c))
	}
	return list, nil
}

func (r *Repo) reach(id string) (map[plumbing.Hash]bool, error) {
	seen := map[plumbing.Hash]bool{}
	if id == "" || id == Zero {
		return seen, nil
	}
	iter, err := r.git.Log(&git.LogOptions{From: plumbing.NewHash(id)})
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return seen, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading history of %s: %w", id, err)
	}
	err = iter.ForEach(func(c *object.Commit) error { seen[c.Hash] = true; return nil })
	return seen, err
}

// LastCommit gives the newest commit that touched a path, seen from a commit.
func (r *Repo) LastCommit(from, p string) (string, error) {
	list, err := r.Log(LogQuery{From: from, Path: p, Limit: 1})
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", ErrNotFound
	}
	return list[0].ID, nil
}

// File is a file at a commit.
type File struct {
	Path, BlobID string
	Content      []byte
	Executable   bool
}

// File reads one file.
func (r *Repo) File(commit, p string) (File, error) {
	t, err := r.tree(commit, "")
	if err != nil {
		return File{}, err
	}
	if _, err := cleanPath(p); err != nil {
		return File{}, ErrNotFound
	}
	e, err := t.FindEntry(p)
	if err != nil || e.Mode == filemode.Dir || e.Mode == filemode.Submodule {
		return File{}, ErrNotFound
	}
	content, err := r.readBlob(e.Hash)
	if err != nil {
		return File{}, err
	}
	return File{Path: p, BlobID: e.Hash.String(), Content: content, Executable: e.Mode == filemode.Executable}, nil
}

// Entry is a file or folder of a tree.
type Entry struct {
	ID   string
	Path string
	Type string // "blob", "tree" or "commit"
	Mode string // octal, six digits
}

// Tree lists a folder ("" is the root), in git's order, or everything below it. It answers
// ErrNotFound when there is no such folder.
func (r *Repo) Tree(commit, p string, recursive bool) ([]Entry, error) {
	t, err := r.tree(commit, p)
	if err != nil {
		return nil, err
	}
	list := []Entry{}
	return list, r.list(t, p, recursive, &list)
}

// entryTypes are the modes of what is not a file.
var entryTypes = map[filemode.FileMode]string{filemode.Dir: "tree", filemode.Submodule: "commit"}

func (r *Repo) list(t *object.Tree, p string, recursive bool, list *[]Entry) error {
	for _, e := range t.Entries {
		entry := Entry{ID: e.Hash.String(), Path: path.Join(p, e.Name), Type: "blob", Mode: fmt.Sprintf("%06o", uint32(e.Mode))}
		if other, ok := entryTypes[e.Mode]; ok {
			entry.Type = other
		}
		*list = append(*list, entry)
		if e.Mode != filemode.Dir || !recursive {
			continue
		}
		sub, err := object.GetTree(r.git.Storer, e.Hash)
		if err != nil {
			return fmt.Errorf("reading tree %s: %w", e.Hash, err)
		}
		if err := r.list(sub, entry.Path, true, list); err != nil {
			return err
		}
	}
	return nil
}

func (r *Repo) tree(commit, p string) (*object.Tree, error) {
	c, err := r.git.CommitObject(plumbing.NewHash(commit))
	if err != nil {
		return nil, ErrNotFound
	}
	t, err := c.Tree()
	if err != nil {
		return nil, fmt.Errorf("reading tree of %s: %w", commit, err)
	}
	if p == "" {
		return t, nil
	}
	if t, err = t.Tree(p); err != nil {
		return nil, ErrNotFound
	}
	return t, nil
}
