package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/runner"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// world is what outlives a runner: the table, the clock, and what its tasks have seen.
type world struct {
	table    table.Table
	clock    clock.Clock
	machines map[string]runner.Machine
	tasks    map[string]workflow.Task
	maxTasks int

	mu     sync.Mutex
	calls  map[string][]string // inputs by task
	tokens []string
}

func newWorld(t *testing.T, c clock.Clock, machines map[string]string) *world {
	t.Helper()
	w := &world{
		table: openTable(t), clock: c, machines: map[string]runner.Machine{},
		tasks: map[string]workflow.Task{}, calls: map[string][]string{},
	}
	for name, definition := range machines {
		w.machines[name] = runner.Machine{Definition: []byte(definition)}
	}
	return w
}

// task adds a task that remembers its inputs.
func (w *world) task(name string, do workflow.Task) {
	w.tasks[name] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
		var p struct{ Token string }
		if err := json.Unmarshal(input, &p); err != nil {
			return nil, err
		}
		w.mu.Lock()
		w.calls[name] = append(w.calls[name], string(input))
		if p.Token != "" {
			w.tokens = append(w.tokens, p.Token)
		}
		w.mu.Unlock()
		return do(ctx, input)
	}
}

func echo(_ context.Context, input json.RawMessage) (json.RawMessage, error) { return input, nil }

func (w *world) called(name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.calls[name]...)
}

func (w *world) token(t *testing.T) string {
	t.Helper()
	var token string
	eventually(t, "a token", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.tokens) > 0 {
			token = w.tokens[len(w.tokens)-1]
		}
		return token != ""
	})
	return token
}

// open makes a runner, as a start of the process would.
func (w *world) open(t *testing.T, tab table.Table) *runner.Runner {
	t.Helper()
	r, err := runner.New(runner.Config{
		Table: tab, Machines: w.machines, Tasks: w.tasks, Clock: w.clock, IDs: ids.Random{},
		Logger: slog.New(slog.DiscardHandler), MaxTasks: w.maxTasks,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run runs a runner until the function it gives is called.
func run(t *testing.T, r *runner.Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- r.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			// A table that is gone from the start is all that Run may complain about.
			if err := <-stopped; err != nil && !errors.Is(err, errDead) {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !holds() {
		if (clock.System{}).Sleep(ctx, 2*time.Millisecond) != nil {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func start(t *testing.T, r *runner.Runner, machine, input string) {
	t.Helper()
	if err := r.Start(t.Context(), machine, "one", json.RawMessage(input)); err != nil {
		t.Fatal(err)
	}
}

// ended waits until the execution "one" has ended.
func ended(t *testing.T, r *runner.Runner, machine string) workflow.Execution {
	t.Helper()
	var x workflow.Execution
	eventually(t, machine+" to end", func() bool {
		var err error
		if x, err = r.Describe(t.Context(), machine, "one"); err != nil {
			t.Fatal(err)
		}
		return x.Status != workflow.Running
	})
	return x
}

func wantOutput(t *testing.T, x workflow.Execution, want string) {
	t.Helper()
	if x.Status != workflow.Succeeded || !workflow.SameInput(x.Output, json.RawMessage(want)) {
		t.Fatalf("it is %s with %s (%s: %s), not with %s", x.Status, x.Output, x.Error, x.Cause, want)
	}
}

// happened waits until an event of a type is in the history.
func happened(t *testing.T, r *runner.Runner, machine, event string) {
	t.Helper()
	eventually(t, event, func() bool {
		history, err := r.History(t.Context(), machine, "one")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range history {
			if e.Type == event {
				return true
			}
		}
		return false
	})
}

// failing is a table that dies at one write, as the process would: before it or after it.
// From then on everything fails.
type failing struct {
	table.Table
	mu     sync.Mutex
	left   int // writes to go until it dies
	after  bool
	dead   bool
	died   chan struct{}
	writes int
}

func newFailing(tab table.Table, at int, after bool) *failing {
	return &failing{Table: tab, left: at, after: after, died: make(chan struct{})}
}

var errDead = errs.Wrap(errs.Unavailable, "the table is gone", errors.New("as told"))

// write makes a write unless the table is dead or dies before it.
func (f *failing) write(do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return errDead
	}
	f.writes++
	f.left--
	if f.left > 0 {
		return do()
	}
	f.dead = true
	defer close(f.died)
	if f.after {
		if err := do(); err != nil {
			return err
		}
	}
	return errDead
}

func (f *failing) alive() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.dead
}

func (f *failing) Get(ctx context.Context, key table.Key) (table.Item, error) {
	if !f.alive() {
		return table.Item{}, errDead
	}
	return f.Table.Get(ctx, key)
}

func (f *failing) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if !f.alive() {
		return table.Page{}, errDead
	}
	return f.Table.Query(ctx, q)
}

func (f *failing) Put(ctx context.Context, item table.Item, cond table.Condition) (revision string, err error) {
	err = f.write(func() error {
		revision, err = f.Table.Put(ctx, item, cond)
		return err
	})
	return revision, err
}

func (f *failing) Delete(ctx context.Context, key table.Key, cond table.Condition) error {
	return f.write(func() error { return f.Table.Delete(ctx, key, cond) })
}

func (f *failing) Transact(ctx context.Context, writes []table.Write) error {
	return f.write(func() error { return f.Table.Transact(ctx, writes) })
}
