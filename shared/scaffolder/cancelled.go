package scaffolder

import (
	"context"
	"errors"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// errNotRunning is the cause of a context that ended because its operation does not run any
// more: somebody has cancelled it.
var errNotRunning = errors.New("the operation does not run any more")

// whileRunning gives a context that ends as soon as the operation does not run any more, so
// that nobody who cancels has to wait for a step that waits. The second result ends it.
func (t *Tasks) whileRunning(ctx context.Context, id string) (context.Context, func()) {
	ctx, end := context.WithCancelCause(ctx)
	changed := t.deps.Operations.Watch(ctx, id)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
			if o, err := t.deps.Operations.Get(ctx, id); err == nil && o.Status != operations.Running {
				end(errNotRunning)
				return
			}
		}
	}()
	return ctx, func() { end(nil) }
}

// orCancelled gives what an action failed with, or that it was cancelled.
func orCancelled(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errNotRunning) {
		return errs.Wrap(errs.Conflict, "the operation was cancelled", err)
	}
	return err
}
