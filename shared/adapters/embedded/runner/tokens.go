package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/asl"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// Succeed completes a task. The output is stored before whoever waits is woken.
func (r *Runner) Succeed(ctx context.Context, token string, output json.RawMessage) error {
	if err := workflow.ValidateData("the output", output); err != nil {
		return err
	}
	return r.complete(ctx, token, func(c *callback) { c.Output = output })
}

// Fail fails a task.
func (r *Runner) Fail(ctx context.Context, token, name, cause string) error {
	name, cause = workflow.ClipFailure(name, cause)
	return r.complete(ctx, token, func(c *callback) { c.Error, c.Cause = &name, cause })
}

func errNoTask() error {
	return errs.New(errs.NotFound, "no task waits for this token")
}

func (r *Runner) complete(ctx context.Context, token string, fill func(*callback)) error {
	key := tokenKey(token)
	if table.ValidateKey(key) != nil {
		return errNoTask() // no token we ever gave looks like this
	}
	item, err := r.table.Get(ctx, key)
	if errors.Is(err, errs.NotFound) {
		return errNoTask()
	}
	if err != nil {
		return fmt.Errorf("reading a token: %w", err)
	}
	var c callback
	if err := decode(item, &c); err != nil {
		return err
	}
	if awaited, err := r.awaited(ctx, c, token); err != nil || !awaited {
		return orNoTask(err)
	}
	c.Done = true
	fill(&c)
	if item.Body, err = encode(c); err != nil {
		return fmt.Errorf("encoding a result: %w", err)
	}
	_, err = r.table.Put(ctx, item, table.AtRevision(item.Revision))
	if errors.Is(err, errs.Conflict) {
		return errNoTask() // completed or over in this very moment
	}
	if err != nil {
		return fmt.Errorf("storing a result: %w", err)
	}
	r.wake(token)
	return nil
}

func orNoTask(err error) error {
	if err != nil {
		return err
	}
	return errNoTask()
}

// awaited reports whether the frame of a token still waits for it.
func (r *Runner) awaited(ctx context.Context, c callback, token string) (bool, error) {
	if c.Done {
		return false, nil
	}
	var f asl.Frame
	found, err := r.get(ctx, id{c.Machine, c.Name}.frameKey(c.Path), &f)
	return found && f.Token == token, err
}

func (r *Runner) wake(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if waiter, ok := r.waiters[token]; ok {
		select {
		case waiter <- struct{}{}:
		default:
		}
	}
}

func (r *Runner) listen(token string) (<-chan struct{}, func()) {
	waiter := make(chan struct{}, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiters[token] = waiter
	return waiter, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.waiters, token)
	}
}

// Await waits for a token's result, as asl.Host says.
func (e *execution) Await(ctx context.Context, token string, until time.Time) (json.RawMessage, error) {
	woken, stop := e.r.listen(token)
	defer stop()
	over, cancel := e.r.at(ctx, until)
	defer cancel()
	for {
		c, err := e.r.result(ctx, token, until)
		switch {
		case err != nil && !errs.Transient(err):
			return nil, err
		case err != nil:
			if err := e.r.clock.Sleep(ctx, firstPause); err != nil {
				return nil, err
			}
			continue
		case c != nil:
			return c.value()
		}
		select {
		case <-woken:
		case <-over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// at gives a channel that is closed at a point in time; never for the zero time.
func (r *Runner) at(ctx context.Context, t time.Time) (<-chan struct{}, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	if !t.IsZero() {
		go func() {
			if r.clock.Sleep(ctx, t.Sub(r.clock.Now())) == nil {
				close(over)
			}
		}()
	}
	return over, cancel
}

// result gives what a token was completed with, nil when it is still open. If its time is
// over it is removed, so that it can't be completed any more.
func (r *Runner) result(ctx context.Context, token string, until time.Time) (*callback, error) {
	key := tokenKey(token)
	item, err := r.table.Get(ctx, key)
	if errors.Is(err, errs.NotFound) {
		return nil, asl.ErrExpired // removed before a crash
	}
	if err != nil {
		return nil, fmt.Errorf("reading a token: %w", err)
	}
	var c callback
	if err := decode(item, &c); err != nil || c.Done {
		return &c, err
	}
	if until.IsZero() || r.clock.Now().Before(until) {
		return nil, nil
	}
	err = r.table.Delete(ctx, key, table.AtRevision(item.Revision))
	if errors.Is(err, errs.Conflict) {
		return r.result(ctx, token, until) // completed in this very moment
	}
	if err != nil {
		return nil, fmt.Errorf("removing a token: %w", err)
	}
	return nil, asl.ErrExpired
}

func (c *callback) value() (json.RawMessage, error) {
	if c.Error != nil {
		return nil, &asl.Failure{Name: *c.Error, Cause: c.Cause}
	}
	return c.Output, nil
}
