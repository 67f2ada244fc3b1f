package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/asl"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// result is what a task gave.
type result struct {
	output json.RawMessage
	err    error
}

// Call runs a task when there is room for one more. A task that is over its time is left
// alone; when the runner stops, its result is waited for, so that it is not lost.
func (e *execution) Call(ctx context.Context, call asl.Call) (json.RawMessage, error) {
	task, ok := e.r.tasks[call.Function]
	if !ok {
		return nil, &asl.Failure{Name: asl.ErrNoFunction, Cause: "Function not found: " + call.Function}
	}
	select {
	case e.r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	done := make(chan result, 1)
	e.r.work.Go(func() {
		defer func() { <-e.r.slots }()
		invoke(ctx, task, call.Input, done)
	})
	select {
	case got := <-done:
		return e.judge(ctx, call, got)
	case <-ctx.Done():
	}
	if e.r.stopping() {
		return e.judge(ctx, call, <-done)
	}
	return nil, ctx.Err()
}

func (r *Runner) stopping() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running == nil || r.running.Err() != nil
}

// invoke runs a task; a panic, or an exit of its goroutine, is an error of ours.
func invoke(ctx context.Context, task workflow.Task, input json.RawMessage, done chan<- result) {
	got := result{err: errs.New(errs.Internal, "the task ended without a result")}
	defer func() {
		if p := recover(); p != nil {
			got = result{err: errs.Wrap(errs.Internal, "the task panicked", fmt.Errorf("%v\n%s", p, debug.Stack()))}
		}
		done <- got
	}()
	got.output, got.err = task(ctx, bytes.Clone(input))
}

// judge makes a task's result what Step Functions would see of a Lambda function.
func (e *execution) judge(ctx context.Context, call asl.Call, got result) (json.RawMessage, error) {
	if got.err != nil && ctx.Err() != nil {
		return nil, ctx.Err() // it was told to stop, which says nothing about the task
	}
	if got.err != nil {
		return nil, e.failure(ctx, call, workflow.TaskErrorFrom(got.err))
	}
	output := got.output
	if len(output) == 0 {
		output = json.RawMessage("null")
	}
	if len(output) > workflow.MaxDataBytes {
		return nil, &asl.Failure{Name: asl.ErrDataLimit, Cause: fmt.Sprintf("the task's result has %d bytes, more than %d", len(output), workflow.MaxDataBytes)}
	}
	if !json.Valid(output) {
		return nil, e.failure(ctx, call, workflow.TaskErrorFrom(errs.New(errs.Internal, "the task's result is not JSON")))
	}
	return output, nil
}

// failure logs a task's error and gives it as Step Functions gives one of Lambda: the cause
// is the function's error object.
func (e *execution) failure(ctx context.Context, call asl.Call, t *workflow.TaskError) error {
	e.r.log.WarnContext(ctx, "a task failed", slog.String("machine", e.id.machine), slog.String("execution", e.id.name),
		slog.String("function", call.Function), slog.String("name", t.Name), slog.String("cause", t.Cause), slog.Any("error", t.Err))
	cause, err := json.Marshal(map[string]string{"errorMessage": t.Cause, "errorType": t.Name})
	if err != nil {
		return fmt.Errorf("encoding a task's error: %w", err)
	}
	return &asl.Failure{Name: t.Name, Cause: string(cause)}
}
