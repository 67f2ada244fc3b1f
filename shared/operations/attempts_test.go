package operations_test

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// A task that an earlier attempt left behind can't do anything to the new one.
func TestAnEarlierAttemptCanNotActAnyMore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	old, o, err := b.ops.Acting(t.Context(), id, 0)
	if err != nil {
		t.Fatal(err)
	}
	b.apply(t, id, thing("x"))
	if _, err := b.ledger.Park(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	b.retry(t, id)
	b.begin(t, id)
	b.apply(t, id, thing("x"))
	step := operations.Step{ID: "s", Name: "Step", Shown: "s"}
	if err := b.ops.StepBegins(t.Context(), id, step); err != nil {
		t.Fatal(err)
	}
	for what, call := range map[string]func() error{
		"begin":   func() error { _, err := b.ops.Begin(old, id); return err },
		"a step":  func() error { return b.ops.StepBegins(old, id, operations.Step{ID: "t"}) },
		"its end": func() error { _, err := b.ops.StepEnds(old, id, "s", operations.StepFailed, "no", nil); return err },
		"a line":  func() error { return b.ops.Say(old, id, "", "late") },
		"effect":  func() error { _, err := b.ledger.Apply(old, o.Ref(), thing("y")); return err },
		"wait":    func() error { return b.waits(t, o, "token") },
		"undoing": func() error { _, err := b.ledger.Compensate(old, id, &operations.Problem{}); return err },
		"parking": func() error { _, err := b.ledger.Park(old, id); return err },
		"success": func() error { _, err := b.ops.Succeed(old, id, nil); return err },
		"acting":  func() error { _, _, err := b.ops.Acting(t.Context(), id, 0); return err },
	} {
		if err := call(); !errors.Is(err, errs.Conflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if len(b.world.things["x"]) != 1 || len(b.world.things["y"]) != 0 {
		t.Errorf("made %v", b.world.things)
	}
	current, _, err := b.ops.Acting(t.Context(), id, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ops.StepEnds(current, id, "s", operations.StepCompleted, "", nil); err != nil {
		t.Error(err)
	}
}

// A task undoes an operation so slowly that the operation is given up, and retried. It
// stops before the next effect: that one belongs to the new attempt.
func TestSlowUndoingEndsWithItsAttempt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	b.apply(t, id, thing("x"), thing("y"))
	var once sync.Once
	b.world.fault = func(call int) moment {
		if call != 3 {
			return noFault
		}
		once.Do(func() { // while it removes y
			b.world.mu.Unlock()
			defer b.world.mu.Lock()
			if _, err := b.ledger.Park(t.Context(), id); err != nil {
				t.Error(err)
			}
			b.retry(t, id)
			b.begin(t, id)
		})
		return noFault
	}
	_, err := b.ledger.Compensate(t.Context(), id, &operations.Problem{Message: "no"})
	if !errors.Is(err, errs.Conflict) || len(b.world.things["x"]) != 1 {
		t.Errorf("left %v, %v", b.world.things, err)
	}
	b.world.fault = nil
	b.clock.Advance(2 * time.Minute)
	b.apply(t, id, thing("x"), thing("y"))
	if len(b.world.things["x"]) != 1 || len(b.world.things["y"]) != 1 {
		t.Errorf("made %v", b.world.things)
	}
}

// While something is being removed nobody makes it anew.
func TestWhatIsBeingRemovedIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	b.apply(t, id, thing("x"))
	b.world.fault = func(int) moment { panic("the process dies here") }
	func() {
		defer func() { _ = recover() }()
		_, _ = b.ledger.Compensate(t.Context(), id, &operations.Problem{Message: "no"})
	}()
	b.world.fault = nil
	if _, err := b.ledger.Park(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	o := b.retry(t, id)
	e := thing("x")
	e.Params = json.RawMessage(`"new"`)
	_, err := b.ledger.Apply(t.Context(), o.Ref(), e)
	if got := workflow.TaskErrorFrom(err).Name; got != operations.Busy {
		t.Errorf("%v", err)
	}
	b.clock.Advance(2 * time.Minute)
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), e); err != nil || len(b.world.things["x"]) != 1 {
		t.Errorf("made %v, %v", b.world.things, err)
	}
}

// The process dies right after it has removed something: the ledger still says that it is
// there. A retry does not take the ledger's word for it.
func TestWhatWasRemovedUnseenIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	b.apply(t, id, thing("x"), thing("y"))
	asked := 0
	b.world.fault = func(int) moment {
		if asked++; asked == 2 { // before it removes y, and after
			panic("the process dies here")
		}
		return noFault
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = b.ledger.Compensate(t.Context(), id, &operations.Problem{Message: "no"})
	}()
	b.world.fault = nil
	if _, err := b.ledger.Park(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(2 * time.Minute)
	b.retry(t, id)
	b.begin(t, id)
	b.apply(t, id, thing("x"), thing("y"))
	if len(b.world.things["x"]) != 1 || len(b.world.things["y"]) != 1 {
		t.Errorf("made %v", b.world.things)
	}
	want := []string{"do x", "do y", "undo y", "find x", "find y", "find y", "do y"}
	if diff := cmp.Diff(want, b.world.calls); diff != "" {
		t.Error(diff)
	}
}

// A person has cleared up what a parked operation left, or has gone on with it.
func TestARetryLooksForWhatWasLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now  []string // makers of what is there
		down int      // how many looks the world does not answer
		want []string
	}{
		"it is there":            {[]string{"us"}, 0, []string{"do x", "find x"}},
		"it was removed":         {nil, 0, []string{"do x", "find x", "do x"}},
		"it is somebody's now":   {[]string{"eve"}, 0, []string{"do x", "find x"}},
		"the world is away":      {[]string{"us"}, 2, []string{"do x", "find x", "find x", "find x"}},
		"away, and it was moved": {nil, 1, []string{"do x", "find x", "find x", "do x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			id := b.running(t, "component:default/a").ID
			b.apply(t, id, thing("x"))
			b.park(t, id)
			b.world.things["x"] = append([]string(nil), c.now...)
			for i, maker := range c.now {
				if maker == "us" {
					b.world.things["x"][i] = id
				}
			}
			b.retry(t, id)
			b.begin(t, id)
			b.world.fault = func(call int) moment {
				if call <= 1+c.down {
					return beforeEffect
				}
				return noFault
			}
			o, err := b.ops.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			for range c.down {
				if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); !errors.Is(err, errs.Unavailable) {
					t.Errorf("while it is away: %v", err)
				}
			}
			b.apply(t, id, thing("x"), thing("x"), thing("x")) // it is looked for once
			if diff := cmp.Diff(c.want, b.world.calls); diff != "" || len(b.world.things["x"]) != 1 {
				t.Errorf("%v\n%s", b.world.things, diff)
			}
		})
	}
}
