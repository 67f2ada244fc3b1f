package operations_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

func (b *bench) retry(t *testing.T, id string) *operations.Operation {
	t.Helper()
	o, err := b.ops.Retry(as("user:default/bob"), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// apply makes effects for the operation as it is now.
func (b *bench) apply(t *testing.T, id string, effects ...operations.Effect) {
	t.Helper()
	o, err := b.ops.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range effects {
		if _, err := b.ledger.Apply(t.Context(), o.Ref(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bench) begin(t *testing.T, id string) {
	t.Helper()
	if _, err := b.ops.Begin(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

func TestARetryStartsOverWithWhatWasDecided(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	plan, err := operations.NewPlan([]operations.Effect{thing("x"), thing("y")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ops.SetResolved(t.Context(), id, json.RawMessage(`"pinned"`)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ops.SetPlan(t.Context(), id, plan); err != nil {
		t.Fatal(err)
	}
	b.step(t, id, operations.Step{ID: "s", Name: "Step", Shown: "s"}, operations.StepCompleted, "")
	b.apply(t, id, thing("x"))
	b.cancel(t, id)
	b.compensate(t, id)
	o := b.retry(t, id)
	if o.Status != operations.Accepted || o.Attempt != 1 || o.Problem != nil || o.Ended != nil || o.Cancelled != nil || len(o.Steps) > 0 || string(o.Resolved) != `"pinned"` || !o.Plan.Holds(thing("y")) {
		t.Errorf("%+v", o)
	}
	var in operations.ExecutionInput
	if err := json.Unmarshal(b.runs.started[id+"-t1"], &in); err != nil || in.OperationID != id || in.Attempt != 1 || in.Compensate {
		t.Errorf("started %s, %v", b.runs.started, err)
	}
	b.begin(t, id)
	b.apply(t, id, thing("x"), thing("y"))
	if _, err := b.ops.Succeed(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	if got := b.world.things; len(got["x"]) != 1 || len(got["y"]) != 1 {
		t.Errorf("made %v", got)
	}
	want := []string{"do x", "undo x", "do x", "do y"} // what was undone is made as if for the first time
	if diff := cmp.Diff(want, b.world.calls); diff != "" {
		t.Error(diff)
	}
	lines := told(b.log(t, id))
	if want := "recovered [ ] Run is retried by user:default/bob"; lines[len(lines)-2] != want {
		t.Errorf("%q", lines)
	}
}

func TestWhatARetryMadeIsUndoneToo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	b.apply(t, id, thing("x"), thing("y"))
	b.compensate(t, id)
	for range 3 {
		b.retry(t, id)
		b.begin(t, id)
		b.apply(t, id, thing("x"), thing("y"), thing("z"))
		if o := b.compensate(t, id); o.Status != operations.Failed {
			t.Fatalf("%+v", o)
		}
	}
	for target, makers := range b.world.things {
		if len(makers) > 0 {
			t.Errorf("%s is left", target)
		}
	}
	if diff := cmp.Diff([]string{"undo z", "undo y", "undo x"}, b.world.calls[len(b.world.calls)-3:]); diff != "" {
		t.Error(diff)
	}
}

// Of a parked operation something is still there: it is not made again. What was on its
// way when the undoing was given up is looked for first.
func TestARetryGoesOnWithWhatIsLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	b.apply(t, id, thing("x"))
	b.world.fault = func(call int) moment {
		if call == 2 { // it is made, and the answer is lost
			return afterEffect
		}
		return noFault
	}
	o, err := b.ops.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("y")); !errors.Is(err, errs.Unavailable) {
		t.Fatal(err)
	}
	if _, err := b.ledger.Park(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	b.retry(t, id)
	b.begin(t, id)
	b.apply(t, id, thing("x"), thing("y"), thing("z"))
	if diff := cmp.Diff([]string{"do x", "do y", "find x", "find y", "do z"}, b.world.calls); diff != "" {
		t.Error(diff)
	}
	if o := b.compensate(t, id); o.Status != operations.Failed || len(b.world.things["x"])+len(b.world.things["y"])+len(b.world.things["z"]) > 0 {
		t.Errorf("%s, left %v", o.Status, b.world.things)
	}
}

// What an earlier attempt left is another thing than what is wanted now, for example in a
// project that has been made anew: it must not pass for it.
func TestARetryReplacesWhatIsAnotherThingNow(t *testing.T) {
	t.Parallel()
	in := func(params string) operations.Effect {
		e := thing("x")
		e.Params = json.RawMessage(params)
		return e
	}
	for name, c := range map[string]struct {
		now  operations.Effect
		keep string
		want []string
		kind errs.Kind
	}{
		"the same":                       {in(`{"project": 7}`), "", []string{"do x", "find x"}, ""},
		"another thing":                  {in(`{"project":8}`), "", []string{"do x", "undo x", "do x"}, ""},
		"another thing that must not go": {in(`{"project":8}`), "somebody works in it", []string{"do x", "undo x"}, errs.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			id := b.running(t, "component:default/a").ID
			b.apply(t, id, in(`{"project":7}`))
			if _, err := b.ledger.Park(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			b.retry(t, id)
			b.begin(t, id)
			b.world.keep = c.keep
			o, err := b.ops.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.ledger.Apply(t.Context(), o.Ref(), c.now); errs.KindOf(err) != c.kind {
				t.Errorf("%v", err)
			}
			if diff := cmp.Diff(c.want, b.world.calls); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRetryRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	running, succeeded, cancelled := b.running(t, "component:default/a").ID, b.running(t, "component:default/b").ID, b.running(t, "component:default/c").ID
	if _, err := b.ops.Succeed(t.Context(), succeeded, nil); err != nil {
		t.Fatal(err)
	}
	b.cancel(t, cancelled)
	d := b.deps
	d.Workflow = nil
	recorder, err := operations.New(d)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ops  *operations.Service
		ctx  context.Context
		id   string
		want errs.Kind
	}{
		"a running one": {b.ops, as("user:default/ann"), running, errs.Conflict}, "one that has succeeded": {b.ops, as("user:default/ann"), succeeded, errs.Conflict},
		"one that is being undone": {b.ops, as("user:default/ann"), cancelled, errs.Conflict}, "nothing": {b.ops, as("user:default/ann"), "id-404", errs.NotFound},
		"nobody": {b.ops, t.Context(), succeeded, errs.Unauthenticated}, "without workflows": {recorder, as("user:default/ann"), succeeded, errs.Internal},
	} {
		if _, err := c.ops.Retry(c.ctx, c.id, nil); errs.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARetryNeedsItsTarget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	failed := b.running(t, "component:default/a").ID
	b.compensate(t, failed)
	other := b.running(t, "component:default/a").ID
	if _, err := b.ops.Retry(as("user:default/ann"), failed, nil); !errors.Is(err, errs.Conflict) {
		t.Fatalf("the target is another's: %v", err)
	}
	if o, err := b.ops.Get(t.Context(), failed); err != nil || o.Status != operations.Failed || o.Attempt != 0 {
		t.Fatalf("%+v, %v", o, err)
	}
	if _, err := b.ledger.Park(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	b.retry(t, other) // it still holds it
	b.begin(t, other)
	b.compensate(t, other)
	b.retry(t, failed)
	if _, err := b.ops.Accept(as("user:default/ann"), make1("")); !errors.Is(err, errs.Conflict) {
		t.Errorf("the target of a retried operation was given away: %v", err)
	}
}

// While a target is looked up for a retry, another operation takes it.
func TestATargetThatIsTakenDuringARetry(t *testing.T) {
	t.Parallel()
	stored := &interrupted{}
	b := newBenchOn(t, func(s table.Table) table.Table { stored.Table = s; return stored })
	id := b.running(t, "component:default/a").ID
	b.compensate(t, id)
	stored.between = func() { b.running(t, "component:default/a") }
	if _, err := b.ops.Retry(as("user:default/ann"), id, nil); errs.KindOf(err) != errs.Conflict {
		t.Errorf("got %v", err)
	}
}

func TestRetriesAtOnceAreOne(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(table.Table) table.Table{
		"answers arrive":   func(stored table.Table) table.Table { return stored },
		"answers get lost": func(stored table.Table) table.Table { return &forgetful{Table: stored} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBenchOn(t, wrap)
			id := b.running(t, "component:default/a").ID
			b.compensate(t, id)
			var wg sync.WaitGroup
			var mu sync.Mutex
			won := 0
			for range 6 {
				wg.Go(func() {
					o, err := b.ops.Retry(as("user:default/ann"), id, nil)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil && o.Attempt == 1:
						won++
					case !errors.Is(err, errs.Conflict): // it came when the operation was accepted again
						t.Errorf("%+v, %v", o, err)
					}
				})
			}
			wg.Wait()
			if diff := cmp.Diff([]string{id, id + "-t1"}, slices.Sorted(maps.Keys(b.runs.started))); diff != "" || won == 0 {
				t.Errorf("%d won\n%s", won, diff)
			}
			if lines := b.log(t, id); len(lines) != 2 {
				t.Errorf("%q", told(lines))
			}
		})
	}
}

func TestALostRetryIsRecovered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	b.runs.status = workflow.Failed
	b.recovers(t, 1)
	b.compensate(t, id)
	b.recovers(t, 0)
	b.runs.down = true
	b.retry(t, id)
	b.runs.down = false
	b.recovers(t, 1) // it never started
	b.recovers(t, 1) // it died
	b.recovers(t, 1)
	want := []string{id, id + "-r1", id + "-t1", id + "-t1-r1", id + "-t1-r2"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(b.runs.started))); diff != "" {
		t.Error(diff)
	}
}

// Recovery looks at an execution that has died; before it can act on that, the operation
// has ended and is retried. The new attempt is not undone for the death of the old one.
func TestRecoveryLeavesANewAttemptAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	b.runs.status = workflow.Failed
	d := b.deps
	d.Executions = &endsMeanwhile{executions: b.runs, end: func() {
		b.compensate(t, id)
		b.retry(t, id)
	}}
	looking, err := operations.New(d)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := looking.Recover(t.Context(), 0); n != 0 || err != nil {
		t.Errorf("started %d: %v", n, err)
	}
	if o, err := b.ops.Get(t.Context(), id); err != nil || o.Recoveries != 0 || o.Attempt != 1 {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestEachRetryHasAnExecutionOfItsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	b.compensate(t, id)
	for i := range 3 {
		b.retry(t, id)
		b.compensate(t, id)
		if name := fmt.Sprintf("%s-t%d", id, i+1); b.runs.started[name] == nil {
			t.Errorf("%s was not started", name)
		}
	}
}
