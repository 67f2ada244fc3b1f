package operations_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// What keeps an effect from being undone is told while it is tried again, once, and when it
// is given up.
func TestWhatHindersUndoingIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	for _, n := range []string{"x", "y"} {
		if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing(n)); err != nil {
			t.Fatal(err)
		}
	}
	b.world.fault = func(int) moment { return beforeEffect }
	for range 3 {
		if _, err := b.ledger.Compensate(t.Context(), o.ID, &operations.Problem{Kind: errs.Invalid, Message: "no good"}); !errors.Is(err, errs.Unavailable) {
			t.Fatal(err)
		}
	}
	var told []string
	lines, err := b.ops.Log(t.Context(), o.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		told = append(told, l.Message)
	}
	why := "the world does not answer"
	if diff := cmp.Diff([]string{"Undoing thing y", "Undoing thing y has to wait: " + why}, told); diff != "" {
		t.Error(diff)
	}
	parked, err := b.ledger.Park(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"thing x: could not be undone", "thing y: could not be undone: " + why}, parked.Problem.Left); diff != "" {
		t.Error(diff)
	}
	b.world.fault = nil
	if _, err := b.ops.Cancel(as("user:default/ann"), o.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ledger.Compensate(t.Context(), o.ID, &operations.Problem{Kind: errs.Invalid, Message: "no good"}); err != nil {
		t.Fatal(err)
	}
	entries, err := b.ops.Ledger(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.State != operations.Compensated || e.Hindrance != "" {
			t.Errorf("%+v", e)
		}
	}
}
