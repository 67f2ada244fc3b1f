package operations

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

type attemptKey struct{}

// Acting gives an operation to a task of its attempt's execution, and a context for all
// that the task reports: once the operation was retried, a task that an earlier attempt
// left behind can neither report nor undo. Conflict when that is so already.
func (s *Service) Acting(ctx context.Context, id string, attempt int) (context.Context, *Operation, error) {
	o, err := s.get(ctx, id)
	if err != nil {
		return ctx, nil, err
	}
	ctx = context.WithValue(ctx, attemptKey{}, attempt)
	return ctx, o, ofAttempt(ctx, o)
}

// ofAttempt refuses what is reported for another attempt than the operation is in. Without
// Acting a context belongs to none, and anything goes.
func ofAttempt(ctx context.Context, o *Operation) error {
	if attempt, acting := ctx.Value(attemptKey{}).(int); acting && attempt != o.Attempt {
		return errs.New(errs.Conflict, fmt.Sprintf("the operation was retried: attempt %d is over", attempt))
	}
	return nil
}

// WhileApplying gives a context that ends, with a Conflict as its cause, as soon as the
// operation's attempt may make no more effects: for work that takes long and makes none.
// What makes an effect is left to come to its end, which is then undone.
func (s *Service) WhileApplying(ctx context.Context, op Ref) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancelCause(ctx)
	changed := s.watcher.Watch(ctx, op.ID)
	go func() {
		for {
			_, err := s.table.Get(ctx, applyingKey(op.ID, op.Attempt))
			if errors.Is(err, errs.NotFound) {
				stop(errNotApplying)
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() { stop(context.Canceled) }
}
