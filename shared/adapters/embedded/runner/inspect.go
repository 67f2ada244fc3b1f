package runner

import (
	"context"
	"fmt"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/asl"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// Describe gives the state of an execution.
func (r *Runner) Describe(ctx context.Context, machine, name string) (workflow.Execution, error) {
	which := id{machine, name}
	s, err := r.started(ctx, which)
	if err != nil {
		return workflow.Execution{}, fmt.Errorf("describing %s of %s: %w", name, machine, err)
	}
	described := workflow.Execution{Machine: machine, Name: name, Status: workflow.Running, Input: s.Input, Started: s.Started}
	var o outcome
	ended, err := r.get(ctx, which.key(sortOutcome), &o)
	if err != nil || !ended {
		return described, err
	}
	described.Status, described.Output, described.Stopped = o.Status, o.Output, o.Stopped
	described.Error, described.Cause = o.Error, o.Cause
	return described, nil
}

// started reads what an execution was started with.
func (r *Runner) started(ctx context.Context, which id) (started, error) {
	var s started
	key := which.key(sortExecution)
	if table.ValidateKey(key) != nil {
		return s, orNotFound(nil, which)
	}
	found, err := r.get(ctx, key, &s)
	if err != nil || !found {
		return s, orNotFound(err, which)
	}
	return s, nil
}

// History gives what has happened so far.
func (r *Runner) History(ctx context.Context, machine, name string) ([]workflow.HistoryEvent, error) {
	which := id{machine, name}
	if _, err := r.started(ctx, which); err != nil {
		return nil, fmt.Errorf("reading the history of %s of %s: %w", name, machine, err)
	}
	var history []workflow.HistoryEvent
	err := r.each(ctx, table.Query{PK: which.partition(), Prefix: prefixHistory}, func(item table.Item) error {
		var page []event
		if err := decode(item, &page); err != nil {
			return err
		}
		for _, e := range page {
			history = append(history, workflow.HistoryEvent(e))
		}
		return nil
	})
	return history, err
}

// Stop aborts an execution.
func (r *Runner) Stop(ctx context.Context, machine, name, cause string) error {
	which := id{machine, name}
	if _, err := r.started(ctx, which); err != nil {
		return fmt.Errorf("stopping %s of %s: %w", name, machine, err)
	}
	e, err := r.open(ctx, which, false)
	if err != nil || e == nil {
		return err
	}
	if err := e.abort(ctx, cause); err != nil {
		r.release(e)
		return fmt.Errorf("stopping %s of %s: %w", name, machine, err)
	}
	return nil
}

// abort ends the execution from outside and cancels what runs of it.
func (e *execution) abort(ctx context.Context, cause string) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	if e.ended {
		return e.unloaded
	}
	t := &transaction{e: e}
	t.record(asl.Event{Type: "ExecutionAborted"})
	if err := t.end(outcome{Status: workflow.Aborted, Cause: cause, Stopped: e.r.clock.Now()}); err != nil {
		return err
	}
	writes, err := t.finish()
	if err != nil {
		return err
	}
	if err := e.r.transact(ctx, append(writes, t.removals...)); err != nil {
		return err
	}
	t.apply()
	if e.cancel != nil {
		e.cancel()
	}
	e.r.forget(e)
	return nil
}
