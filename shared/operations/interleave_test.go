package operations_test

import (
	"context"
	"encoding/json"
	"errors"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// endsMeanwhile lets an operation succeed while its execution is looked at.
type endsMeanwhile struct {
	*executions
	end func()
}

func (x *endsMeanwhile) Describe(ctx context.Context, machine, name string) (workflow.Execution, error) {
	x.end()
	return x.executions.Describe(ctx, machine, name)
}

func TestAnOperationThatEndsWhileItIsLookedAtIsNotUndone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	b.runs.status = workflow.Succeeded
	watched := &endsMeanwhile{executions: b.runs, end: func() {
		if _, err := b.ops.Succeed(t.Context(), o.ID, nil); err != nil {
			t.Error(err)
		}
	}}
	looking, err := operations.New(operations.Deps{Table: b.table, Clock: b.clock, IDs: &ids.Sequence{Prefix: "r"}, Log: logging.Discard(), Workflow: b.runs, Executions: watched})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := looking.Recover(t.Context(), 0); n != 0 || err != nil {
		t.Errorf("started %d: %v", n, err)
	}
	if len(b.runs.started) != 1 {
		t.Errorf("executions %v were started for an operation that has succeeded", b.runs.started)
	}
}

// However full a record is, the operation can still be undone and say why.
func TestAFullRecordCanStillBeUndone(t *testing.T) {
	t.Parallel()
	// The largest record that is taken, found once by halving.
	most := sort.Search(table.MaxItemBytes, func(size int) bool {
		_, _, err := filled(t, size)
		if err != nil && !errors.Is(err, errs.TooLarge) {
			t.Fatal(err)
		}
		return err != nil
	}) - 1
	for _, spare := range []int{0, 200, 2_000, 20_000} {
		b, o, err := filled(t, most-spare)
		if err != nil {
			t.Fatal(err)
		}
		cause := &operations.Problem{Kind: errs.Conflict, Message: strings.Repeat("why ", 10_000)}
		o, err = b.ledger.Compensate(t.Context(), o.ID, cause)
		if err != nil || o.Status != operations.Failed || len(b.world.things["x"]) > 0 {
			t.Fatalf("%d bytes to spare: %v, left %v", spare, err, b.world.things["x"])
		}
	}
}

// filled gives an operation with one effect whose record has grown by size.
func filled(t *testing.T, size int) (*bench, *operations.Operation, error) {
	t.Helper()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); err != nil {
		t.Fatal(err)
	}
	_, err := b.ops.SetResolved(t.Context(), o.ID, json.RawMessage(`"`+strings.Repeat("x", size)+`"`))
	return b, o, err
}

// takenOver is a table where, right after a write to the ledger, another attempt takes the
// entry over: the writer slept for longer than its lease.
type takenOver struct {
	table.Table
	between func()
}

func (o *takenOver) Transact(ctx context.Context, writes []table.Write) error {
	err := o.Table.Transact(ctx, writes)
	if f := o.between; f != nil && strings.HasPrefix(writes[0].Item.SK, "EFFECT#") {
		o.between = nil
		f()
	}
	return err
}

func TestAnAttemptThatSleptThroughItsLeaseLeavesTheEntryToTheNext(t *testing.T) {
	t.Parallel()
	slow := &takenOver{}
	b := newBenchOn(t, func(stored table.Table) table.Table { slow.Table = stored; return slow })
	o := b.running(t, "component:default/a")
	slow.between = func() {
		b.clock.Advance(2 * time.Minute)
		if _, err := b.newLedger(t, "process-2").Apply(t.Context(), o.Ref(), thing("x")); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); !errors.Is(err, errs.Unavailable) {
		t.Errorf("the attempt that slept ends with %v", err)
	}
	entries, err := b.ops.Ledger(t.Context(), o.ID)
	if err != nil || len(entries) != 1 || entries[0].State != operations.Done || len(b.world.things["x"]) != 1 {
		t.Errorf("made %v, entries %+v, %v", b.world.things["x"], entries, err)
	}
}

// A lease may last for minutes after its holder died: state machines have to be told, for
// they wait only seconds for what is merely unavailable.
func TestWaitingForALeaseHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	b.world.fault = func(int) moment { panic("the process dies here") }
	func() {
		defer func() { _ = recover() }()
		_, _ = b.ledger.Apply(t.Context(), o.Ref(), thing("x"))
	}()
	b.world.fault = nil
	_, applying := b.ledger.Apply(t.Context(), o.Ref(), thing("x"))
	_, undoing := b.ledger.Compensate(t.Context(), o.ID, &operations.Problem{})
	for _, err := range []error{applying, undoing} {
		if got := workflow.TaskErrorFrom(err).Name; got != operations.Busy || errs.KindOf(err) != errs.Unavailable {
			t.Errorf("%v is called %s", err, got)
		}
	}
}

// An attempt whose time is over while it waits for an earlier one to settle may be made
// again: it is no fault of the operation's.
func TestRunningOutOfTimeIsRetriedNotUndone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	b.world.fault = func(call int) moment {
		if call == 1 {
			return beforeEffect
		}
		return noFault
	}
	if _, err := b.ledger.Apply(t.Context(), o.Ref(), thing("x")); err == nil {
		t.Fatal("the first attempt succeeded")
	}
	short, cancel := context.WithCancel(t.Context())
	b.world.fault = func(int) moment { cancel(); return noFault } // while it looks for what the first one did
	_, err := b.ledger.Apply(short, o.Ref(), thing("x"))
	if got := workflow.TaskErrorFrom(err).Name; got != "Slipway.Unavailable" {
		t.Errorf("%v is called %s", err, got)
	}
}
