package clock_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/clock"
)

func TestSystem(t *testing.T) {
	t.Parallel()
	var c clock.System
	if c.Now().Location() != time.UTC {
		t.Error("the time is not in UTC")
	}
	before := c.Now()
	if err := c.Sleep(t.Context(), time.Millisecond); err != nil || c.Now().Sub(before) < time.Millisecond {
		t.Errorf("slept %s, %v", c.Now().Sub(before), err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, d := range []time.Duration{-1, 0, time.Hour} {
		if err := c.Sleep(ended, d); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", d, err)
		}
		if err := (&clock.Manual{}).Sleep(ended, d); !errors.Is(err, context.Canceled) {
			t.Errorf("manual, %s: %v", d, err)
		}
	}
}

// waitFor lets others run until the clock has n sleepers.
func waitFor(m *clock.Manual, n int) {
	for m.Waiting() != n {
		runtime.Gosched()
	}
}

func TestManualWakesExactlyWhoseTimeHasCome(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := clock.NewManual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)))
		start := m.Now()
		naps := rapid.SliceOfN(rapid.IntRange(1, 20), 1, 8).Draw(r, "naps")
		woken := make(chan int, len(naps))
		for _, n := range naps {
			go func() {
				if m.Sleep(context.Background(), time.Duration(n)*time.Second) == nil {
					woken <- n
				}
			}()
		}
		waitFor(m, len(naps))
		step := rapid.IntRange(0, 25).Draw(r, "step")
		m.Advance(time.Duration(step) * time.Second)
		due := 0
		for _, n := range naps {
			if n <= step {
				due++
			}
		}
		for range due {
			if n := <-woken; n > step {
				r.Fatalf("woken after %d, wanted %d", step, n)
			}
		}
		if m.Waiting() != len(naps)-due || m.Now().Sub(start) != time.Duration(step)*time.Second {
			r.Fatalf("%d sleep at %s", m.Waiting(), m.Now())
		}
		m.Advance(time.Minute)
		for range len(naps) - due {
			<-woken
		}
	})
}

// TestManualForgetsNobody lets sleepers come while the clock is moved.
func TestManualForgetsNobody(t *testing.T) {
	t.Parallel()
	m := &clock.Manual{}
	const sleepers = 50
	done := make(chan struct{}, sleepers)
	for range sleepers {
		go func() { _ = m.Sleep(context.Background(), time.Second); done <- struct{}{} }()
	}
	for awake := 0; awake < sleepers; {
		m.Advance(time.Second)
		select {
		case <-done:
			awake++
		default:
			runtime.Gosched()
		}
	}
	if m.Waiting() != 0 {
		t.Errorf("%d still sleep", m.Waiting())
	}
}

func TestManualDoesNotCountWhoGaveUp(t *testing.T) {
	t.Parallel()
	m := &clock.Manual{}
	if !m.Now().Equal(time.Unix(0, 0)) {
		t.Errorf("the zero clock stands at %s", m.Now())
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { gone <- m.Sleep(ctx, time.Hour) }()
	waitFor(m, 1)
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) || m.Waiting() != 0 {
		t.Errorf("%v, %d sleep", err, m.Waiting())
	}
}
