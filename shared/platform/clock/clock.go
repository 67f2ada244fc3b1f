// Package clock owns the passing of time: the only place that reads the wall clock.
//
// Everything else takes a Clock, so that tests decide what time it is. It does not know
// schedules or deadlines: those belong to whoever waits.
package clock

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Clock tells the time and waits.
type Clock interface {
	// Now gives the current time in UTC.
	Now() time.Time
	// Sleep returns nil after d, or ctx's error as soon as ctx ends. A d of zero or
	// less returns at once.
	Sleep(ctx context.Context, d time.Duration) error
}

// System is the machine's clock.
type System struct{}

var _ Clock = System{}

// Now gives the machine's time in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// Sleep waits on the machine's clock.
func (System) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Manual is a clock that a test moves by hand. Its zero value starts at the Unix epoch.
type Manual struct {
	mu      sync.Mutex
	now     time.Time
	waiters []waiter
}

type waiter struct {
	at   time.Time
	wake chan struct{}
}

var _ Clock = (*Manual)(nil)

// NewManual makes a clock that stands at start.
func NewManual(start time.Time) *Manual { return &Manual{now: start.UTC()} }

// Now gives the time the clock stands at.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.time()
}

func (m *Manual) time() time.Time {
	if m.now.IsZero() {
		m.now = time.Unix(0, 0).UTC()
	}
	return m.now
}

// Sleep waits until Advance has moved the clock by d.
func (m *Manual) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	m.mu.Lock()
	w := waiter{at: m.time().Add(d), wake: make(chan struct{})}
	m.waiters = append(m.waiters, w)
	m.mu.Unlock()
	select {
	case <-w.wake:
		return nil
	case <-ctx.Done():
		m.leave(w)
		return ctx.Err()
	}
}

// leave takes a sleeper out that waits no longer.
func (m *Manual) leave(w waiter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiters = slices.DeleteFunc(m.waiters, func(other waiter) bool { return other == w })
}

// Advance moves the clock forward by d and wakes whoever was waiting for that.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.time().Add(d)
	m.now = now
	rest := m.waiters[:0]
	for _, w := range m.waiters {
		if w.at.After(now) {
			rest = append(rest, w)
			continue
		}
		close(w.wake)
	}
	m.waiters = rest
}

// Waiting gives the number of sleepers, so that a test can wait until there are some.
func (m *Manual) Waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiters)
}
