package operations_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

func (b *bench) cancel(t *testing.T, id string) *operations.Operation {
	t.Helper()
	o, err := b.ops.Cancel(as("user:default/bob"), id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (b *bench) compensate(t *testing.T, id string) *operations.Operation {
	t.Helper()
	o, err := b.ledger.Compensate(t.Context(), id, &operations.Problem{Kind: errs.Invalid, Message: "a step failed"})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestACancelledOperationMakesNothingMoreAndIsUndone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); err != nil {
		t.Fatal(err)
	}
	for _, s := range []operations.Step{{ID: "own", Name: "Own"}, {ID: "template/a", Name: "One", Shown: "a"}} {
		if err := b.ops.StepBegins(t.Context(), o.ID, s); err != nil {
			t.Fatal(err)
		}
	}
	b.cancel(t, o.ID)
	for what, call := range map[string]func() error{
		"an effect": func() error { _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("y")); return err },
		"a step":    func() error { return b.ops.StepBegins(t.Context(), o.ID, operations.Step{ID: "b", Name: "Two"}) },
		"a plan":    func() error { _, err := b.ops.SetPlan(t.Context(), o.ID, &operations.Plan{}); return err },
		"a secret":  func() error { return b.ops.KeepSecret(t.Context(), o.ID, "s", "v") },
		"a success": func() error { _, err := b.ops.Succeed(t.Context(), o.ID, nil); return err },
	} {
		if err := call(); !errors.Is(err, errs.Conflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// The task that was in the step reports its end late: it is cancelled all the same.
	if _, err := b.ops.StepEnds(t.Context(), o.ID, "template/a", operations.StepCompleted, "", nil); err != nil {
		t.Error(err)
	}
	ended := b.compensate(t, o.ID)
	if ended.Status != operations.Failed || ended.Cancelled == nil || ended.Cancelled.By != "user:default/bob" || ended.Problem.Message != "cancelled by user:default/bob" {
		t.Errorf("%+v, %+v, %+v", ended, ended.Cancelled, ended.Problem)
	}
	if len(b.world.things["x"])+len(b.world.things["y"]) > 0 {
		t.Errorf("left: %v", b.world.things)
	}
	want := []string{
		"log [ ] Own", "log [a processing] Beginning step One",
		"cancelled [ ] Step Own has been cancelled.", "cancelled [a cancelled] Step a has been cancelled.",
		"log [ ] Undoing thing x", "completion [ ] Run completed with status: cancelled",
	}
	if diff := cmp.Diff(want, told(b.log(t, o.ID))); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsCancelledBeforeItBeginsNeverBegins(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o, err := b.ops.Accept(as("user:default/ann"), make1(""))
	if err != nil {
		t.Fatal(err)
	}
	b.cancel(t, o.ID)
	if _, err := b.ops.Begin(t.Context(), o.ID); !errors.Is(err, errs.Conflict) {
		t.Errorf("it began: %v", err)
	}
	b.compensate(t, o.ID)
	want := []string{"cancelled [ ] The run has been cancelled.", "completion [ ] Run completed with status: cancelled"}
	if diff := cmp.Diff(want, told(b.log(t, o.ID))); diff != "" {
		t.Error(diff)
	}
	if _, err := b.ops.Accept(as("user:default/ann"), make1("")); err != nil {
		t.Errorf("its target is taken: %v", err)
	}
}

func TestACancelledOperationOfWhichSomethingIsLeftIsParked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); err != nil {
		t.Fatal(err)
	}
	b.world.keep = "somebody works in it"
	b.cancel(t, o.ID)
	if ended := b.compensate(t, o.ID); ended.Status != operations.Parked || ended.Cancelled == nil || len(ended.Problem.Left) != 1 {
		t.Errorf("%+v, %+v", ended, ended.Problem)
	}
}

func TestCancellingWhatIsOverOrUnderWayChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	succeeded, failed, cancelled := b.running(t, "component:default/a").ID, b.running(t, "component:default/b").ID, b.running(t, "component:default/c").ID
	if _, err := b.ops.Succeed(t.Context(), succeeded, nil); err != nil {
		t.Fatal(err)
	}
	b.compensate(t, failed)
	b.cancel(t, cancelled)
	for _, id := range []string{succeeded, failed, cancelled} {
		before, err := b.ops.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		lines := len(b.log(t, id))
		after, err := b.ops.Cancel(as("user:default/eve"), id)
		if err != nil || len(b.log(t, id)) != lines {
			t.Errorf("%d lines, %v", lines, err)
		}
		if want, got := asJSON(t, before), asJSON(t, after); want != got {
			t.Error(cmp.Diff(want, got))
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestCancelRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	d := b.deps
	d.Callbacks = nil
	mute, err := operations.New(d)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ops  *operations.Service
		ctx  context.Context
		id   string
		want errs.Kind
	}{
		"nobody": {b.ops, t.Context(), o.ID, errs.Unauthenticated}, "nothing": {b.ops, as("user:default/ann"), "id-404", errs.NotFound},
		"without a way to wake": {mute, as("user:default/ann"), o.ID, errs.Internal},
	} {
		if _, err := c.ops.Cancel(c.ctx, c.id); errs.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now, err := b.ops.Get(t.Context(), o.ID); err != nil || now.Status != operations.Running {
		t.Errorf("%+v, %v", now, err)
	}
}

func (b *bench) waits(t *testing.T, o *operations.Operation, token string) error {
	t.Helper()
	return operations.Waits{Table: b.table, Clock: b.clock}.Wait(t.Context(), "build", operations.Waiter{OperationID: o.ID, Attempt: o.Attempt, Token: token, Keys: []string{"1"}})
}

func TestCancelWakesTheTaskThatWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	for _, token := range []string{"old", "new"} {
		if err := b.waits(t, o, token); err != nil {
			t.Fatal(err)
		}
	}
	b.cancel(t, o.ID)
	if diff := cmp.Diff(map[string]string{"new": "Slipway.Cancelled: cancelled by user:default/bob"}, b.tokens.failed); diff != "" {
		t.Error(diff)
	}
	if err := b.waits(t, o, "late"); !errors.Is(err, errs.Conflict) {
		t.Errorf("a task waits for a cancelled operation: %v", err)
	}
	b.compensate(t, o.ID)
	if _, err := b.table.Get(t.Context(), table.Key{PK: "OP#" + o.ID, SK: "WAITING"}); !errors.Is(err, errs.NotFound) {
		t.Errorf("the token is left: %v", err)
	}
}

func TestATaskThatCouldNotBeWokenIsWokenLater(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(*bench, string) error{
		"by another call": func(b *bench, id string) error { _, err := b.ops.Cancel(as("user:default/bob"), id); return err },
		"by recovery":     func(b *bench, _ string) error { _, err := b.ops.Recover(context.Background(), 0); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			o := b.running(t, "component:default/a")
			if err := b.waits(t, o, "token"); err != nil {
				t.Fatal(err)
			}
			b.tokens.err = errs.New(errs.Unavailable, "no callbacks now")
			b.cancel(t, o.ID)
			b.tokens.err = nil
			if err := again(b, o.ID); err != nil || len(b.tokens.failed) != 1 {
				t.Errorf("%v, %v", b.tokens.failed, err)
			}
			b.tokens.err = errs.New(errs.NotFound, "it has woken")
			if err := again(b, o.ID); err != nil {
				t.Error(err)
			}
		})
	}
}

// interrupted is a table that calls between right before a transaction is made.
type interrupted struct {
	table.Table
	between func()
}

func (i *interrupted) Transact(ctx context.Context, writes []table.Write) error {
	if f := i.between; f != nil {
		i.between = nil
		f()
	}
	return i.Table.Transact(ctx, writes)
}

// Whichever comes first, the wait or the cancelling: nobody waits for ever.
func TestNoWakeUpIsLost(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]bool{"cancelled while it is about to wait": true, "waits while it is about to be cancelled": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stored := &interrupted{}
			b := newBenchOn(t, func(s table.Table) table.Table { stored.Table = s; return stored })
			o := b.running(t, "component:default/a")
			var waited error
			wait := func() { waited = b.waits(t, o, "token") }
			if first {
				stored.between = func() { b.cancel(t, o.ID) }
				wait()
			} else {
				stored.between = wait
				b.cancel(t, o.ID)
			}
			if woken := b.tokens.failed["token"] != ""; woken == errors.Is(waited, errs.Conflict) {
				t.Errorf("woken %v, waiting: %v", woken, waited)
			}
		})
	}
}

func TestWhatWaitsLongEndsWithItsAttempt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	ctx, stop := b.ops.WhileApplying(t.Context(), o.Ref())
	defer stop()
	for _, message := range []string{"a", "b"} {
		if err := b.ops.Say(t.Context(), o.ID, "", message); err != nil || ctx.Err() != nil {
			t.Fatalf("%v, %v", err, ctx.Err())
		}
	}
	b.cancel(t, o.ID)
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, errs.Conflict) {
		t.Errorf("it ends with %v", err)
	}
	late, stop := b.ops.WhileApplying(t.Context(), o.Ref())
	defer stop()
	<-late.Done()
	other := b.running(t, "component:default/b")
	own, stop := b.ops.WhileApplying(t.Context(), other.Ref())
	stop()
	if <-own.Done(); !errors.Is(context.Cause(own), context.Canceled) {
		t.Error(context.Cause(own))
	}
}

func TestAnExecutionThatDiedCancelledIsUndone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	b.cancel(t, o.ID)
	b.runs.status = workflow.TimedOut
	b.recovers(t, 1)
	if ended := b.compensate(t, o.ID); ended.Problem.Message != "cancelled by user:default/bob" {
		t.Errorf("%+v", ended.Problem)
	}
}

// Somebody works in what an operation made, and takes it away later: the operation is given
// up then, and ends clean.
func TestCancellingAParkedOperationUndoesWhatIsLeft(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(table.Table) table.Table{
		"answers arrive":   func(stored table.Table) table.Table { return stored },
		"answers get lost": func(stored table.Table) table.Table { return &forgetful{Table: stored, n: 1} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			d := b.deps
			d.Table = wrap(b.table)
			cancels, err := operations.New(d)
			if err != nil {
				t.Fatal(err)
			}
			id := b.running(t, "component:default/a").ID
			b.apply(t, id, thing("x"))
			b.world.keep = "somebody works in it"
			for attempt := range 3 {
				if o := b.compensate(t, id); o.Status != operations.Parked || o.Attempt != attempt {
					t.Fatalf("%+v", o)
				}
				o, err := cancels.Cancel(as("user:default/bob"), id)
				if err != nil || o.Status != operations.Compensating || o.Cancelled.By != "user:default/bob" || o.Ended != nil || len(o.Problem.Left) > 0 || o.Problem.Message != "a step failed" {
					t.Errorf("%+v, %+v", o, o.Problem)
				}
				var in operations.ExecutionInput
				if err := json.Unmarshal(b.runs.started[fmt.Sprintf("%s-t%d", id, attempt+1)], &in); err != nil || !in.Compensate || in.Attempt != attempt+1 {
					t.Errorf("started %s, %v", b.runs.started, err)
				}
			}
			b.world.keep = ""
			if o := b.compensate(t, id); o.Status != operations.Failed || len(b.world.things["x"]) > 0 {
				t.Errorf("%+v, left %v", o, b.world.things)
			}
			if _, err := b.ops.Accept(as("user:default/ann"), make1("")); err != nil {
				t.Errorf("its target is taken: %v", err)
			}
		})
	}
}

func TestUndoingWhatIsLeftIsRecovered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	b.park(t, id)
	b.runs.down = true
	b.cancel(t, id)
	b.runs.down = false
	b.recovers(t, 1)
	var in operations.ExecutionInput
	if err := json.Unmarshal(b.runs.started[id+"-t1"], &in); err != nil || !in.Compensate {
		t.Errorf("started %s, %v", b.runs.started, err)
	}
}
