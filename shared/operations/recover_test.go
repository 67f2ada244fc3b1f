package operations_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

func (b *bench) recovers(t *testing.T, want int) {
	t.Helper()
	if n, err := b.ops.Recover(t.Context(), 0); n != want || err != nil {
		t.Fatalf("started %d, want %d: %v", n, want, err)
	}
}

func TestEachLostExecutionIsFollowedByOneThatUndoes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	b.runs.status = workflow.Failed
	b.runs.down = true
	if n, err := b.ops.Recover(t.Context(), 0); n != 0 || errs.KindOf(err) != errs.Unavailable {
		t.Fatalf("started %d while nothing can be started: %v", n, err)
	}
	b.runs.down = false
	b.recovers(t, 1) // the name that could not be started
	b.recovers(t, 1) // and the next, once that one is dead too
	want := []string{o.ID, o.ID + "-r1", o.ID + "-r2"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(b.runs.started))); diff != "" {
		t.Error(diff)
	}
	b.runs.status = workflow.Running
	b.recovers(t, 0)
	if _, err := b.ledger.Compensate(t.Context(), o.ID, &operations.Problem{Message: "lost"}); err != nil {
		t.Fatal(err)
	}
	b.runs.status = workflow.Failed
	b.recovers(t, 0)
}

func TestWhatHasJustMovedIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.runs.down = true
	if _, err := b.ops.Accept(as("user:default/ann"), make1("")); err != nil {
		t.Fatal(err)
	}
	b.runs.down = false
	if n, err := b.ops.Recover(t.Context(), time.Minute); n != 0 || err != nil {
		t.Errorf("started %d: %v", n, err)
	}
	b.clock.Advance(2 * time.Minute)
	if n, err := b.ops.Recover(t.Context(), time.Minute); n != 1 || err != nil {
		t.Errorf("started %d: %v", n, err)
	}
}

func TestADamagedRecordHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	damaged := b.running(t, "component:default/a")
	other := b.running(t, "component:default/b")
	b.runs.started = nil
	item := table.Item{Key: table.Key{PK: "OP#" + damaged.ID, SK: "RECORD"}, Body: []byte("{")}
	if _, err := b.table.Put(t.Context(), item, table.Always); err != nil {
		t.Fatal(err)
	}
	n, err := b.ops.Recover(t.Context(), 0)
	if n != 1 || errs.KindOf(err) != errs.Internal || b.runs.started[other.ID] == nil {
		t.Errorf("started %d (%v): %v", n, b.runs.started, err)
	}
}

func TestAServiceThatOnlyRecordsRefusesTheRest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	recorder, err := operations.New(operations.Deps{Table: b.table, Clock: b.clock, IDs: &ids.Sequence{}, Log: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := recorder.Recover(t.Context(), 0); errs.KindOf(err) != errs.Internal {
		t.Errorf("recover: %v", err)
	}
	if _, err := recorder.Accept(as("user:default/ann"), make1("")); errs.KindOf(err) != errs.Invalid {
		t.Errorf("accept: %v", err)
	}
	if _, err := operations.New(operations.Deps{}); err == nil {
		t.Error("a service was made of nothing")
	}
	if _, err := operations.NewLedger(operations.LedgerConfig{Operations: recorder}); err == nil {
		t.Error("a ledger was made of nothing")
	}
}

// TestALateEffectIsFoundBeforeItIsMadeAgain: a request that was still on its way when its
// sender gave up arrives between the two looks.
func TestALateEffectIsFoundBeforeItIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	b.world.fault = func(call int) moment {
		if call == 1 {
			return beforeEffect
		}
		return noFault
	}
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); errs.KindOf(err) != errs.Unavailable {
		t.Fatal(err)
	}
	b.world.fault = func(call int) moment {
		if call == 2 { // the first look has begun: what it sees is decided after this
			b.world.late = o.ID
		}
		return noFault
	}
	raw, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x"))
	if err != nil || raw == nil || len(b.world.things["x"]) != 1 {
		t.Errorf("made %v: %v", b.world.things["x"], err)
	}
	if diff := cmp.Diff([]string{"do x", "find x", "find x"}, b.world.calls); diff != "" {
		t.Error(diff)
	}
}
