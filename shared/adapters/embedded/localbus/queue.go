package localbus

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

const (
	longestRetry = time.Minute
	storePause   = time.Second // after the table failed
	longestIdle  = time.Hour   // between looks at a queue that nothing wakes
	maxReason    = 1000        // bytes kept of why a message was given up
)

type queue struct {
	bus           *Bus
	name          string
	rule          bus.Rule
	handler       bus.Handler
	waiting, dead string // partitions
	wake          chan struct{}

	mu       sync.Mutex
	inFlight map[table.Key]bool
}

func newQueue(b *Bus, name string, rule bus.Rule) *queue {
	return &queue{
		bus: b, name: name, rule: rule, waiting: "QUEUE#" + name, dead: "DEAD#" + name,
		wake: make(chan struct{}, 1), inFlight: map[table.Key]bool{},
	}
}

// signal makes run look at the queue again.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // one look is enough
	}
}

// run hands out messages to workers until ctx ends, then waits for the workers.
func (q *queue) run(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	free := make(chan struct{}, q.bus.workers)
	for ctx.Err() == nil {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return
		}
		m, pause, err := q.claim(ctx)
		if m != nil {
			workers.Go(func() {
				q.handle(ctx, *m)
				<-free
				q.signal()
			})
			continue
		}
		<-free
		if err != nil && ctx.Err() == nil {
			q.bus.log.WarnContext(ctx, "queue can't be read", slog.String("queue", q.name), slog.String("error", err.Error()))
			pause = storePause
		}
		q.sleep(ctx, pause)
	}
}

// sleep waits until the queue is woken, or for d.
func (q *queue) sleep(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		select {
		case <-q.wake:
			cancel()
		case <-ctx.Done():
		}
	}()
	// Ending early is what waking means; the caller looks at its own context.
	_ = q.bus.clock.Sleep(ctx, d)
	cancel()
	<-listening // or it would swallow a later signal
}

// claim takes the message that is due first and counts its delivery. Without one it gives
// the time until the next is due.
func (q *queue) claim(ctx context.Context) (*stored, time.Duration, error) {
	// No more than workers are in flight, so that a page twice as long shows another one.
	page, err := q.bus.table.Query(ctx, table.Query{PK: q.waiting, Limit: 2 * q.bus.workers})
	if err != nil {
		return nil, 0, fmt.Errorf("looking for messages: %w", err)
	}
	for _, i := range page.Items {
		if q.busy(i.Key) {
			continue
		}
		m, err := read(i)
		if err != nil {
			return nil, 0, err
		}
		if early := m.at.Sub(q.bus.clock.Now()); early > 0 {
			return nil, min(early, longestIdle), nil
		}
		if m.Deliveries >= bus.MaxDeliveries {
			return nil, 0, q.bury(ctx, m, "the process ended each time this was handled")
		}
		if err := q.begin(ctx, &m); err != nil {
			return nil, 0, err
		}
		return &m, 0, nil
	}
	return nil, longestIdle, nil
}

func (q *queue) busy(k table.Key) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.inFlight[k]
}

// begin counts a delivery before it is made.
func (q *queue) begin(ctx context.Context, m *stored) error {
	m.Deliveries++
	if err := q.rewrite(ctx, m); err != nil {
		return fmt.Errorf("counting a delivery: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.inFlight[m.key] = true
	return nil
}

// rewrite stores the message again under the key it has.
func (q *queue) rewrite(ctx context.Context, m *stored) error {
	w, err := m.write(q.waiting, m.at)
	if err != nil {
		return err
	}
	m.revision, err = q.bus.table.Put(ctx, w.Item, table.AtRevision(m.revision))
	return err
}

// handle delivers one message and settles what becomes of it.
func (q *queue) handle(ctx context.Context, m stored) {
	ctx = bus.Context(ctx, m.Event)
	failure := q.call(ctx, m.Event)
	// The outcome is stored also when the bus is being stopped.
	err := q.settle(context.WithoutCancel(ctx), &m, failure, ctx.Err() != nil)
	if err != nil {
		q.bus.log.ErrorContext(ctx, "outcome of an event not stored, it will come again", q.failing(m, err)...)
		_ = q.bus.clock.Sleep(ctx, storePause) // ends early when the bus stops
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.inFlight, m.key)
}

// call makes a panic an error: it must not take the other queues with it.
func (q *queue) call(ctx context.Context, e bus.Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.Wrap(errs.Internal, "the handler panicked", fmt.Errorf("%v\n%s", p, debug.Stack()))
		}
	}()
	return q.handler(ctx, e)
}

func (q *queue) settle(ctx context.Context, m *stored, failure error, stopping bool) error {
	switch {
	case failure == nil:
		return q.bus.table.Delete(ctx, m.key, table.AtRevision(m.revision))
	case stopping: // the failure may be the stop's: this delivery does not count
		m.Deliveries--
		return q.rewrite(ctx, m)
	case errs.KindOf(failure) == errs.Invalid, m.Deliveries >= bus.MaxDeliveries:
		q.bus.log.ErrorContext(ctx, "event given up", q.failing(*m, failure)...)
		return q.bury(ctx, *m, failure.Error())
	}
	q.bus.log.WarnContext(ctx, "event not handled, it will come again", q.failing(*m, failure)...)
	return q.move(ctx, *m, q.waiting, q.bus.clock.Now().Add(retryPause(q.bus.firstRetry, m.Deliveries)))
}

// retryPause gives the time between the n-th delivery, counted from one, and the next.
func retryPause(first time.Duration, n int) time.Duration {
	return min(first<<(n-1), longestRetry)
}

// bury moves a message to the dead letters.
func (q *queue) bury(ctx context.Context, m stored, reason string) error {
	m.Reason = strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")
	return q.move(ctx, m, q.dead, q.bus.clock.Now())
}

// move stores the message elsewhere in the transaction that removes it where it was.
func (q *queue) move(ctx context.Context, m stored, partition string, at time.Time) error {
	w, err := m.write(partition, at)
	if err != nil {
		return err
	}
	return q.bus.table.Transact(ctx, []table.Write{table.DeleteWrite(m.key, table.AtRevision(m.revision)), w})
}

// failing gives what a log line says about a delivery that did not go well.
func (q *queue) failing(m stored, err error) []any {
	return []any{
		slog.String("queue", q.name), slog.String("eventId", m.Event.ID), slog.String("eventType", m.Event.Type),
		slog.Int("deliveries", m.Deliveries), slog.String("error", err.Error()),
	}
}
