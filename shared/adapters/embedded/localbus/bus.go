package localbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// Defaults of Config.
const (
	defaultWorkers    = 4
	defaultFirstRetry = 500 * time.Millisecond
)

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// Config says what the bus is made of.
type Config struct {
	Table  table.Table // of this bus alone
	Clock  clock.Clock
	Logger *slog.Logger
	Rules  map[string]bus.Rule // what each queue gets

	Workers    int           // handlers at work at the same time, per queue; 0 for 4
	FirstRetry time.Duration // the pause behind the first failure, doubled by each further one; 0 for 500 ms
}

// Bus publishes events to queues and delivers them.
type Bus struct {
	table      table.Table
	clock      clock.Clock
	log        *slog.Logger
	workers    int
	firstRetry time.Duration
	queues     map[string]*queue

	mu      sync.Mutex
	running bool
}

var _ bus.Publisher = (*Bus)(nil)

// New makes a bus. Nothing is delivered until Run.
func New(c Config) (*Bus, error) {
	if c.Table == nil || c.Clock == nil || c.Logger == nil || len(c.Rules) == 0 {
		return nil, errors.New("localbus: Table, Clock, Logger and Rules are required")
	}
	b := &Bus{
		table: c.Table, clock: c.Clock, log: c.Logger, workers: c.Workers, firstRetry: c.FirstRetry,
		queues: map[string]*queue{},
	}
	if b.workers <= 0 {
		b.workers = defaultWorkers
	}
	if b.firstRetry <= 0 {
		b.firstRetry = defaultFirstRetry
	}
	for name, rule := range c.Rules {
		if !queueName.MatchString(name) {
			return nil, fmt.Errorf("localbus: a queue can't be called %q", name)
		}
		b.queues[name] = newQueue(b, name, rule)
	}
	return b, nil
}

// Publish stores events in the queues whose rules match. An event that no rule matches is
// accepted and forgotten.
func (b *Bus) Publish(ctx context.Context, events []bus.Event) error {
	if _, err := bus.EncodeAll(events); err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	due := b.clock.Now()
	var writes []table.Write
	var woken []*queue
	for _, q := range b.queues {
		before := len(writes)
		for _, e := range events {
			if !q.rule.Matches(e) {
				continue
			}
			w, err := message{Event: e}.write(q.waiting, due)
			if err != nil {
				return fmt.Errorf("publishing event %s: %w", e.ID, err)
			}
			writes = append(writes, w)
		}
		if len(writes) > before {
			woken = append(woken, q)
		}
	}
	if err := b.store(ctx, distinct(writes)); err != nil {
		return fmt.Errorf("publishing %d events: %w", len(events), err)
	}
	for _, q := range woken {
		q.signal()
	}
	return nil
}

// store makes writes in as few transactions as they fit into.
func (b *Bus) store(ctx context.Context, writes []table.Write) error {
	for len(writes) > 0 {
		n, size := 0, 0
		for n < len(writes) && n < table.MaxTransactWrites {
			size += table.Size(writes[n].Item)
			if size > table.MaxTransactBytes {
				break
			}
			n++
		}
		if err := b.table.Transact(ctx, writes[:n]); err != nil {
			return err
		}
		writes = writes[n:]
	}
	return nil
}

// distinct drops the second of two writes of one event to one queue: a publisher may
// repeat an event within one call.
func distinct(writes []table.Write) []table.Write {
	seen := map[table.Key]bool{}
	kept := writes[:0]
	for _, w := range writes {
		if !seen[w.Item.Key] {
			seen[w.Item.Key] = true
			kept = append(kept, w)
		}
	}
	return kept
}

// Subscribe says who handles the events of a queue; once per queue, before Run.
func (b *Bus) Subscribe(name string, h bus.Handler) error {
	q, err := b.queue(name)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if h == nil || q.handler != nil || b.running {
		return errs.New(errs.Invalid, "the queue "+name+" takes one handler, before the bus runs")
	}
	q.handler = h
	return nil
}

// Run delivers until ctx ends, then waits for the handlers at work. Queues without a
// handler keep their events.
func (b *Bus) Run(ctx context.Context) error {
	b.mu.Lock()
	again := b.running
	b.running = true
	b.mu.Unlock()
	if again {
		return errs.New(errs.Invalid, "the bus runs already")
	}
	var wg sync.WaitGroup
	for _, q := range b.queues {
		if q.handler != nil {
			wg.Go(func() { q.run(ctx) })
		}
	}
	wg.Wait()
	<-ctx.Done()
	return nil
}

func (b *Bus) queue(name string) (*queue, error) {
	q, ok := b.queues[name]
	if !ok {
		return nil, errs.New(errs.NotFound, "there is no queue "+name)
	}
	return q, nil
}
