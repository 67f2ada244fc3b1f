// Package diskerr owns what the errors of the local disk mean to Slipway: a full disk, a
// read-only directory, a path that can't be. It does not know who stores what there.
package diskerr

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Wrap classifies err of an operation on path in words for the person at the keyboard. An
// error that has a kind already keeps its kind and message.
func Wrap(path string, err error) *errs.Error {
	var known *errs.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return errs.Wrap(errs.Unavailable, "the request was given up", err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errs.Wrap(errs.Unavailable, "there is no space left for "+path, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return errs.Wrap(errs.Invalid, path+" can't be written: it is read-only or belongs to somebody else", err)
	case errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENOTDIR):
		return errs.Wrap(errs.Invalid, path+" is not where files can be kept: a file and a directory are in each other's place", err)
	}
	return errs.Wrap(errs.Unavailable, path+" can't be read or written", err)
}

// probeSize is more than a directory's remains usually offer by chance, in bytes.
const probeSize = 64 << 10

// Probe writes a file to a directory and removes it again, before it comes to the disk
// itself. The error says why it can't.
func Probe(dir string) error {
	name := filepath.Join(dir, ".probe") // a fixed name: a process that is killed leaves one at most
	err := os.WriteFile(name, make([]byte, probeSize), 0o600)
	if err := errors.Join(err, os.Remove(name)); err != nil {
		return Wrap(dir, err)
	}
	return nil
}
