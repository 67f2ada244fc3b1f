package bolttable

import (
	"errors"
	"fmt"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/diskerr"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// storeError classifies a failure of a transaction; errors that have a kind keep it.
func (f *File) storeError(doing string, err error) error {
	var failed *table.ConditionError
	switch {
	case errors.As(err, &failed):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return fmt.Errorf("%s: %w", doing, errs.Wrap(errs.Unavailable, "the data file is closed", err))
	}
	return fmt.Errorf("%s: %w", doing, diskerr.Wrap(f.path, err))
}
