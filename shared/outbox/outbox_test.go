package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// press takes what is published, unless it fails.
type press struct {
	mu     sync.Mutex
	events []string
	fail   func(call int) error
	calls  int
}

func (p *press) Publish(_ context.Context, events []bus.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if p.fail != nil {
		if err := p.fail(p.calls); err != nil {
			return err
		}
	}
	for _, e := range events {
		p.events = append(p.events, e.Type)
	}
	return nil
}

func (p *press) published() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.events...)
}

type bench struct {
	table table.Table
	file  *bolttable.File
	clock *clock.Manual
	emit  outbox.Emitter
	press *press
	relay *outbox.Relay
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{clock: clock.NewManual(time.Date(2026, 5, 4, 3, 2, 1, 123456789, time.UTC)), press: &press{}}
	var err error
	if b.file, err = bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "t.db"), Clock: b.clock, IDs: ids.Random{}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.file.Close() })
	if b.table, err = b.file.Table("things"); err != nil {
		t.Fatal(err)
	}
	b.emit = outbox.Emitter{Source: "slipway.things", Clock: b.clock, IDs: &ids.Sequence{Prefix: "e"}}
	if b.relay, err = outbox.NewRelay(outbox.Deps{Table: b.table, Publisher: b.press, Clock: b.clock, Log: logging.Discard()}); err != nil {
		t.Fatal(err)
	}
	return b
}

// happen stores an event of a type.
func (b *bench) happen(t *testing.T, eventType string) {
	t.Helper()
	w, err := b.emit.Emit(t.Context(), eventType, "thing/1", map[string]int{"n": 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.table.Transact(t.Context(), []table.Write{w}); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(time.Millisecond)
}

func (b *bench) waiting(t *testing.T) int {
	t.Helper()
	page, err := b.table.Query(t.Context(), table.Query{PK: outbox.Partition})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}

func TestAnEventCarriesWhoAskedForIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := correlation.With(t.Context(), correlation.IDs{Actor: "user:default/ann", RequestID: "r-1", OperationID: "o-1", TraceID: "trace"})
	w, err := b.emit.Emit(ctx, "slipway.thing.made.v1", "thing/1", map[string]string{"a": "<b>"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := outbox.Event(w.Item)
	if err != nil {
		t.Fatal(err)
	}
	want := bus.Event{
		SpecVersion: "1.0", ID: "e-000001", Source: "slipway.things", Type: "slipway.thing.made.v1", Subject: "thing/1",
		Time: time.Date(2026, 5, 4, 3, 2, 1, 123456000, time.UTC), DataContentType: "application/json", Data: []byte(`{"a":"\u003cb\u003e"}`),
		Actor: "user:default/ann", RequestID: "r-1", OperationID: "o-1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatNoBusTakesIsNotStored(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		eventType string
		data      any
		kind      errs.Kind
	}{
		"no JSON": {"x", func() {}, errs.Internal}, "too large": {"x", strings.Repeat("x", bus.MaxEventBytes), errs.TooLarge}, "no type": {"", 1, errs.Invalid},
	} {
		if _, err := b.emit.Emit(t.Context(), c.eventType, "", c.data); errs.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDrainPublishesInOrderAndRemoves(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var want []string
	for i := range 120 { // more than two pages
		b.happen(t, fmt.Sprintf("e%d", i))
		want = append(want, fmt.Sprintf("e%d", i))
	}
	n, err := b.relay.Drain(t.Context(), 0)
	if diff := cmp.Diff(want, b.press.published()); diff != "" || n != 120 || err != nil || b.waiting(t) != 0 {
		t.Errorf("%d of 120, %d wait, %v: %s", n, b.waiting(t), err, diff)
	}
	if n, err := b.relay.Drain(t.Context(), 0); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
}

func TestDrainLeavesWhatIsYoung(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.happen(t, "old")
	b.clock.Advance(time.Minute)
	b.happen(t, "young")
	if n, err := b.relay.Drain(t.Context(), time.Minute); n != 1 || err != nil || b.waiting(t) != 1 {
		t.Errorf("published %d (%v), %v", n, b.press.published(), err)
	}
}

func TestWhatIsNoEventStaysAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.happen(t, "before")
	damaged := table.Item{Key: table.Key{PK: outbox.Partition, SK: b.clock.Now().Format("2006-01-02T15:04:05.000000000Z") + "#x"}, Body: []byte(`{"type":`)}
	if _, err := b.table.Put(t.Context(), damaged, table.Always); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(time.Second)
	b.happen(t, "after")
	n, err := b.relay.Drain(t.Context(), 0)
	if diff := cmp.Diff([]string{"before", "after"}, b.press.published()); diff != "" || n != 2 || err != nil || b.waiting(t) != 1 {
		t.Errorf("%d published, %d wait, %v: %s", n, b.waiting(t), err, diff)
	}
	if err := b.relay.Deliver(t.Context(), []table.Item{damaged}); err != nil {
		t.Errorf("a stream would deliver it for ever: %v", err)
	}
}

// TestNothingIsLost makes a bus fail at any of its calls: drained again, everything has
// been published at least once and nothing waits.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(r *rapid.T) {
		b.press.events, b.press.calls = nil, 0
		faults := rapid.SliceOfN(rapid.Bool(), 0, 6).Draw(r, "faults")
		b.press.fail = func(call int) error {
			if call <= len(faults) && faults[call-1] {
				return errs.New(errs.Unavailable, "no bus")
			}
			return nil
		}
		want := map[string]bool{}
		for i := range rapid.IntRange(0, 4).Draw(r, "events") {
			b.happen(t, fmt.Sprint(i))
			want[fmt.Sprint(i)] = true
		}
		for range len(faults) + 1 {
			if _, err := b.relay.Drain(t.Context(), 0); err == nil {
				break
			}
		}
		got := map[string]bool{}
		for _, e := range b.press.published() {
			got[e] = true
		}
		if diff := cmp.Diff(want, got); diff != "" || b.waiting(t) != 0 {
			r.Fatalf("%d wait: %s", b.waiting(t), diff)
		}
	})
}

func TestRunFollowsChangesAndOutlivesTheBus(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.press.fail = func(call int) error {
		if call <= 3 {
			return errs.New(errs.Unavailable, "no bus yet")
		}
		return nil
	}
	b.happen(t, "first")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.relay.Run(ctx, b.file.Changes("things")) }()
	until := func(what string, n int) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); len(b.press.published()) < n; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s is not published", what)
			}
			b.clock.Advance(time.Second) // over the pauses
		}
	}
	until("what was there", 1)
	b.happen(t, "second")
	until("what came", 2)
	stop()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"first", "second"}, b.press.published()); diff != "" {
		t.Error(diff)
	}
}

func TestARelayNeedsItsParts(t *testing.T) {
	t.Parallel()
	if _, err := outbox.NewRelay(outbox.Deps{}); err == nil {
		t.Error("made of nothing")
	}
}
