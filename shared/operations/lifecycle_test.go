package operations_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// forgetful makes the writes of a table and loses the answer of every second one.
type forgetful struct {
	table.Table
	mu sync.Mutex
	n  int
}

func (f *forgetful) Transact(ctx context.Context, writes []table.Write) error {
	if err := f.Table.Transact(ctx, writes); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n++; f.n%2 == 0 {
		return errs.New(errs.Unavailable, "the answer was lost")
	}
	return nil
}

// eventData gives the data of all events in the outbox, in order.
func (b *bench) eventData(t *testing.T) []operations.EventData {
	t.Helper()
	page, err := b.table.Query(t.Context(), table.Query{PK: outbox.Partition})
	if err != nil {
		t.Fatal(err)
	}
	var list []operations.EventData
	for _, item := range page.Items {
		e, err := outbox.Event(item)
		if err != nil {
			t.Fatal(err)
		}
		var d operations.EventData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			t.Fatal(err)
		}
		if e.Subject != d.Target || e.Source != operations.EventSource {
			t.Errorf("event %s of %s is about %s", e.Type, e.Source, e.Subject)
		}
		list = append(list, d)
	}
	return list
}

// report runs an operation through all its tasks would report, each call twice.
func report(t *testing.T, b *bench, id string) {
	t.Helper()
	plan, err := operations.NewPlan([]operations.Effect{thing("x")})
	if err != nil {
		t.Fatal(err)
	}
	other, err := operations.NewPlan([]operations.Effect{thing("y")})
	if err != nil {
		t.Fatal(err)
	}
	for _, again := range []bool{false, true} {
		p, resolved, detail := plan, `"first"`, "done"
		if again {
			p, resolved, detail = other, `"second"`, "done twice"
		}
		for _, call := range []func() (*operations.Operation, error){
			func() (*operations.Operation, error) { return b.ops.Begin(t.Context(), id) },
			func() (*operations.Operation, error) {
				return b.ops.SetResolved(t.Context(), id, json.RawMessage(resolved))
			},
			func() (*operations.Operation, error) { return b.ops.SetPlan(t.Context(), id, p) },
			func() (*operations.Operation, error) {
				return nil, b.ops.StepBegins(t.Context(), id, operations.Step{ID: "s", Name: "Step"})
			},
			func() (*operations.Operation, error) {
				return b.ops.StepEnds(t.Context(), id, "s", operations.StepCompleted, detail, nil)
			},
		} {
			if _, err := call(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 {
		if _, err := b.ops.Succeed(t.Context(), id, json.RawMessage(`{"url":"x"}`)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRepeatedReportsChangeNothing(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(table.Table) table.Table{
		"answers arrive":   func(stored table.Table) table.Table { return stored },
		"answers get lost": func(stored table.Table) table.Table { return &forgetful{Table: stored} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBenchOn(t, wrap)
			o, err := b.ops.Accept(as("user:default/ann"), make1("key"))
			if err != nil {
				t.Fatal(err)
			}
			report(t, b, o.ID)
			if o, err = b.ops.Get(t.Context(), o.ID); err != nil {
				t.Fatal(err)
			}
			step := o.Step("s")
			if o.Status != operations.Succeeded || string(o.Resolved) != `"first"` || !o.Plan.Holds(thing("x")) || len(o.Steps) != 1 || step.Detail != "done" || o.Ended == nil {
				t.Errorf("%+v", o)
			}
			want := []string{operations.EventAccepted, operations.EventPlanned, operations.EventSucceeded}
			if diff := cmp.Diff(want, b.events(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEventsTellWhoDidWhatWithWhatOutcome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	if _, err := b.ledger.Apply(as("user:default/ann"), o.Ref(), thing("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ledger.Compensate(as("user:default/ann"), o.ID, &operations.Problem{Kind: errs.Conflict, Message: "taken"}); err != nil {
		t.Fatal(err)
	}
	about := operations.EventData{OperationID: o.ID, Type: "thing.make", Target: "component:default/a", Actor: "user:default/ann"}
	with := func(outcome operations.Status, effect string, kind errs.Kind, problem string) operations.EventData {
		d := about
		d.Outcome, d.Effect, d.ProblemKind, d.Problem = outcome, effect, kind, problem
		return d
	}
	want := map[string]operations.EventData{}
	for _, d := range []operations.EventData{
		with(operations.Accepted, "", "", ""), with(operations.Running, "thing x", "", ""),
		with(operations.Compensating, "", errs.Conflict, "taken"), with(operations.Failed, "", errs.Conflict, "taken"),
	} {
		want[string(d.Outcome)+d.Effect] = d
	}
	got := map[string]operations.EventData{}
	for _, d := range b.eventData(t) {
		got[string(d.Outcome)+d.Effect] = d
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnEndIsFinal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ended := map[operations.Status]string{}
	succeeded := b.running(t, "component:default/ok")
	if _, err := b.ops.Succeed(t.Context(), succeeded.ID, nil); err != nil {
		t.Fatal(err)
	}
	ended[operations.Succeeded] = succeeded.ID
	failed := b.running(t, "component:default/failed")
	if _, err := b.ledger.Compensate(t.Context(), failed.ID, &operations.Problem{Message: "no"}); err != nil {
		t.Fatal(err)
	}
	ended[operations.Failed] = failed.ID
	for status, id := range ended {
		t.Run(string(status), func(t *testing.T) {
			// A machine whose undoing was refused parks: that must not hide how it ended.
			if o, err := b.ledger.Park(t.Context(), id); err != nil || o.Status != status {
				t.Errorf("parked: %+v, %v", o, err)
			}
			for what, call := range map[string]func() error{
				"begin":    func() error { _, err := b.ops.Begin(t.Context(), id); return err },
				"resolved": func() error { _, err := b.ops.SetResolved(t.Context(), id, nil); return err },
				"plan":     func() error { _, err := b.ops.SetPlan(t.Context(), id, nil); return err },
				"step":     func() error { return b.ops.StepBegins(t.Context(), id, operations.Step{ID: "late", Name: "Late"}) },
			} {
				if err := call(); !errors.Is(err, errs.Conflict) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	if _, err := b.ledger.Compensate(t.Context(), succeeded.ID, &operations.Problem{}); !errors.Is(err, errs.Conflict) {
		t.Errorf("a success was undone: %v", err)
	}
	if _, err := b.ops.Succeed(t.Context(), failed.ID, nil); !errors.Is(err, errs.Conflict) {
		t.Errorf("a failure succeeded: %v", err)
	}
}

func TestParkNamesWhatIsLeftAndKeepsTheTarget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	for _, n := range []string{"x", "y"} {
		if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.ops.StepBegins(t.Context(), o.ID, operations.Step{ID: "s", Name: "Step"}); err != nil {
		t.Fatal(err)
	}
	parked, err := b.ledger.Park(t.Context(), o.ID)
	if err != nil || parked.Status != operations.Parked {
		t.Fatalf("%+v, %v", parked, err)
	}
	want := []string{"thing x: could not be undone", "thing y: could not be undone"}
	if diff := cmp.Diff(want, parked.Problem.Left); diff != "" {
		t.Error(diff)
	}
	if s := parked.Step("s"); s.Status != operations.StepFailed || s.Ended == nil {
		t.Errorf("a step of a parked operation goes on: %+v", s)
	}
	if _, err := b.ops.Accept(as("user:default/bob"), make1("")); !errors.Is(err, errs.Conflict) {
		t.Errorf("the target of a parked operation was given away: %v", err)
	}
}

func TestConcurrentReportsAreAllKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	const steps = 8
	var wg sync.WaitGroup
	for i := range steps {
		wg.Go(func() {
			id := fmt.Sprintf("s%d", i)
			if err := b.ops.StepBegins(t.Context(), o.ID, operations.Step{ID: id, Name: id}); err != nil {
				t.Error(err)
			}
			if _, err := b.ops.StepEnds(t.Context(), o.ID, id, operations.StepCompleted, "", nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	o, err := b.ops.Get(t.Context(), o.ID)
	if err != nil || len(o.Steps) != steps {
		t.Fatalf("%d steps, %v", len(o.Steps), err)
	}
	for _, s := range o.Steps {
		if s.Status != operations.StepCompleted {
			t.Errorf("%+v", s)
		}
	}
}

func TestAStepThatHasNotBegunCanNotEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	if _, err := b.ops.StepEnds(t.Context(), o.ID, "never", operations.StepCompleted, "", nil); errs.KindOf(err) != errs.Internal {
		t.Errorf("got %v", err)
	}
}

func TestGetOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, id := range map[string]string{"unknown": "id-999999", "empty": "", "endless": string(make([]byte, 5000))} {
		if _, err := b.ops.Get(t.Context(), id); !errors.Is(err, errs.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
