package bolttable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// openError says in the user's words why the file can't be opened.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return errs.Wrap(errs.Conflict, "another Slipway process is using "+path, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errs.Wrap(errs.Unavailable, "there is no space left for "+path, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return errs.Wrap(errs.Invalid, path+" can't be written: its directory is read-only or belongs to somebody else", err)
	case errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENOTDIR):
		return errs.Wrap(errs.Invalid, path+" is not a file in a directory", err)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum):
		return errs.Wrap(errs.Invalid, path+" is damaged or not a Slipway data file", err)
	}
	return errs.Wrap(errs.Unavailable, path+" can't be opened", err)
}

// storeError classifies a failure of a transaction; errors that have a kind keep it.
func storeError(doing string, err error) error {
	var known *errs.Error
	switch {
	case errors.As(err, &known):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", doing, errs.Wrap(errs.Unavailable, "the request was given up", err))
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s: %w", doing, errs.Wrap(errs.Unavailable, "there is no space left in the data directory", err))
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return fmt.Errorf("%s: %w", doing, errs.Wrap(errs.Unavailable, "the data file is closed", err))
	}
	return fmt.Errorf("%s: %w", doing, errs.Wrap(errs.Unavailable, "the data file can't be read or written", err))
}
