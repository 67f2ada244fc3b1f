package asl

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// runTask calls the function of a task state and waits for its callback if it has one.
func (v *visit) runTask(ctx context.Context, in *env, payload any) (any, error) {
	call, err := v.newCall(payload)
	if err != nil {
		return nil, err
	}
	deadline, name, err := v.deadline(in)
	if err != nil {
		return nil, err
	}
	raw, err := v.callUntil(ctx, call, deadline)
	switch {
	case v.s.task.callback && ctx.Err() == nil:
		raw, err = v.await(ctx, deadline, err)
	case errors.Is(err, ErrExpired):
		name = ErrTimeout
	}
	if errors.Is(err, ErrExpired) {
		err = failf(name, "the task was not done within its time")
	}
	v.report(err)
	if err != nil {
		return nil, err
	}
	result, err := decode(raw)
	if err != nil {
		return nil, failf(ErrRuntime, "the task's result is not JSON")
	}
	if v.s.task.optimized && !v.s.task.callback {
		result = map[string]any{"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": fromInt(200)}
	}
	return result, nil
}

// newCall takes the call out of the payload.
func (v *visit) newCall(payload any) (Call, error) {
	call := Call{Function: v.s.task.function, Token: v.f.Token}
	if v.s.task.optimized {
		parameters := payload.(map[string]any) // checked by Load
		name, ok := parameters["FunctionName"].(string)
		if !ok {
			return call, failf(ErrRuntime, "The value of the field 'FunctionName' must be a string")
		}
		call.Function, payload = name, parameters["Payload"]
		if _, given := parameters["Payload"]; !given {
			payload = map[string]any{}
		}
	}
	var err error
	call.Input, err = encodeData(payload)
	return call, err
}

// deadline gives when this attempt is over, and the name of the failure that means. The
// heartbeat counts only for callbacks: nothing else can send one.
func (v *visit) deadline(in *env) (time.Time, string, error) {
	t := v.s.task
	timeout, err := t.timeout.value(in, "TimeoutSecondsPath")
	if err != nil {
		return time.Time{}, "", err
	}
	heartbeat, err := t.heartbeat.value(in, "HeartbeatSecondsPath")
	if err != nil {
		return time.Time{}, "", err
	}
	switch {
	case t.callback && heartbeat > 0 && (timeout == 0 || heartbeat < timeout):
		return v.f.Scheduled.Add(heartbeat), ErrHeartbeat, nil
	case timeout > 0:
		return v.f.Scheduled.Add(timeout), ErrTimeout, nil
	}
	return time.Time{}, ErrTimeout, nil
}

func (s seconds) value(in *env, field string) (time.Duration, error) {
	n := s.fixed
	if s.path != nil {
		var err error
		if n, err = secondsAt(s.path, in, field, 1); err != nil {
			return 0, err
		}
	}
	return time.Duration(n) * time.Second, nil
}

// callUntil calls the function unless only its callback is awaited; ErrExpired when it
// takes too long.
func (v *visit) callUntil(ctx context.Context, call Call, deadline time.Time) (json.RawMessage, error) {
	if v.f.Submitted {
		return nil, nil
	}
	limited, stop := v.x.until(ctx, deadline)
	defer stop()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if timedOut(limited) {
		return nil, ErrExpired
	}
	raw, err := v.x.Host.Call(limited, call)
	if err != nil && timedOut(limited) && ctx.Err() == nil {
		return nil, ErrExpired
	}
	return raw, err
}

// await waits for the callback after the call has returned, successfully or with err. A
// token that was completed wins over a failure of the call.
func (v *visit) await(ctx context.Context, deadline time.Time, err error) (json.RawMessage, error) {
	_, failed := asFailure(err)
	switch {
	case failed || errors.Is(err, ErrExpired):
		raw, awaited := v.x.Host.Await(ctx, v.f.Token, v.f.Scheduled) // which is past: take what is there
		if errors.Is(awaited, ErrExpired) {
			return nil, err
		}
		return raw, awaited
	case err != nil:
		return nil, err
	case !v.f.Submitted:
		if err := v.submitted(ctx); err != nil {
			return nil, err
		}
	}
	return v.x.Host.Await(ctx, v.f.Token, deadline)
}

// submitted saves that the function has been called, so that it is not called again when
// the execution is resumed.
func (v *visit) submitted(ctx context.Context) error {
	f := *v.f
	f.Submitted = true
	change := &Change{Frame: &f}
	change.add(Event{Type: v.s.task.event("Submitted")})
	if err := v.x.Host.Save(ctx, change); err != nil {
		return err
	}
	v.f = &f
	return nil
}

// report records how a task ended.
func (v *visit) report(err error) {
	failure, failed := asFailure(err)
	switch {
	case err == nil:
		v.events = append(v.events, Event{Type: v.s.task.event("Succeeded")})
		return
	case !failed:
		return
	}
	v.foreign = true
	what := "Failed"
	if failure.Name == ErrTimeout || failure.Name == ErrHeartbeat {
		what = "TimedOut"
	}
	v.events = append(v.events, Event{Type: v.s.task.event(what), Error: failure.Name})
}
