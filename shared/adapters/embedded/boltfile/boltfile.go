// Package boltfile owns opening a bbolt file that people care about: its directory is made,
// it is locked against other processes, and it is whole. bbolt trusts what it reads: on a
// damaged or cut off file it would bring the process down, at once or hours later. It does
// not know what is stored in the file.
//
// Flow: Open → whole (read-only, before bbolt may write) → bbolt.
package boltfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/diskerr"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// lockWait is how long Open waits for another process to let go of the file.
const lockWait = time.Second

// smallest is the size in bytes that bbolt's two first pages take at least.
const smallest = 2 * 4096

// errDamaged is found in a file that was bbolt's once.
var errDamaged = errors.New("a part of it is missing or overwritten")

// Open opens or makes a file.
//
// Errors: Conflict when another process holds it, Invalid when it is damaged or the path
// can't be such a file, Unavailable when the disk fails or is full.
func Open(path string, o bolt.Options) (*bolt.DB, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, classify(path, err)
	}
	o.Timeout = lockWait
	if err := whole(path, o); err != nil {
		return nil, classify(path, err)
	}
	db, err := open(path, o)
	if err != nil {
		return nil, classify(path, err)
	}
	if err := syncDir(dir); err != nil {
		return nil, errors.Join(classify(path, err), db.Close())
	}
	return db, nil
}

// whole reads every page that is in use, except long values, without changing anything.
func whole(path string, o bolt.Options) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) || (err == nil && (info.Size() == 0 || !info.Mode().IsRegular())) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Size() < smallest {
		return errDamaged
	}
	o.ReadOnly = true
	db, err := open(path, o)
	if err != nil {
		return err
	}
	return errors.Join(guarded(func() error { return walk(db, info.Size()) }), db.Close())
}

func walk(db *bolt.DB, size int64) error {
	return db.View(func(tx *bolt.Tx) error {
		if size < tx.Size() {
			return errDamaged
		}
		return tx.ForEach(func(_ []byte, b *bolt.Bucket) error { return walkBucket(b) })
	})
}

func walkBucket(b *bolt.Bucket) error {
	return b.ForEach(func(key, value []byte) error {
		if value != nil {
			return nil
		}
		if nested := b.Bucket(key); nested != nil {
			return walkBucket(nested)
		}
		return errDamaged
	})
}

// open opens the file and lets go of it when bbolt panics.
func open(path string, o bolt.Options) (db *bolt.DB, err error) {
	var file *os.File
	o.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(name, flag, mode)
		file = f
		return f, err
	}
	err = guarded(func() (err error) {
		db, err = bolt.Open(path, 0o600, &o)
		return err
	})
	if errors.Is(err, errDamaged) && file != nil {
		err = errors.Join(err, file.Close())
	}
	return db, err
}

// guarded makes an error of a panic, and of a read beyond the end of the mapped file.
func guarded(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	return do()
}

// syncDir makes the name of a new file as durable as its content.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// classify says in the user's words why the file can't be opened.
func classify(path string, err error) error {
	for _, damage := range []error{errDamaged, berrors.ErrInvalid, berrors.ErrVersionMismatch, berrors.ErrChecksum} {
		if errors.Is(err, damage) {
			return errs.Wrap(errs.Invalid, path+" is damaged or not a Slipway data file", err)
		}
	}
	if errors.Is(err, berrors.ErrTimeout) {
		return errs.Wrap(errs.Conflict, "another Slipway process is using "+path, err)
	}
	return diskerr.Wrap(path, err)
}
