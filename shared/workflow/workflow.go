// Package workflow owns the port for long-running processes: state machines in the Amazon
// States Language that run tasks, wait for callbacks and survive crashes. It does not know
// any machine (statemachines/ does), nor what tasks do.
//
// Two adapters satisfy it: stepfn (Step Functions Standard) and embedded/runner (an
// interpreter with a checkpoint per frame). Both pass workflowtest. Tasks run at least
// once on both: they recognise their own earlier results.
package workflow

import (
	"context"
	"encoding/json"
	"time"
)

// Starter starts executions.
type Starter interface {
	// Start begins an execution of machine under a name that is unique per machine: 1 to
	// 80 characters of [A-Za-z0-9_-]. Starting the same name with the same input again
	// succeeds and starts nothing; with another input it is a Conflict. Other errors:
	// Invalid, NotFound (no such machine), RateLimited, Unavailable.
	Start(ctx context.Context, machine, name string, input json.RawMessage) error
}

// Inspector looks at executions.
type Inspector interface {
	// Describe gives the state of an execution; NotFound when there is none.
	Describe(ctx context.Context, machine, name string) (Execution, error)
	// History gives what has happened in an execution so far, oldest first.
	History(ctx context.Context, machine, name string) ([]HistoryEvent, error)
}

// Stopper ends executions from outside.
type Stopper interface {
	// Stop aborts a running execution; stopping one that has ended succeeds.
	Stop(ctx context.Context, machine, name, cause string) error
}

// Callbacks complete tasks that wait for a token.
type Callbacks interface {
	// Succeed completes the task with output. NotFound when the token is unknown, already
	// used or its task timed out: the caller treats that as done.
	Succeed(ctx context.Context, token string, output json.RawMessage) error
	// Fail fails the task with an error name and a cause that are matched by Retry and
	// Catch. NotFound as for Succeed.
	Fail(ctx context.Context, token, name, cause string) error
}

// Status of an execution.
type Status string

// The statuses, in Step Functions' words.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Execution is the state of one execution.
type Execution struct {
	Machine, Name string
	Status        Status
	Input, Output json.RawMessage // Output only when Succeeded
	Error, Cause  string          // only when Failed, TimedOut or Aborted
	Started       time.Time
	Stopped       time.Time // zero while Running
}

// HistoryEvent is one entry of an execution's history. State is set for entered and exited
// states; Type is in Step Functions' words ("TaskStateEntered", "TaskFailed" …).
type HistoryEvent struct {
	ID    int64
	Time  time.Time
	Type  string
	State string
	Error string
}

// Task is the code behind one task state. It gets the state's effective input and returns
// its result as JSON. To fail with a name that Retry and Catch can match it returns a
// *TaskError; any other error is named by TaskErrorFrom.
type Task func(ctx context.Context, input json.RawMessage) (json.RawMessage, error)
