// Package optimistic owns how a read-decide-write cycle on a table is repeated when
// somebody else wrote in between: with growing random pauses, so that writers of the same
// item get out of each other's way. It does not read or write itself.
package optimistic

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// The pauses: the n-th is random up to firstPause·2ⁿ, at most longestPause.
const (
	attempts     = 24
	firstPause   = 2 * time.Millisecond
	longestPause = 400 * time.Millisecond
)

// Retry runs cycle until it does not fail for a lost race. The cycle must read what it
// decides on each time, so that it also recognises its own write after an answer was lost.
//
// Lost races are a condition that did not hold, throttling, and a table that did not
// answer. RateLimited when races were lost for too long: nothing was written.
func Retry(ctx context.Context, c clock.Clock, cycle func(ctx context.Context) error) error {
	var last error
	for n := range attempts {
		if last = cycle(ctx); last == nil || !lostRace(last) {
			return last
		}
		if err := c.Sleep(ctx, pause(n)); err != nil {
			return err
		}
	}
	if _, condition := table.FailedCondition(last); condition {
		return errs.Wrap(errs.RateLimited, "too many writes at the same time", last)
	}
	return last
}

func lostRace(err error) bool {
	_, condition := table.FailedCondition(err)
	return condition || errors.Is(err, errs.RateLimited) || errors.Is(err, errs.Unavailable)
}

func pause(n int) time.Duration {
	most := longestPause
	if n < 8 {
		most = min(firstPause<<n, longestPause)
	}
	return rand.N(most) + 1
}
