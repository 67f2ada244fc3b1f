package localbus

import (
	"context"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// DeadLetter is an event that a queue's handler could not be brought to take.
type DeadLetter struct {
	Event      bus.Event
	Reason     string // of the last failure; for operators, not to be shown to others
	Deliveries int
	Time       time.Time // when it was given up
}

// DeadLetters gives a queue's dead letters, oldest first.
func (b *Bus) DeadLetters(ctx context.Context, name string) ([]DeadLetter, error) {
	var letters []DeadLetter
	q, err := b.queue(name)
	if err != nil {
		return nil, err
	}
	err = b.each(ctx, q.dead, func(m stored) error {
		letters = append(letters, DeadLetter{Event: m.Event, Reason: m.Reason, Deliveries: m.Deliveries, Time: m.at})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the dead letters of %s: %w", name, err)
	}
	return letters, nil
}

// Redrive puts a queue's dead letters back to be delivered anew and gives their number,
// also when it was stopped by an error.
func (b *Bus) Redrive(ctx context.Context, name string) (int, error) {
	q, err := b.queue(name)
	if err != nil {
		return 0, err
	}
	moved := 0
	err = b.each(ctx, q.dead, func(m stored) error {
		m.Deliveries, m.Reason = 0, ""
		err := q.move(ctx, m, q.waiting, b.clock.Now())
		if errs.KindOf(err) == errs.Conflict {
			return nil // somebody else redrives too
		}
		if err == nil {
			moved++
		}
		return err
	})
	q.signal()
	if err != nil {
		return moved, fmt.Errorf("redriving the dead letters of %s: %w", name, err)
	}
	return moved, nil
}

// Depth gives the number of events that a queue holds: due, delayed or being handled, not
// its dead letters.
func (b *Bus) Depth(ctx context.Context, name string) (int, error) {
	q, err := b.queue(name)
	if err != nil {
		return 0, err
	}
	depth := 0
	err = b.each(ctx, q.waiting, func(stored) error {
		depth++
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("counting the events of %s: %w", name, err)
	}
	return depth, nil
}

// each visits the messages of a partition in order of their time.
func (b *Bus) each(ctx context.Context, partition string, visit func(stored) error) error {
	query := table.Query{PK: partition}
	for {
		page, err := b.table.Query(ctx, query)
		if err != nil {
			return err
		}
		for _, i := range page.Items {
			m, err := read(i)
			if err == nil {
				err = visit(m)
			}
			if err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		query.After = page.Next
	}
}
