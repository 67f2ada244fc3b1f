package operations_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestApplyTwiceDoesOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	for range 2 {
		if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"do x"}, b.world.calls); diff != "" {
		t.Error(diff)
	}
}

func TestALostAnswerIsFoundByItsMark(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	b.world.fault = func(call int) moment {
		if call == 1 {
			return afterEffect
		}
		return noFault
	}
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); !errors.Is(err, errs.Unavailable) {
		t.Fatalf("got %v", err)
	}
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); err != nil {
		t.Fatal(err)
	}
	if n := len(b.world.things["x"]); n != 1 {
		t.Errorf("x was made %d times", n)
	}
}

func TestWhatIsSomebodyElsesIsNeitherTakenNorRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.world.things["x"] = []string{"somebody"}
	o := b.running(t, "component:default/a")
	b.world.fault = func(call int) moment {
		if call == 1 {
			return beforeEffect // leaves an effect whose outcome is unknown
		}
		return noFault
	}
	for _, want := range []errs.Kind{errs.Unavailable, errs.Conflict} {
		if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); errs.KindOf(err) != want {
			t.Fatalf("got %v, want %s", err, want)
		}
	}
	ended, err := b.ledger.Compensate(t.Context(), o.ID, &operations.Problem{Kind: errs.Conflict, Message: "taken"})
	if err != nil || ended.Status != operations.Failed {
		t.Fatalf("%v, %v", ended, err)
	}
	if diff := cmp.Diff([]string{"somebody"}, b.world.things["x"]); diff != "" {
		t.Error(diff)
	}
}

func TestASecondAttemptWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	release := make(chan struct{})
	entered := make(chan struct{})
	var once sync.Once
	b.world.fault = func(int) moment {
		once.Do(func() { close(entered); <-release })
		return noFault
	}
	first := make(chan error, 1)
	go func() { _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); first <- err }()
	<-entered
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); !errors.Is(err, errs.Unavailable) {
		t.Errorf("a second attempt beside the first: %v", err)
	}
	if _, err := b.ledger.Compensate(t.Context(), o.ID, &operations.Problem{}); !errors.Is(err, errs.Unavailable) {
		t.Errorf("undoing beside the first attempt: %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestALeaseOfADeadProcessIsVoidOnlyForASoleOwner(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	b.world.fault = func(int) moment { panic("the process dies here") }
	func() {
		defer func() { _ = recover() }()
		_, _ = b.ledger.Apply(t.Context(), o.Ref(), thing("x"))
	}()
	b.world.fault = nil
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); !errors.Is(err, errs.Unavailable) {
		t.Errorf("the same process took over its own lease: %v", err)
	}
	if _, err := b.newLedger(t, "process-2").Apply(t.Context(), o.Ref(), thing("x")); err != nil {
		t.Errorf("the next process: %v", err)
	}
	b.clock.Advance(2 * time.Minute)
	if len(b.world.things["x"]) != 1 {
		t.Errorf("made %v", b.world.things["x"])
	}
}

func TestCompensationGoesBackwardsAndFreesTheTarget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	for _, n := range []string{"x", "y", "z"} {
		if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing(n)); err != nil {
			t.Fatal(err)
		}
	}
	ended, err := b.ledger.Compensate(t.Context(), o.ID, &operations.Problem{Kind: errs.Invalid, Message: "no good"})
	if err != nil || ended.Status != operations.Failed || ended.Problem.Message != "no good" {
		t.Fatalf("%+v, %v", ended, err)
	}
	if diff := cmp.Diff("undo z, undo y, undo x", strings.Join(b.world.calls[3:], ", ")); diff != "" {
		t.Error(diff)
	}
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("late")); !errors.Is(err, errs.Conflict) {
		t.Errorf("an effect after the end: %v", err)
	}
	b.running(t, "component:default/a")
}

func TestWhatMustStayParksTheOperation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); err != nil {
		t.Fatal(err)
	}
	b.world.keep = "somebody works in it"
	ended, err := b.ledger.Compensate(t.Context(), o.ID, &operations.Problem{Kind: errs.Invalid, Message: "no good"})
	if err != nil || ended.Status != operations.Parked {
		t.Fatalf("%+v, %v", ended, err)
	}
	if diff := cmp.Diff([]string{"thing x: somebody works in it"}, ended.Problem.Left); diff != "" {
		t.Error(diff)
	}
}

// TestAnyFaultsEndCompleteOrClean applies effects under arbitrary faults of the outside,
// retries each a few times, then completes or compensates: nothing is ever made twice and
// nothing is left behind.
func TestAnyFaultsEndCompleteOrClean(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		b := newBench(t)
		faults := rapid.SliceOfN(rapid.IntRange(0, 2), 0, 25).Draw(r, "faults")
		b.world.fault = func(call int) moment {
			if call <= len(faults) {
				return moment(faults[call-1])
			}
			return noFault
		}
		o := b.running(t, "component:default/a")
		complete := true
		for i := range rapid.IntRange(1, 4).Draw(r, "effects") {
			complete = complete && tryApply(t, b, o, thing(fmt.Sprint(i)))
			for target, makers := range b.world.things {
				if len(makers) > 1 {
					r.Fatalf("%s was made %d times", target, len(makers))
				}
			}
		}
		if complete && rapid.Bool().Draw(r, "succeed") {
			if _, err := b.ops.Succeed(t.Context(), o.ID, nil); err != nil {
				r.Fatal(err)
			}
			return
		}
		mustCompensate(t, b, o)
		for target, makers := range b.world.things {
			if len(makers) > 0 {
				r.Fatalf("%s is left", target)
			}
		}
	})
}

func tryApply(t *testing.T, b *bench, o *operations.Operation, e operations.Effect) bool {
	for range 3 {
		if _, err := b.ledger.Apply(t.Context(), o.Ref(), e); err == nil {
			return true
		}
	}
	return false
}

func mustCompensate(t *testing.T, b *bench, o *operations.Operation) {
	t.Helper()
	for range 60 {
		ended, err := b.ledger.Compensate(t.Context(), o.ID, &operations.Problem{})
		if err == nil && ended.Status == operations.Failed {
			return
		}
	}
	t.Fatal("compensation does not come to an end")
}
