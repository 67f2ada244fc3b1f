package asl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
)

// Frame is how far one graph of an execution has come: what is stored to survive a crash.
type Frame struct {
	Path  string `json:"path"`  // "" for the machine itself
	State string `json:"state"` // the state to run next, or being run
	// Visit counts the states entered, so that what belongs to an earlier visit of the
	// same state is never mistaken for this one's.
	Visit   int                        `json:"visit"`
	Input   json.RawMessage            `json:"input,omitempty"`
	Vars    map[string]json.RawMessage `json:"vars,omitempty"`
	Entered time.Time                  `json:"entered,omitzero"`
	// EnteredEvent is the id of the event that says the state was entered. The host sets it.
	EnteredEvent int64 `json:"enteredEvent,omitempty"`

	Attempts map[int]int `json:"attempts,omitempty"` // retries made, by retrier
	Retries  int         `json:"retries,omitempty"`  // all of them
	Wake     time.Time   `json:"wake,omitzero"`      // when the next retry begins; zero while one runs

	Scheduled time.Time `json:"scheduled,omitzero"`  // when this attempt of a task began
	Token     string    `json:"token,omitempty"`     // of this attempt
	Submitted bool      `json:"submitted,omitempty"` // the function has been called; only its callback is awaited

	Done     bool            `json:"done,omitempty"`
	TimedOut bool            `json:"timedOut,omitempty"` // the execution's own TimeoutSeconds
	Output   json.RawMessage `json:"output,omitempty"`
	Failure  *Failure        `json:"failure,omitempty"`
}

// Event is one entry of the history, in Step Functions' words.
type Event struct {
	Type  string
	State string // for states entered and exited
	Error string
}

// Change is what happens at once: a frame moves on, events happened, frames below it are
// over.
type Change struct {
	Frame  *Frame
	Events []Event
	Drop   string // prefix of the paths of the frames to forget, "" for none
}

func (c *Change) add(events ...Event) { c.Events = append(c.Events, events...) }

// ErrExpired says that a token was not completed in time.
var ErrExpired = errors.New("the token was not completed in time")

// Host stores an execution, calls functions and keeps callbacks. Its errors that are no
// *Failure stop the execution where it is: it can be run again later.
type Host interface {
	// Save makes a change durable before it returns, all of it or nothing. It numbers the
	// events. A frame with the path "" that is done ends the execution.
	Save(ctx context.Context, change *Change) error
	// Load gives the frame last saved under a path, nil when there is none.
	Load(path string) *Frame
	// Call runs a function, at most until ctx ends. A function that fails gives a *Failure.
	Call(ctx context.Context, call Call) (json.RawMessage, error)
	// Await gives what a token was completed with: the output or a *Failure. At the latest
	// at the time given it makes sure that the token can't be completed any more and
	// returns ErrExpired. A zero time never comes.
	Await(ctx context.Context, token string, until time.Time) (json.RawMessage, error)
}

// Execution is one run of a machine.
type Execution struct {
	Machine  *Machine
	Info     Info
	Host     Host
	Clock    clock.Clock
	NewToken func() string
}

// Info is what the context object says about an execution.
type Info struct {
	ID, Name               string
	MachineID, MachineName string
	Input                  json.RawMessage
	Started                time.Time
}

var errTimeout = errors.New("the time is over")

// until gives a context that ends at t by the execution's clock, with errTimeout as its
// cause. A zero t never comes.
func (x *Execution) until(ctx context.Context, t time.Time) (context.Context, context.CancelFunc) {
	limited, cancel := context.WithCancelCause(ctx)
	stop := func() { cancel(context.Canceled) }
	if t.IsZero() {
		return limited, stop
	}
	if d := t.Sub(x.Clock.Now()); d <= 0 {
		cancel(errTimeout)
	} else {
		go func() {
			if x.Clock.Sleep(limited, d) == nil {
				cancel(errTimeout)
			}
		}()
	}
	return limited, stop
}

func timedOut(ctx context.Context) bool { return errors.Is(context.Cause(ctx), errTimeout) }

// Begin gives the change an execution begins with. Saving it is what starts the execution.
func (x *Execution) Begin() *Change {
	change := &Change{Frame: &Frame{Input: x.Info.Input}}
	change.add(Event{Type: "ExecutionStarted"})
	x.enter(change, x.Machine.graph, x.Machine.graph.startAt)
	return change
}

// Run runs a begun execution to its end, which it saves, or until ctx ends or the host
// fails: then it returns an error and the execution can be run again.
func (x *Execution) Run(ctx context.Context) error {
	var deadline time.Time
	if x.Machine.Timeout > 0 {
		deadline = x.Info.Started.Add(x.Machine.Timeout)
	}
	limited, stop := x.until(ctx, deadline)
	defer stop()
	_, err := x.runFrame(limited, x.Machine.graph, x.Host.Load(""), nil)
	if _, failed := asFailure(err); err == nil || failed {
		return nil
	}
	if ctx.Err() != nil || !timedOut(limited) {
		return err
	}
	end := &Change{Frame: &Frame{Done: true, TimedOut: true, Failure: failf(ErrTimeout, "the execution took longer than %s", x.Machine.Timeout)}}
	end.add(Event{Type: "ExecutionTimedOut", Error: ErrTimeout})
	return x.Host.Save(ctx, end)
}

// runFrame runs a graph from where its frame stands to its end.
func (x *Execution) runFrame(ctx context.Context, g *graph, f *Frame, item *mapItem) (json.RawMessage, error) {
	for !f.Done {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, ok := g.states[f.State]
		if !ok {
			return nil, fmt.Errorf("the frame %q stands at the state %q, which the machine does not have", f.Path, f.State)
		}
		v := &visit{x: x, g: g, s: s, f: f, item: item}
		change, err := v.run(ctx)
		if err != nil {
			return nil, err
		}
		if err := x.Host.Save(ctx, change); err != nil {
			return nil, err
		}
		f = change.Frame
	}
	if f.Failure != nil {
		return nil, f.Failure
	}
	return f.Output, nil
}

// enter moves a change's frame to a state.
func (x *Execution) enter(change *Change, g *graph, name string) {
	s, f := g.states[name], change.Frame
	f.State, f.Entered = name, x.Clock.Now()
	f.Visit++
	change.add(Event{Type: string(s.kind) + "StateEntered", State: name})
	switch s.kind {
	case kindTask:
		x.schedule(change, s)
	case kindParallel, kindMap:
		change.add(Event{Type: string(s.kind) + "StateStarted"})
	}
}

// schedule begins an attempt of a task.
func (x *Execution) schedule(change *Change, s *state) {
	f := change.Frame
	f.Scheduled, f.Wake, f.Submitted, f.Token = x.Clock.Now(), time.Time{}, false, ""
	if s.task.callback {
		f.Token = x.NewToken()
	}
	change.add(Event{Type: s.task.event("Scheduled")}, Event{Type: s.task.event("Started")})
}

// event names what happens to a task: Step Functions has other words for functions that
// are called without an integration.
func (t *taskState) event(what string) string {
	if t.optimized {
		return "Task" + what
	}
	return "LambdaFunction" + what
}
