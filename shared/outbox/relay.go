package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// drainPage is how many events one round of Drain publishes.
const drainPage = 50

// Deps is what a Relay needs.
type Deps struct {
	Table     table.Table
	Publisher bus.Publisher
	Clock     clock.Clock
	Log       *slog.Logger
}

// Relay publishes the events of one table's outbox.
type Relay struct{ deps Deps }

// NewRelay makes a relay.
func NewRelay(d Deps) (*Relay, error) {
	if d.Table == nil || d.Publisher == nil || d.Clock == nil || d.Log == nil {
		return nil, errors.New("the outbox relay needs a table, a publisher, a clock and a log")
	}
	return &Relay{deps: d}, nil
}

// Deliver publishes the events of items and then removes them from the outbox. An item
// that is not an event is logged and left where it is: it will never become one, and it
// must not hold up the others.
func (r *Relay) Deliver(ctx context.Context, items []table.Item) error {
	_, err := r.deliver(ctx, items)
	return err
}

// deliver gives the number of events published.
func (r *Relay) deliver(ctx context.Context, items []table.Item) (int, error) {
	var events []bus.Event
	var keys []table.Key
	for _, i := range items {
		e, err := Event(i)
		if err != nil {
			r.deps.Log.ErrorContext(ctx, "unreadable outbox item", "sk", i.SK, "error", err)
			continue
		}
		events, keys = append(events, e), append(keys, i.Key)
	}
	if len(events) == 0 {
		return 0, nil
	}
	if err := r.deps.Publisher.Publish(ctx, events); err != nil {
		return 0, fmt.Errorf("publishing %d events: %w", len(events), err)
	}
	return len(events), r.remove(ctx, keys)
}

func (r *Relay) remove(ctx context.Context, keys []table.Key) error {
	for _, k := range keys {
		if err := r.deps.Table.Delete(ctx, k, table.Always); err != nil {
			return fmt.Errorf("removing %s from the outbox: %w", k.SK, err)
		}
	}
	return nil
}

// Drain publishes everything that has been in the outbox for at least minAge, oldest
// first, and gives the number of events published.
func (r *Relay) Drain(ctx context.Context, minAge time.Duration) (int, error) {
	q := table.Query{PK: Partition, Limit: drainPage}
	if minAge > 0 {
		q.From, q.To = "0", r.deps.Clock.Now().Add(-minAge).UTC().Format(sortable)
	}
	done := 0
	for {
		page, err := r.deps.Table.Query(ctx, q)
		if err != nil {
			return done, fmt.Errorf("reading the outbox: %w", err)
		}
		published, err := r.deliver(ctx, page.Items)
		done += published
		if err != nil {
			return done, err
		}
		if page.Next == "" {
			return done, nil
		}
		q.After = page.Next
	}
}

// Run drains the outbox at once and then each time changed signals, until ctx ends. A bus
// that does not answer is tried again with growing pauses; the events wait in the table.
func (r *Relay) Run(ctx context.Context, changed <-chan struct{}) error {
	pause := time.Duration(0)
	for {
		if _, err := r.Drain(ctx, 0); err != nil && ctx.Err() == nil {
			pause = min(max(2*pause, 50*time.Millisecond), 5*time.Second)
			r.deps.Log.WarnContext(ctx, "outbox is waiting for the bus", "error", err, "kind", errs.KindOf(err))
			if r.deps.Clock.Sleep(ctx, pause) == nil {
				continue
			}
		}
		pause = 0
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}
