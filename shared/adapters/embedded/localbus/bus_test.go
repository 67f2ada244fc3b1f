package localbus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/localbus"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

var oneQueue = map[string]bus.Rule{"audit": {}}

func event(id string) bus.Event {
	return bus.Event{
		SpecVersion: "1.0", ID: id, Source: "slipway.test", Type: "slipway.test.happened.v1", Time: time.Unix(1_800_000_000, 0).UTC(),
		DataContentType: "application/json", Data: json.RawMessage(`{}`),
	}
}

func publish(t *testing.T, b *localbus.Bus, ids ...string) {
	t.Helper()
	var events []bus.Event
	for _, id := range ids {
		events = append(events, event(id))
	}
	if err := b.Publish(t.Context(), events); err != nil {
		t.Fatal(err)
	}
}

func subscribe(t *testing.T, b *localbus.Bus, h bus.Handler) {
	t.Helper()
	if err := b.Subscribe("audit", h); err != nil {
		t.Fatal(err)
	}
}

func wantDepth(t *testing.T, b *localbus.Bus, want int) {
	t.Helper()
	if got, err := b.Depth(t.Context(), "audit"); err != nil || got != want {
		t.Fatalf("the queue holds %d events, want %d; %v", got, want, err)
	}
}

func deadLetters(t *testing.T, b *localbus.Bus) []localbus.DeadLetter {
	t.Helper()
	letters, err := b.DeadLetters(t.Context(), "audit")
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

func TestEventsSurviveARestart(t *testing.T) {
	t.Parallel()
	tab := newTable(t)
	first := newBus(t, tab, oneQueue)
	publish(t, first, "a", "b", "c")
	wantDepth(t, first, 3)

	// One is acknowledged, the others are being handled when the process stops.
	second := newBus(t, tab, oneQueue)
	acked := make(chan string, 10)
	subscribe(t, second, func(ctx context.Context, e bus.Event) error {
		if e.ID == "a" {
			acked <- e.ID
			return nil
		}
		<-ctx.Done()
		acked <- e.ID
		return ctx.Err()
	})
	stop := running(t.Context(), t, second)
	<-acked
	stop()
	wantDepth(t, second, 2)

	third := newBus(t, tab, oneQueue)
	subscribe(t, third, func(_ context.Context, e bus.Event) error { acked <- "again " + e.ID; return nil })
	stop = running(t.Context(), t, third)
	seen := map[string]bool{}
	for !seen["again b"] || !seen["again c"] {
		seen[<-acked] = true
	}
	stop()
	wantDepth(t, third, 0)
	if seen["again a"] || len(deadLetters(t, third)) > 0 {
		t.Errorf("after the restart: %v, %v", seen, deadLetters(t, third))
	}
}

// TestStopsDoNotCount stops the bus in the middle of more deliveries than are allowed.
func TestStopsDoNotCount(t *testing.T) {
	t.Parallel()
	tab := newTable(t)
	publish(t, newBus(t, tab, oneQueue), "a")
	for range bus.MaxDeliveries + 2 {
		b := newBus(t, tab, oneQueue)
		begun := make(chan struct{})
		subscribe(t, b, func(ctx context.Context, _ bus.Event) error { close(begun); <-ctx.Done(); return ctx.Err() })
		stop := running(t.Context(), t, b)
		<-begun
		stop()
	}
	b := newBus(t, tab, oneQueue)
	wantDepth(t, b, 1)
	if letters := deadLetters(t, b); len(letters) > 0 {
		t.Errorf("stopping made dead letters: %+v", letters)
	}
}

// TestDeadlyEventIsGivenUp has a process die each time it handles the event: what it leaves
// in the table is a delivery that was begun and never settled.
func TestDeadlyEventIsGivenUp(t *testing.T) {
	t.Parallel()
	tab := newTable(t)
	publish(t, newBus(t, tab, oneQueue), "deadly")
	release := make(chan struct{})
	for range bus.MaxDeliveries {
		b := newBus(t, tab, oneQueue)
		begun := make(chan struct{})
		subscribe(t, b, func(context.Context, bus.Event) error { close(begun); <-release; return errors.New("dead") })
		stop := running(t.Context(), t, b)
		<-begun
		t.Cleanup(stop) // the dead do not come back before the test ends
	}
	t.Cleanup(func() { close(release) })
	b := newBus(t, tab, oneQueue)
	subscribe(t, b, func(_ context.Context, e bus.Event) error {
		if e.ID == "deadly" {
			t.Error("delivered once more")
		}
		return nil
	})
	publish(t, b, "harmless")
	running(t.Context(), t, b)
	for len(deadLetters(t, b)) == 0 {
		if t.Context().Err() != nil {
			t.Fatal("not given up")
		}
	}
	if l := deadLetters(t, b)[0]; l.Event.ID != "deadly" || !strings.Contains(l.Reason, "process ended") {
		t.Errorf("given up: %+v", l)
	}
}

func TestDeadLettersAndRedrive(t *testing.T) {
	t.Parallel()
	b := newBus(t, newTable(t), oneQueue)
	var broken atomic.Int64
	broken.Store(1)
	done := make(chan struct{}, 10)
	subscribe(t, b, func(_ context.Context, e bus.Event) error {
		defer func() { done <- struct{}{} }()
		switch {
		case broken.Load() == 0:
			return nil
		case e.ID == "panics":
			panic("at the disco")
		case e.ID == "invalid":
			return fmt.Errorf("reading: %w", errs.New(errs.Invalid, "no such kind "+strings.Repeat("é", 1000)))
		}
		return errs.New(errs.Unavailable, "the table sleeps")
	})
	publish(t, b, "invalid", "panics", "fails")
	running(t.Context(), t, b)
	for range 1 + 2*bus.MaxDeliveries {
		<-done
	}
	letters := map[string]localbus.DeadLetter{}
	for len(letters) < 3 {
		for _, l := range deadLetters(t, b) {
			letters[l.Event.ID] = l
		}
	}
	for id, want := range map[string]struct {
		deliveries int
		reason     string
	}{
		"invalid": {1, "no such kind"},
		"panics":  {bus.MaxDeliveries, "at the disco"},
		"fails":   {bus.MaxDeliveries, "the table sleeps"},
	} {
		if l := letters[id]; l.Deliveries != want.deliveries || !strings.Contains(l.Reason, want.reason) || len(l.Reason) > 1000 || l.Time.IsZero() {
			t.Errorf("%s: %+v", id, l)
		}
	}
	wantDepth(t, b, 0)

	broken.Store(0)
	if n, err := b.Redrive(t.Context(), "audit"); n != 3 || err != nil {
		t.Fatalf("redrove %d, %v", n, err)
	}
	for range 3 {
		<-done
	}
	if letters := deadLetters(t, b); len(letters) > 0 {
		t.Errorf("left behind: %+v", letters)
	}
}

func TestUseThatCanNotBe(t *testing.T) {
	t.Parallel()
	b := newBus(t, newTable(t), oneQueue)
	none := func(context.Context, bus.Event) error { return nil }
	if err := b.Subscribe("other", none); !errors.Is(err, errs.NotFound) {
		t.Errorf("an unknown queue gives %v", err)
	}
	subscribe(t, b, none)
	if err := b.Subscribe("audit", none); !errors.Is(err, errs.Invalid) {
		t.Errorf("a second handler gives %v", err)
	}
	for name, call := range map[string]func() error{
		"depth":        func() error { _, err := b.Depth(t.Context(), "other"); return err },
		"dead letters": func() error { _, err := b.DeadLetters(t.Context(), "other"); return err },
		"redrive":      func() error { _, err := b.Redrive(t.Context(), "other"); return err },
	} {
		if err := call(); !errors.Is(err, errs.NotFound) {
			t.Errorf("%s of an unknown queue gives %v", name, err)
		}
	}
	if _, err := localbus.New(localbus.Config{Rules: oneQueue}); err == nil {
		t.Error("New takes a Config without a table")
	}
	_, err := localbus.New(localbus.Config{
		Table: newTable(t), Clock: clock.System{}, Logger: logging.Discard(), Rules: map[string]bus.Rule{"a/b": {}},
	})
	if err == nil {
		t.Error("New takes a queue called a/b")
	}
}

func TestUnmatchedEventsAreForgotten(t *testing.T) {
	t.Parallel()
	b := newBus(t, newTable(t), map[string]bus.Rule{"audit": {Types: []string{"slipway.other.*"}}})
	publish(t, b, "a")
	wantDepth(t, b, 0)
}
