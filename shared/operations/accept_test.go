package operations_test

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

func make1(key string) operations.Request {
	return operations.Request{Type: "thing.make", Input: json.RawMessage(`"component:default/a"`), IdempotencyKey: key}
}

func TestAcceptStoresTheIntentAndStarts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o, err := b.ops.Accept(as("user:default/ann"), make1(""))
	if err != nil {
		t.Fatal(err)
	}
	if o.Status != operations.Accepted || o.Actor != "user:default/ann" || o.RequestID != "req-1" {
		t.Errorf("stored %+v", o)
	}
	var in operations.ExecutionInput
	if err := json.Unmarshal(b.runs.started[o.ID], &in); err != nil || in.OperationID != o.ID || in.Compensate {
		t.Errorf("started with %s", b.runs.started[o.ID])
	}
	events := b.events(t)
	if diff := cmp.Diff([]string{operations.EventAccepted}, events); diff != "" {
		t.Error(diff)
	}
}

// events gives the types of the events in the outbox.
func (b *bench) events(t *testing.T) []string {
	t.Helper()
	page, err := b.table.Query(t.Context(), table.Query{PK: outbox.Partition})
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, item := range page.Items {
		e, err := outbox.Event(item)
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, e.Type)
	}
	return types
}

func TestAcceptRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.running(t, "component:default/taken")
	cases := map[string]struct {
		actor string
		req   operations.Request
		kind  errs.Kind
		field string
	}{
		"no actor":         {"", make1(""), errs.Unauthenticated, ""},
		"unknown type":     {"user:default/ann", operations.Request{Type: "nope"}, errs.Invalid, "/type"},
		"bad input":        {"user:default/ann", operations.Request{Type: "thing.make", Input: json.RawMessage(`7`)}, errs.Invalid, "/input/target"},
		"taken target":     {"user:default/bob", operations.Request{Type: "thing.make", Input: json.RawMessage(`"component:default/taken"`)}, errs.Conflict, ""},
		"key with newline": {"user:default/ann", make1("a\nb"), errs.Invalid, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.ops.Accept(as(c.actor), c.req)
			if errs.KindOf(err) != c.kind {
				t.Fatalf("got %v, want kind %s", err, c.kind)
			}
			if fields := errs.Fields(err); c.field != "" && (len(fields) != 1 || fields[0].Pointer != c.field) {
				t.Errorf("fields %v, want %s", fields, c.field)
			}
		})
	}
}

func TestIdempotencyKeyGivesTheFirstOperation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var wg sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		wg.Go(func() {
			o, err := b.ops.Accept(as("user:default/ann"), make1("k1"))
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = o.ID
		})
	}
	wg.Wait()
	for _, id := range got {
		if id != got[0] {
			t.Fatalf("one key gave several operations: %v", got)
		}
	}
	other := make1("k1")
	other.Input = json.RawMessage(`"component:default/b"`)
	if _, err := b.ops.Accept(as("user:default/ann"), other); !errors.Is(err, errs.Conflict) {
		t.Errorf("the key with another body: %v", err)
	}
	if _, err := b.ops.Accept(as("user:default/bob"), other); err != nil {
		t.Errorf("somebody else's key of the same name: %v", err)
	}
}

func TestAnOperationThatCouldNotBeStartedIsRecovered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.runs.down = true
	o, err := b.ops.Accept(as("user:default/ann"), make1(""))
	if err != nil {
		t.Fatalf("an accepted operation must not be refused because it can't start yet: %v", err)
	}
	b.runs.down = false
	if n, err := b.ops.Recover(t.Context(), 0); n != 1 || err != nil {
		t.Fatalf("recovered %d, %v", n, err)
	}
	if b.runs.started[o.ID] == nil {
		t.Error("the operation was not started")
	}
	if n, err := b.ops.Recover(t.Context(), 0); n != 0 || err != nil {
		t.Errorf("a running operation was recovered: %d, %v", n, err)
	}
}

func TestALostExecutionIsUndone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	b.runs.status = workflow.TimedOut
	if n, err := b.ops.Recover(t.Context(), 0); n != 1 || err != nil {
		t.Fatalf("recovered %d, %v", n, err)
	}
	var in operations.ExecutionInput
	if err := json.Unmarshal(b.runs.started[o.ID+"-r1"], &in); err != nil || !in.Compensate {
		t.Errorf("started with %s, %v", b.runs.started[o.ID+"-r1"], err)
	}
}
