package dynamo

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

const (
	attempts  = 8
	firstWait = 25 * time.Millisecond // the most that is waited behind the first attempt
	longest   = time.Second
)

// harmless says that a call may be sent again although it may have taken effect.
const harmless = true

// repeatable reports whether a write under cond may be sent again although it may have
// taken effect: pinned to a revision it can't take effect twice, for no revision returns.
func repeatable(cond table.Condition) bool {
	_, pinned := cond.Revision()
	return pinned
}

// repeat calls until it succeeds, fails for good, or the attempts are used up. It waits in
// between with full jitter. Unsure says that an attempt before the last may have taken effect.
func (t *Table) repeat(ctx context.Context, mayRepeat bool, call func() error) (unsure bool, err error) {
	for n := 0; ; n++ {
		if err = call(); err == nil {
			return unsure, nil
		}
		refused := kindOf(err) == errs.RateLimited || awserr.NotSent(err)
		broken := kindOf(err) == errs.Unavailable && !refused
		if n == attempts-1 || ctx.Err() != nil || (!refused && !(broken && mayRepeat)) {
			return unsure, err
		}
		unsure = unsure || broken
		wait := rand.N(min(firstWait<<n, longest)) //nolint:gosec // jitter is no secret
		if t.clock.Sleep(ctx, wait) != nil {
			return unsure, err
		}
	}
}
