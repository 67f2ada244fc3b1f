package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/runner"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

const (
	waiting = `{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":3600,"End":true}}}`
	limited = `{"StartAt":"Wait","TimeoutSeconds":600,"States":{"Wait":{"Type":"Wait","Seconds":3600,"End":true}}}`
	asking  = `{"StartAt":"Ask","States":{
		"Ask":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","TimeoutSeconds":7200,"HeartbeatSeconds":600,
			"Parameters":{"FunctionName":"ask","Payload":{"token.$":"$$.Task.Token"}},
			"Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"Late"}],"End":true},
		"Late":{"Type":"Pass","Result":"late","End":true}}}`
	retrying = `{"StartAt":"Try","States":{"Try":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":60,
		"Parameters":{"FunctionName":"try","Payload":{"retry.$":"$$.State.RetryCount","id.$":"States.UUID()"}},
		"Retry":[{"ErrorEquals":["Again"],"IntervalSeconds":600}],"OutputPath":"$.Payload.retry","End":true}}}`
	calling = `{"StartAt":"Call","States":{"Call":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":600,
		"Parameters":{"FunctionName":"call","Payload":{"id.$":"States.UUID()"}},"OutputPath":"$.Payload","End":true}}}`
)

func manualWorld(t *testing.T, machine, definition string) (*world, *clock.Manual) {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	return newWorld(t, c, map[string]string{machine: definition}), c
}

// across starts an execution, stops the runner once an event has happened, lets time pass,
// and runs it again.
func (w *world) across(t *testing.T, c *clock.Manual, machine, event string, pause time.Duration) *runner.Runner {
	t.Helper()
	first := w.open(t, w.table)
	stop := run(t, first)
	start(t, first, machine, `{}`)
	happened(t, first, machine, event)
	stop()
	c.Advance(pause)
	second := w.open(t, w.table)
	run(t, second)
	return second
}

func nothing(context.Context, json.RawMessage) (json.RawMessage, error) { return nil, nil }

func TestWaitPassesWhileNothingRuns(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "wait", waiting)
	wantOutput(t, ended(t, w.across(t, c, "wait", "WaitStateEntered", time.Hour), "wait"), `{}`)
}

func TestWaitIsNotShortened(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "wait", waiting)
	r := w.across(t, c, "wait", "WaitStateEntered", time.Hour-time.Second)
	eventually(t, "the wait to go on", func() bool { return c.Waiting() == 1 })
	if x, err := r.Describe(t.Context(), "wait", "one"); err != nil || x.Status != workflow.Running {
		t.Fatalf("it is %+v, %v", x, err)
	}
	c.Advance(time.Second)
	wantOutput(t, ended(t, r, "wait"), `{}`)
}

func TestExecutionTimesOutWhileNothingRuns(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "limited", limited)
	x := ended(t, w.across(t, c, "limited", "WaitStateEntered", 601*time.Second), "limited")
	if x.Status != workflow.TimedOut || x.Error != "States.Timeout" {
		t.Fatalf("it is %+v", x)
	}
}

func TestHeartbeatPassesWhileNothingRuns(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "asking", asking)
	w.task("ask", nothing)
	r := w.across(t, c, "asking", "TaskSubmitted", 601*time.Second)
	wantOutput(t, ended(t, r, "asking"), `"late"`)
	if err := r.Succeed(t.Context(), w.token(t), json.RawMessage(`{}`)); !errors.Is(err, errs.NotFound) {
		t.Fatalf("completing the late token gives %v", err)
	}
}

func TestTokenAfterARestart(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "asking", asking)
	w.task("ask", nothing)
	r := w.across(t, c, "asking", "TaskSubmitted", time.Minute)
	if err := r.Succeed(t.Context(), w.token(t), json.RawMessage(`"yes"`)); err != nil {
		t.Fatal(err)
	}
	wantOutput(t, ended(t, r, "asking"), `"yes"`)
	if n := len(w.called("ask")); n != 1 {
		t.Fatalf("the function was called %d times", n)
	}
}

func TestTokenWhileNothingRuns(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "asking", asking)
	w.task("ask", nothing)
	first := w.open(t, w.table)
	stop := run(t, first)
	start(t, first, "asking", `{}`)
	happened(t, first, "asking", "TaskSubmitted")
	stop()
	second := w.open(t, w.table)
	if err := second.Succeed(t.Context(), w.token(t), json.RawMessage(`"yes"`)); err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Hour) // the result was there in time
	run(t, second)
	wantOutput(t, ended(t, second, "asking"), `"yes"`)
}

func TestRetryAcrossARestart(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "retrying", retrying)
	w.task("try", func(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
		if strings.Contains(string(input), `"retry":0`) {
			return nil, &workflow.TaskError{Name: "Again"}
		}
		return input, nil
	})
	wantOutput(t, ended(t, w.across(t, c, "retrying", "TaskFailed", 600*time.Second), "retrying"), `1`)
	if n := len(w.called("try")); n != 2 {
		t.Fatalf("the task was called %d times", n)
	}
}

func TestTaskCutByARestartIsCalledAgainAlike(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "calling", calling)
	begun := make(chan struct{}, 2)
	w.task("call", func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
		begun <- struct{}{}
		if len(w.called("call")) == 1 {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return json.RawMessage(`"done"`), nil
	})
	first := w.open(t, w.table)
	stop := run(t, first)
	start(t, first, "calling", `{}`)
	<-begun
	stop()
	c.Advance(time.Minute)
	second := w.open(t, w.table)
	run(t, second)
	wantOutput(t, ended(t, second, "calling"), `"done"`)
	if calls := w.called("call"); len(calls) != 2 || calls[0] != calls[1] {
		t.Fatalf("the task was called with %v", calls)
	}
}

func TestResultDuringTheStopIsKept(t *testing.T) {
	t.Parallel()
	w, _ := manualWorld(t, "calling", calling)
	begun := make(chan struct{})
	w.task("call", func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
		close(begun)
		<-ctx.Done()
		return json.RawMessage(`"done all the same"`), nil
	})
	first := w.open(t, w.table)
	stop := run(t, first)
	start(t, first, "calling", `{}`)
	<-begun
	stop()
	wantOutput(t, ended(t, w.open(t, w.table), "calling"), `"done all the same"`)
}

func TestTaskTimesOut(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "calling", calling)
	begun := make(chan struct{})
	w.task("call", func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
		close(begun)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	r := w.open(t, w.table)
	run(t, r)
	start(t, r, "calling", `{}`)
	<-begun
	eventually(t, "the timer", func() bool { return c.Waiting() > 0 })
	c.Advance(600 * time.Second)
	if x := ended(t, r, "calling"); x.Status != workflow.Failed || x.Error != "States.Timeout" {
		t.Fatalf("it is %+v", x)
	}
	happened(t, r, "calling", "TaskTimedOut")
}

func TestExecutionKeepsItsDefinition(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "wait", waiting)
	first := w.open(t, w.table)
	stop := run(t, first)
	start(t, first, "wait", `{"n":1}`)
	stop()
	w.machines["wait"] = runner.Machine{Definition: []byte(`{"StartAt":"New","States":{"New":{"Type":"Fail"}}}`)}
	c.Advance(time.Hour)
	second := w.open(t, w.table)
	run(t, second)
	wantOutput(t, ended(t, second, "wait"), `{"n":1}`)
}

func TestStartBeforeRun(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "wait", waiting)
	r := w.open(t, w.table)
	start(t, r, "wait", `{}`)
	c.Advance(time.Hour)
	run(t, r)
	wantOutput(t, ended(t, r, "wait"), `{}`)
}

func TestStopBeforeRun(t *testing.T) {
	t.Parallel()
	w, c := manualWorld(t, "wait", waiting)
	r := w.open(t, w.table)
	start(t, r, "wait", `{}`)
	if err := r.Stop(t.Context(), "wait", "one", "not needed"); err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Hour)
	run(t, r)
	if x := ended(t, r, "wait"); x.Status != workflow.Aborted || x.Cause != "not needed" {
		t.Fatalf("it is %+v", x)
	}
}
