package workflow

import (
	"context"
	"errors"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// UnknownTask is the error name of a call for a task that does not exist.
const UnknownTask = "Slipway.UnknownTask"

// TaskError is a task's failure as a state machine sees it.
type TaskError struct {
	Name  string // matched by Retry and Catch, for example "Slipway.Unavailable"
	Cause string // safe to show and to store
	Err   error  // what happened, for the log; may be nil
}

// Error gives the name and the cause.
func (e *TaskError) Error() string { return e.Name + ": " + e.Cause }

// Unwrap gives what happened.
func (e *TaskError) Unwrap() error { return e.Err }

// TaskErrorFrom names err for a state machine: "Slipway." and its kind. The cause tells
// all fields at fault, because a state machine passes on nothing else.
func TaskErrorFrom(err error) *TaskError {
	var t *TaskError
	if errors.As(err, &t) {
		return t
	}
	kind, cause := errs.KindOf(err), errs.Explain(err)
	if kind == errs.Internal && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		kind, cause = errs.Unavailable, "the task ran out of time" // nobody classified it: a wait that was cut short
	}
	return &TaskError{Name: "Slipway." + string(kind), Cause: cause, Err: err}
}
