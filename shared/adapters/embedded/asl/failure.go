package asl

import (
	"errors"
	"fmt"
	"slices"
)

// The error names that Step Functions gives itself.
const (
	ErrAll        = "States.ALL"
	ErrTaskFailed = "States.TaskFailed"
	ErrTimeout    = "States.Timeout"
	ErrHeartbeat  = "States.HeartbeatTimeout"
	ErrRuntime    = "States.Runtime"
	ErrNoChoice   = "States.NoChoiceMatched"
	ErrDataLimit  = "States.DataLimitExceeded"
	ErrIntrinsic  = "States.IntrinsicFailure"
	ErrResultPath = "States.ResultPathMatchFailure"

	// ErrNoFunction is Lambda's, for a function that is not there.
	ErrNoFunction = "Lambda.ResourceNotFoundException"
)

const (
	maxDataBytes  = 256 << 10 // of a state's input or output
	maxFrameBytes = 380 << 10 // of a state's input and variables, which are stored in one item
	maxAttempts   = 99999999  // largest MaxAttempts, and largest number of seconds
)

// Failure is how a state, a frame or an execution failed, in the words of the language.
type Failure struct {
	Name  string `json:"name"`
	Cause string `json:"cause"`
}

// Error gives the name and the cause.
func (f *Failure) Error() string { return f.Name + ": " + f.Cause }

func failf(name, format string, args ...any) *Failure {
	return &Failure{Name: name, Cause: fmt.Sprintf(format, args...)}
}

// asFailure gives the failure in err; a host's error is none.
func asFailure(err error) (*Failure, bool) {
	var f *Failure
	ok := errors.As(err, &f)
	return f, ok
}

// matches reports whether one of the names in an ErrorEquals stands for the failure.
// States.ALL and States.TaskFailed have exceptions:
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
func (f *Failure) matches(names []string) bool {
	timedOut := f.Name == ErrTimeout || f.Name == ErrHeartbeat
	return slices.ContainsFunc(names, func(name string) bool {
		switch name {
		case f.Name:
			return true
		case ErrAll:
			return f.Name != ErrRuntime && f.Name != ErrDataLimit
		case ErrTaskFailed:
			return !timedOut && f.Name != ErrRuntime && f.Name != ErrDataLimit
		case ErrTimeout:
			return timedOut
		}
		return false
	})
}
