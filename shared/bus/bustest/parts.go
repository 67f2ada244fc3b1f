package bustest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

var (
	anyEvent  = map[string]bus.Rule{"all": {}}
	selecting = map[string]bus.Rule{
		"all":     {},
		"catalog": {Sources: []string{"slipway.catalog"}},
		"changed": {Types: []string{"slipway.catalog.changed.v1", "slipway.audit.*"}},
		"both":    {Sources: []string{"slipway.audit", "slipway.operations"}, Types: []string{"slipway.operation.*"}},
	}
)

// patience is how long a part waits for what must happen.
const patience = 60 * time.Second

var errLater = errors.New("not now")

// at is when all sample events happened.
var at = time.Date(2026, 11, 22, 10, 11, 12, 345678000, time.UTC)

func event(id, source, eventType string) bus.Event {
	return bus.Event{
		SpecVersion: "1.0", ID: id, Source: source, Type: eventType, Time: at,
		DataContentType: "application/json", Data: json.RawMessage(`{"of":"` + id + `"}`),
	}
}

func numbered(n int) []bus.Event {
	events := make([]bus.Event, n)
	for i := range events {
		events[i] = event(fmt.Sprintf("e%03d", i), "slipway.catalog", "slipway.catalog.changed.v1")
	}
	return events
}

func mustPublish(t *testing.T, h Harness, events ...bus.Event) {
	t.Helper()
	if err := h.Publisher.Publish(t.Context(), events); err != nil {
		t.Fatalf("publishing %d events: %v", len(events), err)
	}
}

// inbox counts the deliveries of events by queue and id.
type inbox struct {
	mu     sync.Mutex
	counts map[string]int
	news   chan struct{} // holds one when counts changed
}

func newInbox() *inbox { return &inbox{counts: map[string]int{}, news: make(chan struct{}, 1)} }

// handler counts a delivery and answers with what decide gives for it. The count decide
// gets is of that event, this delivery included.
func (b *inbox) handler(queue string, decide func(e bus.Event, count int) error) bus.Handler {
	return func(_ context.Context, e bus.Event) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		id := queue + "/" + e.ID
		b.counts[id]++
		select {
		case b.news <- struct{}{}:
		default:
		}
		return decide(e, b.counts[id])
	}
}

func (b *inbox) count(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts[id]
}

func take(bus.Event, int) error { return nil }

// await waits until done holds for the counts.
func (b *inbox) await(t *testing.T, done func(counts map[string]int) bool) {
	t.Helper()
	patient, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		b.mu.Lock()
		ok := done(b.counts)
		b.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-b.news:
		case <-patient.Done():
			b.mu.Lock()
			defer b.mu.Unlock()
			t.Fatalf("the deliveries so far are %v", b.counts)
		}
	}
}

// awaitDead waits until a queue's dead letters are these events, and no others.
func awaitDead(t *testing.T, h Harness, queue string, want ...string) {
	t.Helper()
	patient, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		var ids []string
		for _, e := range h.DeadLetters(t, queue) {
			ids = append(ids, e.ID)
		}
		slices.Sort(ids)
		if ids = slices.Compact(ids); slices.Equal(ids, want) {
			return
		}
		if (clock.System{}).Sleep(patient, 5*time.Millisecond) != nil {
			t.Fatalf("the dead letters are %q, want %q", ids, want)
		}
	}
}

// sameJSON compares data by what it says: a bus may write it differently. Numbers keep all
// their digits.
var sameJSON = cmp.Transformer("JSON", func(raw json.RawMessage) any {
	var value any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return err.Error()
	}
	return value
})

func arrivesAsPublished(t *testing.T, h Harness) {
	want := event("0190-é", "slipway.webhooks", "slipway.webhooks.push.v1")
	want.Subject, want.Actor, want.RequestID, want.OperationID = "component:default/orders", "user:default/jane", "r1", "op1"
	want.Data = json.RawMessage(`{"html":"\u003cb\u003e","n":12345678901234567890,"deep":[{"a":null}],"é":"日本"}`)
	type arrival struct {
		event bus.Event
		about correlation.IDs
	}
	arrived := make(chan arrival, 100)
	mustPublish(t, h, want)
	h.Consume(t.Context(), t, map[string]bus.Handler{"all": func(ctx context.Context, e bus.Event) error {
		arrived <- arrival{e, correlation.From(ctx)}
		return nil
	}})
	got := <-arrived
	if diff := cmp.Diff(want, got.event, sameJSON); diff != "" {
		t.Errorf("(-published +arrived):\n%s", diff)
	}
	if got.about.RequestID != "r1" || got.about.Actor != "user:default/jane" || got.about.OperationID != "op1" {
		t.Errorf("the handler works for %+v", got.about)
	}
}

func rulesSelect(t *testing.T, h Harness) {
	b := newInbox()
	handlers := map[string]bus.Handler{}
	for queue := range selecting {
		handlers[queue] = b.handler(queue, take)
	}
	h.Consume(t.Context(), t, handlers)
	events := []bus.Event{
		event("1", "slipway.catalog", "slipway.catalog.changed.v1"),
		event("2", "slipway.catalog", "slipway.catalog.changed.v2"),
		event("3", "slipway.audit", "slipway.audit.recorded.v1"),
		event("4", "slipway.operations", "slipway.operation.started.v1"),
		event("5", "slipway.catalog2", "slipway.operation.started.v1"),
	}
	var want []string
	for _, e := range events {
		for queue, rule := range selecting {
			if rule.Matches(e) {
				want = append(want, queue+"/"+e.ID)
			}
		}
	}
	slices.Sort(want)
	mustPublish(t, h, events...)
	b.await(t, func(counts map[string]int) bool {
		var got []string
		for id := range counts {
			got = append(got, id)
		}
		slices.Sort(got)
		for _, id := range got {
			if !slices.Contains(want, id) {
				t.Errorf("%s was delivered", id)
			}
		}
		return len(got) >= len(want)
	})
}

func manyArrive(t *testing.T, h Harness) {
	const n = 64
	b := newInbox()
	h.Consume(t.Context(), t, map[string]bus.Handler{"all": b.handler("all", take)})
	events := numbered(n)
	mustPublish(t, h, events[:40]...)
	for _, e := range events[40:] {
		mustPublish(t, h, e)
	}
	mustPublish(t, h, events[0], events[0]) // again: safe
	b.await(t, func(counts map[string]int) bool { return len(counts) == n })
	awaitDead(t, h, "all")
}

func eventsWait(t *testing.T, h Harness) {
	mustPublish(t, h, numbered(3)...)
	b := newInbox()
	h.Consume(t.Context(), t, map[string]bus.Handler{"all": b.handler("all", take)})
	b.await(t, func(counts map[string]int) bool { return len(counts) == 3 })
}

func failedComesAgain(t *testing.T, h Harness) {
	b := newInbox()
	h.Consume(t.Context(), t, map[string]bus.Handler{"all": b.handler("all", func(_ bus.Event, count int) error {
		if count < 3 {
			return errLater
		}
		return nil
	})})
	mustPublish(t, h, numbered(2)...)
	b.await(t, func(counts map[string]int) bool { return counts["all/e000"] >= 3 && counts["all/e001"] >= 3 })
	awaitDead(t, h, "all")
}

func deadLetter(t *testing.T, h Harness) {
	b := newInbox()
	h.Consume(t.Context(), t, map[string]bus.Handler{"all": b.handler("all", func(e bus.Event, _ int) error {
		if e.ID == "e001" {
			return errLater
		}
		return nil
	})})
	mustPublish(t, h, numbered(3)...)
	awaitDead(t, h, "all", "e001")
	b.await(t, func(counts map[string]int) bool { return len(counts) == 3 })
	if n := b.count("all/e001"); n != bus.MaxDeliveries {
		t.Errorf("the dead letter was delivered %d times, want %d", n, bus.MaxDeliveries)
	}
}

func invalidIsDead(t *testing.T, h Harness) {
	b := newInbox()
	h.Consume(t.Context(), t, map[string]bus.Handler{"all": b.handler("all", func(bus.Event, int) error {
		return fmt.Errorf("reading: %w", errs.New(errs.Invalid, "this will never do"))
	})})
	mustPublish(t, h, numbered(1)...)
	awaitDead(t, h, "all", "e000")
	b.await(t, func(counts map[string]int) bool { n := counts["all/e000"]; return n >= 1 && n <= bus.MaxDeliveries })
}

func failingDoesNotBlock(t *testing.T, h Harness) {
	b := newInbox()
	h.Consume(t.Context(), t, map[string]bus.Handler{"all": b.handler("all", func(e bus.Event, _ int) error {
		if e.ID < "e010" {
			return errLater
		}
		return nil
	})})
	mustPublish(t, h, numbered(20)...)
	b.await(t, func(counts map[string]int) bool { return len(counts) == 20 })
	var failing []string
	for _, e := range numbered(10) {
		failing = append(failing, e.ID)
	}
	awaitDead(t, h, "all", failing...)
}

// filled gives an event whose JSON form takes exactly n bytes.
func filled(t *testing.T, id string, n int) bus.Event {
	t.Helper()
	e := event(id, "slipway.catalog", "slipway.catalog.changed.v1")
	e.Data = json.RawMessage(`""`)
	body, err := bus.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	e.Data = json.RawMessage(`"` + strings.Repeat("x", n-len(body)) + `"`)
	return e
}

func largestArrives(t *testing.T, h Harness) {
	events := []bus.Event{
		filled(t, "large1", bus.MaxEventBytes), filled(t, "large2", bus.MaxEventBytes),
		filled(t, "large3", bus.MaxEventBytes), filled(t, "large4", bus.MaxEventBytes),
	}
	b := newInbox()
	h.Consume(t.Context(), t, map[string]bus.Handler{"all": b.handler("all", func(e bus.Event, _ int) error {
		if len(e.Data) != len(events[0].Data) {
			t.Errorf("%s arrived with %d bytes", e.ID, len(e.Data))
		}
		return nil
	})})
	mustPublish(t, h, events...)
	b.await(t, func(counts map[string]int) bool { return len(counts) == len(events) })
	err := h.Publisher.Publish(t.Context(), []bus.Event{filled(t, "large5", bus.MaxEventBytes), {}})
	if errs.KindOf(err) != errs.Invalid {
		t.Errorf("an empty event behind a large one gives %v", err)
	}
	over := filled(t, "over", bus.MaxEventBytes)
	over.Data = append(over.Data, ' ') // white space is not sent
	over.Subject = "x"
	if err := h.Publisher.Publish(t.Context(), []bus.Event{over}); errs.KindOf(err) != errs.TooLarge {
		t.Errorf("an event over the limit gives %v", err)
	}
}

func badEnvelope(t *testing.T, h Harness) {
	bad := event("bad", "", "slipway.catalog.changed.v1")
	err := h.Publisher.Publish(t.Context(), []bus.Event{event("good", "slipway.catalog", "t.v1"), bad})
	if errs.KindOf(err) != errs.Invalid {
		t.Fatalf("a bad envelope gives %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	err = h.Publisher.Publish(cancelled, []bus.Event{event("cancelled", "slipway.catalog", "t.v1")})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled publish gives %v", err)
	}
	b := newInbox()
	h.Consume(t.Context(), t, map[string]bus.Handler{"all": b.handler("all", take)})
	mustPublish(t, h, event("last", "slipway.catalog", "t.v1"))
	b.await(t, func(counts map[string]int) bool { return counts["all/last"] > 0 })
	if b.count("all/good")+b.count("all/bad")+b.count("all/cancelled") > 0 {
		t.Error("an event was delivered whose publishing failed")
	}
}

func nothingToPublish(t *testing.T, h Harness) {
	mustPublish(t, h)
	awaitDead(t, h, "all")
}
