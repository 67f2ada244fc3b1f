package operations_test

import (
	"context"
	"encoding/json"
	"runtime"
	"slices"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// actor is one process among several: it stops before each call to the table or the world
// until it is told to go on, or dies there. Only one of them moves at a time, so that a
// play is decided by the order in which they are told to.
type actor struct {
	execution string // that it runs, "" for a call from outside
	stopped   chan struct{}
	next      chan bool // false to die
	done      chan struct{}
	waiting   bool // for somebody else's lease; it holds none itself
}

type actorKey struct{}

// gate is where an actor stops. Whoever is no actor passes.
func gate(ctx context.Context) {
	if a, is := ctx.Value(actorKey{}).(*actor); is {
		a.stopped <- struct{}{}
		if !<-a.next {
			runtime.Goexit()
		}
	}
}

// stage is where actors are.
type stage struct {
	live    []*actor
	started map[string]operations.ExecutionInput // by execution
	run     func(context.Context, operations.ExecutionInput)
}

// enter lets an actor come up to its first stop.
func (s *stage) enter(execution string, play func(context.Context)) {
	a := &actor{execution: execution, stopped: make(chan struct{}), next: make(chan bool), done: make(chan struct{})}
	s.live = append(s.live, a)
	go func() {
		defer close(a.done)
		ctx := context.WithValue(as("user:default/ann"), actorKey{}, a)
		gate(ctx)
		play(ctx)
	}()
	<-a.stopped
}

// tell lets an actor go on to its next stop, or die.
func (s *stage) tell(a *actor, live bool) {
	a.next <- live
	select {
	case <-a.stopped:
	case <-a.done:
		s.live = slices.DeleteFunc(s.live, func(other *actor) bool { return other == a })
	}
}

// Start begins an execution.
func (s *stage) Start(_ context.Context, _, name string, input json.RawMessage) error {
	if _, twice := s.started[name]; twice {
		return nil
	}
	var in operations.ExecutionInput
	if err := json.Unmarshal(input, &in); err != nil {
		return err
	}
	s.started[name] = in
	s.enter(name, func(ctx context.Context) { s.run(ctx, in) })
	return nil
}

// Describe tells whether anybody still runs an execution.
func (s *stage) Describe(_ context.Context, machine, name string) (workflow.Execution, error) {
	if _, is := s.started[name]; !is {
		return workflow.Execution{}, errs.New(errs.NotFound, "no such execution")
	}
	e := workflow.Execution{Machine: machine, Name: name, Status: workflow.Failed}
	if slices.ContainsFunc(s.live, func(a *actor) bool { return a.execution == name }) {
		e.Status = workflow.Running
	}
	return e, nil
}

func (s *stage) History(context.Context, string, string) ([]workflow.HistoryEvent, error) {
	return nil, nil
}

// gatedTable and gatedWorld stop actors before each call.
type gatedTable struct{ table.Table }

func (g gatedTable) Get(ctx context.Context, key table.Key) (table.Item, error) {
	gate(ctx)
	return g.Table.Get(ctx, key)
}

func (g gatedTable) Query(ctx context.Context, q table.Query) (table.Page, error) {
	gate(ctx)
	return g.Table.Query(ctx, q)
}

func (g gatedTable) Transact(ctx context.Context, writes []table.Write) error {
	gate(ctx)
	return g.Table.Transact(ctx, writes)
}

type gatedWorld struct{ *world }

func (g gatedWorld) Find(ctx context.Context, op operations.Ref, e operations.Effect) (json.RawMessage, error) {
	gate(ctx)
	return g.world.Find(ctx, op, e)
}

func (g gatedWorld) Do(ctx context.Context, op operations.Ref, e operations.Effect) (json.RawMessage, error) {
	gate(ctx)
	return g.world.Do(ctx, op, e)
}

func (g gatedWorld) Undo(ctx context.Context, op operations.Ref, e operations.Effect, result json.RawMessage) error {
	gate(ctx)
	return g.world.Undo(ctx, op, e, result)
}
