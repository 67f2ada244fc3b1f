package operations_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

func TestListPagesThroughEverythingOnceNewestFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var want []string
	for i := range 12 {
		o, err := b.ops.Accept(as("user:default/ann"), operations.Request{Type: "thing.make", Input: json.RawMessage(fmt.Sprintf(`"component:default/a%d"`, i))})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, o.ID)
		b.clock.Advance(time.Millisecond)
	}
	slices.Reverse(want)
	rapid.Check(t, func(r *rapid.T) {
		limit := rapid.IntRange(1, 15).Draw(r, "limit")
		var got []string
		for cursor := ""; ; {
			page, next, err := b.ops.List(t.Context(), cursor, limit)
			if err != nil || len(page) > limit {
				r.Fatalf("%d of %d, %v", len(page), limit, err)
			}
			for _, o := range page {
				got = append(got, o.ID)
			}
			if cursor = next; cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatal(diff)
		}
	})
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		cursor string
		limit  int
	}{"no limit": {"", 0}, "negative": {"", -1}, "too many": {"", 101}, "not a cursor": {"nonsense", 10}} {
		if _, _, err := b.ops.List(t.Context(), c.cursor, c.limit); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, next, err := b.ops.List(t.Context(), "", 100); err != nil || len(list) != 0 || next != "" {
		t.Errorf("nothing yet: %v %q %v", list, next, err)
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	waits := operations.Waits{Table: b.table, Clock: b.clock}
	ctx := t.Context()
	op := b.running(t, "component:default/a").ID
	if _, waiting, err := waits.Waiting(ctx, "build", "1"); waiting || err != nil {
		t.Fatalf("nobody waits yet: %v, %v", waiting, err)
	}
	wait := func(token string) {
		t.Helper()
		if err := waits.Wait(ctx, "build", operations.Waiter{OperationID: op, Token: token, Keys: []string{"1", "3"}}); err != nil {
			t.Fatal(err)
		}
	}
	wait("old")
	first, _, err := waits.Waiting(ctx, "build", "1")
	if err != nil || first.Token != "old" || first.OperationID != op {
		t.Fatalf("%+v, %v", first, err)
	}
	if _, waiting, _ := waits.Waiting(ctx, "build", "2"); waiting {
		t.Error("somebody waits for another event")
	}
	wait("new")
	// Whoever heard the event while the old task waited must not take the new one's place.
	if err := waits.Over(ctx, "build", first); err != nil {
		t.Fatal(err)
	}
	second, waiting, err := waits.Waiting(ctx, "build", "3")
	if err != nil || !waiting || second.Token != "new" {
		t.Fatalf("%+v, %v, %v", second, waiting, err)
	}
	for range 2 {
		if err := waits.Over(ctx, "build", second); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range second.Keys {
		if _, waiting, _ := waits.Waiting(ctx, "build", key); waiting {
			t.Error("the wait is over")
		}
	}
	for _, n := range []int{0, 51} {
		if err := waits.Wait(ctx, "build", operations.Waiter{OperationID: op, Token: "x", Keys: make([]string, n)}); !errors.Is(err, errs.Invalid) {
			t.Errorf("waits for %d events: %v", n, err)
		}
	}
	// A record from when a task could wait for one event only.
	if _, err := b.table.Put(ctx, table.Item{Key: table.Key{PK: "WAIT#build", SK: "9"}, Body: []byte(`{"operationId":"op","token":"lone"}`)}, table.Always); err != nil {
		t.Fatal(err)
	}
	if lone, waiting, err := waits.Waiting(ctx, "build", "9"); err != nil || !waiting || !slices.Equal(lone.Keys, []string{"9"}) {
		t.Errorf("%+v, %v, %v", lone, waiting, err)
	}
	wait("forgotten")
	b.clock.Advance(15 * 24 * time.Hour)
	if _, waiting, err := waits.Waiting(ctx, "build", "1"); waiting || err != nil {
		t.Errorf("a forgotten wait stays for ever: %v, %v", waiting, err)
	}
}
