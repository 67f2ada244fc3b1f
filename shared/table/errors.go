package table

import (
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// ConditionError says which write's condition did not hold. It is of kind Conflict.
type ConditionError struct {
	Index int // of the write in the transaction, 0 for Put and Delete
	Key   Key
}

// Error names the key whose condition failed.
func (e *ConditionError) Error() string {
	return fmt.Sprintf("the item %s/%s is not as expected", e.Key.PK, e.Key.SK)
}

// Is makes a ConditionError a Conflict.
func (e *ConditionError) Is(target error) bool { return target == errs.Conflict }

// Unwrap gives the kind, so that errs.KindOf sees a Conflict.
func (e *ConditionError) Unwrap() error {
	return errs.New(errs.Conflict, "something else changed this at the same time")
}

// FailedCondition gives the index of the write whose condition did not hold, and false
// when err is something else.
func FailedCondition(err error) (int, bool) {
	var c *ConditionError
	if errors.As(err, &c) {
		return c.Index, true
	}
	return 0, false
}
