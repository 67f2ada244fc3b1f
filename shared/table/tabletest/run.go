package tabletest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/table"
)

// Harness is an empty table under test.
type Harness struct {
	Table table.Table
	// Now is the time by which the table decides what has expired.
	Now func() time.Time
	// Advance moves that time forward, nil where nothing can.
	Advance func(time.Duration)
}

// Clock runs with the machine's clock and can be pushed ahead of it. Adapters under test
// take it so that their waits are real while expiry is not waited for.
type Clock struct {
	clock.System

	ahead atomic.Int64
}

var _ clock.Clock = (*Clock)(nil)

// Now gives the machine's time plus what the clock was advanced by.
func (c *Clock) Now() time.Time { return c.System.Now().Add(time.Duration(c.ahead.Load())) }

// Advance pushes the clock forward by d.
func (c *Clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

type part struct {
	name string
	test func(*testing.T, Harness)
}

// Run holds an adapter to the contract. Open gives a new, empty table at each call.
func Run(t *testing.T, open func(*testing.T) Harness) {
	for _, parts := range [][]part{writeParts(), transactParts(), limitParts(), queryParts(), expiryParts(), raceParts()} {
		for _, p := range parts {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				p.test(t, open(t))
			})
		}
	}
}
