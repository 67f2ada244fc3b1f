package optimistic_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/table/optimistic"
)

func TestRetryRepeatsLostRacesOnly(t *testing.T) {
	t.Parallel()
	other := errs.New(errs.Invalid, "no")
	for name, c := range map[string]struct {
		failures []error
		want     error
		calls    int
	}{
		"at once":         {calls: 1},
		"a condition":     {failures: []error{&table.ConditionError{}}, calls: 2},
		"throttled":       {failures: []error{errs.New(errs.RateLimited, "slow down")}, calls: 2},
		"no answer":       {failures: []error{errs.New(errs.Unavailable, "?")}, calls: 2},
		"a plain refusal": {failures: []error{other}, want: other, calls: 1},
		"a plain conflict, which is no race": {
			failures: []error{errs.New(errs.Conflict, "taken")}, want: errs.Conflict, calls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			err := optimistic.Retry(context.Background(), clock.System{}, func(context.Context) error {
				calls++
				if calls <= len(c.failures) {
					return c.failures[calls-1]
				}
				return nil
			})
			if !errors.Is(err, c.want) || calls != c.calls {
				t.Fatalf("%d calls and %v, want %d and %v", calls, err, c.calls, c.want)
			}
		})
	}
}

func TestRetryGivesUp(t *testing.T) {
	t.Parallel()
	c := instant{}
	err := optimistic.Retry(context.Background(), c, func(context.Context) error { return &table.ConditionError{} })
	if !errors.Is(err, errs.RateLimited) {
		t.Fatalf("endless races end in %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err = optimistic.Retry(ctx, clock.System{}, func(context.Context) error { return &table.ConditionError{} })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled context ends in %v", err)
	}
}

// instant is a clock on which no time passes while sleeping.
type instant struct{ clock.System }

func (instant) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }
