// Package gitstore owns the bare repositories of the embedded GitLab: commits without a
// work tree, reading, comparing and merging, in the process through go-git's object layer.
//
// References move with git's own lock files (ref.lock, compare, rename), so a commit made
// here and a push served by the git binary never overwrite each other. It knows nothing of
// projects' rules, users or hooks: a repository is a number.
package gitstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
)

// Errors a caller tells apart.
var (
	ErrNotFound = errors.New("not in the repository")
	ErrMoved    = errors.New("the reference has moved")
)

// Store is the folder of all repositories.
type Store struct {
	dir string

	mu    sync.Mutex
	locks map[int64]*sync.Mutex
}

// New opens the folder and clears reference locks that a killed process left behind.
func New(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the repositories: %w", err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "objects" {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ".lock") {
			return os.Remove(path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("clearing stale locks of the repositories: %w", err)
	}
	return &Store{dir: dir, locks: map[int64]*sync.Mutex{}}, nil
}

// Dir gives the folder of a repository.
func (s *Store) Dir(id int64) string {
	return filepath.Join(s.dir, strconv.FormatInt(id, 10)+".git")
}

// Lock makes the caller the only writer through this store to a repository until it calls
// the result.
func (s *Store) Lock(id int64) (unlock func()) {
	s.mu.Lock()
	l := s.locks[id]
	if l == nil {
		l = &sync.Mutex{}
		s.locks[id] = l
	}
	s.mu.Unlock()
	l.Lock()
	return l.Unlock
}

// Create makes an empty repository whose HEAD names branch, in place of any left by a
// creation that was not finished.
func (s *Store) Create(id int64, branch string) error {
	if err := s.Remove(id); err != nil {
		return err
	}
	r, err := git.PlainInit(s.Dir(id), true)
	if err != nil {
		return fmt.Errorf("creating repository %d: %w", id, err)
	}
	head := plumbing.NewSymbolicReference(plumbing.HEAD, plumbing.NewBranchReferenceName(branch))
	if err := r.Storer.SetReference(head); err != nil {
		return fmt.Errorf("setting HEAD of repository %d: %w", id, err)
	}
	return nil
}

// Remove deletes a repository; deleting what is gone succeeds.
func (s *Store) Remove(id int64) error {
	if err := os.RemoveAll(s.Dir(id)); err != nil {
		return fmt.Errorf("removing repository %d: %w", id, err)
	}
	return nil
}

// Open opens a repository for one request. It is not safe for concurrent use.
func (s *Store) Open(id int64) (*Repo, error) {
	r, err := git.PlainOpen(s.Dir(id))
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("opening repository %d: %w", id, err)
	}
	return &Repo{git: r, dir: s.Dir(id)}, nil
}

// Repo is one open repository.
type Repo struct {
	git *git.Repository
	dir string
}
