// Package dirblob keeps blobs as files below one directory, so that Slipway runs without
// an account and survives being killed at any moment.
//
// It owns the files, how keys become paths, and that a blob is never seen half written. It
// does not guard the directory against a second process: the data file beside it has the
// lock (package bolttable), which is opened first.
//
// Flow: a write goes to a new file in a directory of its own, is synced, and takes its
// place in one step (rename, or link where nothing may be replaced); then the directory is
// synced. All access goes through an os.Root, so that no key and no link leads outside.
package dirblob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/diskerr"
	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// unfinished holds the files that are being written. No key's path begins like this.
const unfinished = "~unfinished"

// Config says where the blobs are kept.
type Config struct {
	Dir string // made when it is missing
}

// Store keeps blobs below a directory.
type Store struct {
	dir  string
	root *os.Root
	next atomic.Int64 // names unfinished files

	// placing keeps the removal of empty directories away from writes into them.
	placing sync.RWMutex
}

var _ blob.Store = (*Store)(nil)

// Open opens or makes the directory and removes what a killed process left unfinished.
func Open(c Config) (*Store, error) {
	if c.Dir == "" {
		return nil, errors.New("dirblob: Dir is required")
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, diskerr.Wrap(c.Dir, err)
	}
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return nil, diskerr.Wrap(c.Dir, err)
	}
	err = root.RemoveAll(unfinished)
	if err == nil {
		err = root.Mkdir(unfinished, 0o700)
	}
	if err != nil {
		return nil, errors.Join(diskerr.Wrap(c.Dir, err), root.Close())
	}
	return &Store{dir: c.Dir, root: root}, nil
}

// Close lets go of the directory.
func (s *Store) Close() error { return s.root.Close() }

// Put stores body, replacing what was there.
func (s *Store) Put(ctx context.Context, key string, body []byte) error {
	return s.store(ctx, key, body, s.root.Rename)
}

// PutNew stores body unless there is a blob already.
func (s *Store) PutNew(ctx context.Context, key string, body []byte) error {
	return s.store(ctx, key, body, s.root.Link)
}

// store writes body to a file of its own and lets place put it under its name.
func (s *Store) store(ctx context.Context, key string, body []byte, place func(from, to string) error) error {
	if err := blob.ValidateBlob(key, body); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return s.failure("putting", key, err)
	}
	temporary := path.Join(unfinished, strconv.FormatInt(s.next.Add(1), 10))
	defer func() { _ = s.root.Remove(temporary) }() // gone already after a rename; Open clears what stays
	if err := s.write(temporary, body); err != nil {
		return s.failure("putting", key, err)
	}
	s.placing.RLock()
	defer s.placing.RUnlock()
	name := pathOf(key)
	if err := s.makeDirs(path.Dir(name)); err != nil {
		return s.failure("putting", key, err)
	}
	if err := place(temporary, name); err != nil {
		return s.failure("putting", key, err)
	}
	if err := s.syncDir(path.Dir(name)); err != nil {
		return s.failure("putting", key, err)
	}
	return nil
}

func (s *Store) write(name string, body []byte) error {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(body); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// makeDirs makes dir and its parents. The entry of each is synced in its parent, or a file
// in it could be lost with the directory although it was synced itself.
func (s *Store) makeDirs(dir string) error {
	if _, err := s.root.Stat(dir); err == nil {
		return nil
	}
	parent := path.Dir(dir)
	if err := s.makeDirs(parent); err != nil {
		return err
	}
	if err := s.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.syncDir(parent)
}

func (s *Store) syncDir(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get reads a blob.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := blob.ValidateKey(key); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, s.failure("getting", key, err)
	}
	body, err := s.root.ReadFile(pathOf(key))
	if err != nil {
		return nil, s.failure("getting", key, err)
	}
	return body, nil
}

// Fill reads a blob into memory of its size.
func (s *Store) Fill(ctx context.Context, key string, into []byte) error {
	if err := blob.ValidateKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return s.failure("getting", key, err)
	}
	f, err := s.root.Open(pathOf(key))
	if err != nil {
		return s.failure("getting", key, err)
	}
	defer f.Close()
	there, err := f.Stat()
	if err != nil {
		return s.failure("getting", key, err)
	}
	if there.Size() != int64(len(into)) {
		return blob.WrongSize(key)
	}
	if _, err := io.ReadFull(f, into); err != nil { // an open file keeps the content it was opened with
		return s.failure("getting", key, err)
	}
	return nil
}

// Delete removes a blob and the directories that it leaves empty.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := blob.ValidateKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return s.failure("deleting", key, err)
	}
	s.placing.Lock()
	defer s.placing.Unlock()
	name := pathOf(key)
	err := s.root.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for dir := path.Dir(name); err == nil; dir = path.Dir(dir) {
		err = s.syncDir(dir)
		if dir == "." || s.root.Remove(dir) != nil { // not empty
			break
		}
	}
	if err != nil {
		return s.failure("deleting", key, err)
	}
	return nil
}

func (s *Store) failure(doing, key string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = errs.Wrap(errs.NotFound, "there is no such blob", err)
	case errors.Is(err, fs.ErrExist):
		err = errs.Wrap(errs.Conflict, "there is a blob of that key already", err)
	}
	return fmt.Errorf("%s blob %s: %w", doing, key, diskerr.Wrap(s.dir, err))
}
