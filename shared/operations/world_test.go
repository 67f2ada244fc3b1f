package operations_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/sealing"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// world is the outside that effects change: things with the mark of their maker. Like
// GitLab's hooks and pipelines, the same thing can exist twice.
type world struct {
	mu     sync.Mutex
	things map[string][]string // target → makers
	calls  []string
	// fault decides about each call, by its number: before the effect, after it, or none.
	fault func(call int) moment
	// keep makes Undo refuse with this message.
	keep string
	// late is the maker of a thing that appears right after the next look at it.
	late string
}

type moment int

const (
	noFault moment = iota
	beforeEffect
	afterEffect
)

func newWorld() *world { return &world{things: map[string][]string{}} }

// strike counts a call and reports a fault that is due at when.
func (w *world) strike(call int, when moment) error {
	if w.fault != nil && w.fault(call) == when {
		return errs.New(errs.Unavailable, "the world does not answer")
	}
	return nil
}

func (w *world) enter(what string) int {
	w.calls = append(w.calls, what)
	return len(w.calls)
}

func (w *world) Find(_ context.Context, op operations.Ref, e operations.Effect) (json.RawMessage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.strike(w.enter("find "+e.Target), beforeEffect); err != nil {
		return nil, err
	}
	if w.late != "" {
		defer func(maker string) { w.things[e.Target] = append(w.things[e.Target], maker) }(w.late)
		w.late = ""
	}
	for _, maker := range w.things[e.Target] {
		if maker == op.ID {
			return json.RawMessage(`"made"`), nil
		}
	}
	if len(w.things[e.Target]) > 0 {
		return nil, errs.New(errs.Conflict, e.Target+" is somebody else's")
	}
	return nil, errs.New(errs.NotFound, "nothing there")
}

func (w *world) Do(_ context.Context, op operations.Ref, e operations.Effect) (json.RawMessage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.enter("do " + e.Target)
	if err := w.strike(n, beforeEffect); err != nil {
		return nil, err
	}
	w.things[e.Target] = append(w.things[e.Target], op.ID)
	return json.RawMessage(`"made"`), w.strike(n, afterEffect)
}

func (w *world) Undo(_ context.Context, op operations.Ref, e operations.Effect, _ json.RawMessage) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.enter("undo " + e.Target)
	if err := w.strike(n, beforeEffect); err != nil {
		return err
	}
	if w.keep != "" && slices.Contains(w.things[e.Target], op.ID) {
		return errs.New(errs.Conflict, w.keep)
	}
	var rest []string
	for _, maker := range w.things[e.Target] {
		if maker != op.ID {
			rest = append(rest, maker)
		}
	}
	w.things[e.Target] = rest
	return w.strike(n, afterEffect)
}

// makes is a definition whose input is the target itself.
type makes struct{}

func (makes) Type() string { return "thing.make" }

func (makes) Check(_ context.Context, input json.RawMessage) (operations.Intent, error) {
	var target string
	if err := json.Unmarshal(input, &target); err != nil {
		return operations.Intent{}, errs.WithFields("not valid", []errs.Field{{Pointer: "/target", Message: "is a text"}})
	}
	return operations.Intent{Target: target, Machine: "make", Input: input}, nil
}

// executions records what was started.
type executions struct {
	mu      sync.Mutex
	started map[string]json.RawMessage
	status  workflow.Status
	down    bool
}

func (x *executions) Start(_ context.Context, _, name string, input json.RawMessage) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.down {
		return errs.New(errs.Unavailable, "no workflows now")
	}
	if x.started == nil {
		x.started = map[string]json.RawMessage{}
	}
	x.started[name] = input
	return nil
}

func (x *executions) Describe(_ context.Context, machine, name string) (workflow.Execution, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.started[name] == nil {
		return workflow.Execution{}, errs.New(errs.NotFound, "no such execution")
	}
	return workflow.Execution{Machine: machine, Name: name, Status: x.status}, nil
}

func (x *executions) History(context.Context, string, string) ([]workflow.HistoryEvent, error) {
	return nil, nil
}

// runs is a definition whose target many operations may be about.
type runs struct{}

func (runs) Type() string { return "thing.run" }

func (runs) Check(_ context.Context, input json.RawMessage) (operations.Intent, error) {
	return operations.Intent{Target: "template:default/t", Machine: "make", Input: input, Shared: true}, nil
}

// tokens records which waiting tasks were failed, with what.
type tokens struct {
	mu     sync.Mutex
	failed map[string]string // token → name: cause
	err    error
}

func (c *tokens) Succeed(context.Context, string, json.RawMessage) error { return nil }

func (c *tokens) Fail(_ context.Context, token, name, cause string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if c.failed == nil {
		c.failed = map[string]string{}
	}
	c.failed[token] = name + ": " + cause
	return nil
}

func newSealer(t *testing.T) *sealing.Sealer {
	t.Helper()
	s, err := sealing.New(sealing.Config{Secrets: []string{strings.Repeat("key of the tests ", 3)}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// bench is everything that a test needs.
type bench struct {
	table  table.Table
	clock  *clock.Manual
	runs   *executions
	tokens *tokens
	bell   *operations.Bell
	world  *world
	deps   operations.Deps
	ops    *operations.Service
	ledger *operations.Ledger
}

// instant is a clock whose pauses take no time.
type instant struct{ *clock.Manual }

func (instant) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchOn(t, func(stored table.Table) table.Table { return stored })
}

// newBenchOn puts a layer around the table.
func newBenchOn(t *testing.T, wrap func(table.Table) table.Table) *bench {
	t.Helper()
	b := &bench{clock: clock.NewManual(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)), runs: &executions{status: workflow.Running}, tokens: &tokens{}, bell: operations.NewBell(), world: newWorld()}
	source := &ids.Sequence{Prefix: "id"}
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "t.db"), Clock: b.clock, IDs: source})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if b.table, err = file.Table("operations"); err != nil {
		t.Fatal(err)
	}
	b.table = wrap(b.table)
	b.build(t, source)
	return b
}

func (b *bench) build(t *testing.T, source ids.Source) {
	t.Helper()
	var err error
	b.deps = operations.Deps{
		Table: b.table, Clock: instant{b.clock}, IDs: source, Log: logging.Discard(),
		Workflow: b.runs, Executions: b.runs, Definitions: []operations.Definition{makes{}, runs{}},
		Callbacks: b.tokens, Sealer: newSealer(t), Bell: b.bell,
	}
	b.ops, err = operations.New(b.deps)
	if err != nil {
		t.Fatal(err)
	}
	b.ledger = b.newLedger(t, "process-1")
}

func (b *bench) newLedger(t *testing.T, owner string) *operations.Ledger {
	t.Helper()
	l, err := operations.NewLedger(operations.LedgerConfig{
		Operations: b.ops, Performers: map[string]operations.Performer{"thing": b.world}, Log: logging.Discard(),
		Owner: owner, SoleOwner: true, Attempt: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func as(actor string) context.Context {
	return correlation.With(context.Background(), correlation.IDs{Actor: actor, RequestID: "req-1"})
}

// running gives an operation that has begun.
func (b *bench) running(t *testing.T, target string) *operations.Operation {
	t.Helper()
	o, err := b.ops.Accept(as("user:default/ann"), operations.Request{Type: "thing.make", Input: json.RawMessage(`"` + target + `"`)})
	if err != nil {
		t.Fatal(err)
	}
	if o, err = b.ops.Begin(as("user:default/ann"), o.ID); err != nil {
		t.Fatal(err)
	}
	return o
}

func thing(n string) operations.Effect {
	return operations.Effect{ID: "make/" + n, Kind: "thing", Target: n}
}
