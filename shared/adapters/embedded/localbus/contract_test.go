package localbus_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/localbus"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/bus/bustest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/test/inmemory"
)

func TestBusContract(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t *testing.T, rules map[string]bus.Rule) bustest.Harness {
		b := newBus(t, newTable(t), rules)
		return bustest.Harness{
			Publisher: b,
			Consume: func(ctx context.Context, t *testing.T, handlers map[string]bus.Handler) {
				t.Helper()
				for queue, h := range handlers {
					if err := b.Subscribe(queue, h); err != nil {
						t.Fatal(err)
					}
				}
				running(ctx, t, b)
			},
			DeadLetters: func(t *testing.T, queue string) []bus.Event {
				t.Helper()
				letters, err := b.DeadLetters(t.Context(), queue)
				if err != nil {
					t.Fatal(err)
				}
				var events []bus.Event
				for _, l := range letters {
					events = append(events, l.Event)
				}
				return events
			},
		}
	})
}

func newTable(t *testing.T) table.Table {
	t.Helper()
	f, err := bolttable.Open(bolttable.Config{
		Path: filepath.Join(inmemory.Dir(t), "slipway.db"), Clock: clock.System{}, IDs: ids.Random{},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	tab, err := f.Table("bus")
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func newBus(t *testing.T, tab table.Table, rules map[string]bus.Rule) *localbus.Bus {
	t.Helper()
	b, err := localbus.New(localbus.Config{
		Table: tab, Clock: clock.System{}, Logger: logging.Discard(), Rules: rules, FirstRetry: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// running runs the bus until the test ends or the returned function stops it.
func running(ctx context.Context, t *testing.T, b *localbus.Bus) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the bus ended with %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}
