package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/runner"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// everything uses all that is stored: a task, branches, a callback, a wait, a retry, items.
const everything = `{
  "StartAt": "First",
  "States": {
    "First": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
      "Parameters": {"FunctionName": "echo", "Payload": {"id.$": "States.UUID()"}}, "ResultSelector": {}, "ResultPath": "$.first", "Next": "Both"},
    "Both": {"Type": "Parallel", "ResultPath": "$.both", "Next": "Pause", "Branches": [
      {"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "echo", "Payload": {"a": 1}}, "OutputPath": "$.Payload", "Next": "A2"},
        "A2": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "echo", "Payload": {"a": 2}}, "OutputPath": "$.Payload", "End": true}}},
      {"StartAt": "B", "States": {
        "B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "HeartbeatSeconds": 600,
          "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}, "End": true}}}]},
    "Pause": {"Type": "Wait", "Seconds": 0, "Next": "Each"},
    "Each": {"Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.items", "End": true, "ItemProcessor": {"StartAt": "One", "States": {
        "One": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "item", "Payload": {"item.$": "$", "retry.$": "$$.State.RetryCount"}},
          "OutputPath": "$.Payload", "Retry": [{"ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 1, "JitterStrategy": "FULL", "MaxDelaySeconds": 1}], "End": true}}}}
  }
}`

const (
	everythingInput  = `{"items":[1,2,3]}`
	everythingOutput = `{"items":[{"item":1,"retry":0},{"item":2,"retry":1},{"item":3,"retry":0}],"first":{},"both":[{"a":2},{"said":"yes"}]}`
)

// item fails the second item once.
func item(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
	var p struct{ Item, Retry int }
	if err := json.Unmarshal(input, &p); err != nil {
		return nil, err
	}
	if p.Item == 2 && p.Retry == 0 {
		return nil, &workflow.TaskError{Name: "Again", Cause: "the first time"}
	}
	return input, nil
}

func everythingWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, hasty{}, map[string]string{"everything": everything})
	w.task("echo", echo)
	w.task("item", item)
	w.task("ask", func(context.Context, json.RawMessage) (json.RawMessage, error) { return nil, nil })
	return w
}

// hasty is a clock whose short waits are over at once, so that retries don't take long.
type hasty struct{ clock.System }

func (h hasty) Sleep(ctx context.Context, d time.Duration) error {
	return h.System.Sleep(ctx, d/50)
}

// answer completes whatever waits, as the outside does again and again.
func (w *world) answer(t *testing.T, r *runner.Runner) {
	t.Helper()
	w.mu.Lock()
	tokens := append([]string(nil), w.tokens...)
	w.mu.Unlock()
	for _, token := range tokens {
		err := r.Succeed(t.Context(), token, json.RawMessage(`{"said":"yes"}`))
		if err != nil && !errors.Is(err, errs.NotFound) && !errors.Is(err, errs.Unavailable) {
			t.Errorf("completing a token: %v", err)
		}
	}
}

// TestEveryCheckpoint stops the process before and after every single write.
func TestEveryCheckpoint(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for at := 1; ; at++ {
			if !stopAt(t, at, after) {
				t.Logf("after=%v: %d writes", after, at-1)
				if at < 15 {
					t.Errorf("only %d writes: something is not stored", at-1)
				}
				break
			}
		}
	}
}

// stopAt runs everything with a stop at one write, and again to the end. It reports
// whether there were that many writes.
func stopAt(t *testing.T, at int, after bool) bool {
	t.Helper()
	where := fmt.Sprintf("stopped at write %d, after=%v", at, after)
	w := everythingWorld(t)
	f := newFailing(w.table, at, after)
	r := w.open(t, f)
	stop := run(t, r)
	begun := r.Start(t.Context(), "everything", "one", json.RawMessage(everythingInput))
	died := false
	eventually(t, "the end or the stop", func() bool {
		if !f.alive() {
			died = true
			return true
		}
		w.answer(t, r)
		x, err := r.Describe(t.Context(), "everything", "one")
		return err == nil && x.Status != workflow.Running
	})
	stop()
	if !died && f.alive() {
		w.check(t, r, where)
		return false
	}
	again := w.open(t, w.table)
	defer run(t, again)()
	if begun != nil { // whoever asked does it again
		if err := again.Start(t.Context(), "everything", "one", json.RawMessage(everythingInput)); err != nil {
			t.Fatalf("%s: %v", where, err)
		}
	}
	eventually(t, "the end, "+where, func() bool {
		w.answer(t, again)
		x, err := again.Describe(t.Context(), "everything", "one")
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		return x.Status != workflow.Running
	})
	w.check(t, again, where)
	return true
}

// check looks at what must be the same however often the process stopped.
func (w *world) check(t *testing.T, r *runner.Runner, where string) {
	t.Helper()
	x, err := r.Describe(t.Context(), "everything", "one")
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	if !workflow.SameInput(x.Output, json.RawMessage(everythingOutput)) {
		t.Fatalf("%s: it is %s with %s (%s: %s)", where, x.Status, x.Output, x.Error, x.Cause)
	}
	for task, usual := range map[string]int{"echo": 3, "ask": 1, "item": 4} {
		// What was in flight is called again: one branch each, three items at most.
		if n := len(w.called(task)); n < usual || n > usual+map[string]int{"echo": 1, "ask": 1, "item": 3}[task] {
			t.Errorf("%s: %s was called %d times", where, task, n)
		}
	}
	if first := w.called("echo"); len(first) > 1 && first[1][:6] == `{"id":` && first[0] != first[1] {
		t.Errorf("%s: the same attempt was called with %s and with %s", where, first[0], first[1])
	}
	w.checkHistory(t, r, where)
	w.checkTidy(t, where)
}

func (w *world) checkHistory(t *testing.T, r *runner.Runner, where string) {
	t.Helper()
	history, err := r.History(t.Context(), "everything", "one")
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	entered := map[string]int{}
	for i, e := range history {
		if e.ID != int64(i+1) {
			t.Errorf("%s: entry %d has the id %d", where, i+1, e.ID)
		}
		if len(e.Type) > 7 && e.Type[len(e.Type)-7:] == "Entered" {
			entered[e.State]++
		}
	}
	want := map[string]int{"First": 1, "Both": 1, "A": 1, "A2": 1, "B": 1, "Pause": 1, "Each": 1, "One": 3}
	if diff := cmp.Diff(want, entered); diff != "" {
		t.Errorf("%s: states entered (-want +got):\n%s", where, diff)
	}
	if last := history[len(history)-1]; last.Type != "ExecutionSucceeded" {
		t.Errorf("%s: the history ends with %s", where, last.Type)
	}
}

// checkTidy checks that nothing of an execution that has ended is left to be run.
func (w *world) checkTidy(t *testing.T, where string) {
	t.Helper()
	eventually(t, "what is left of "+where, func() bool {
		running, err := w.table.Query(t.Context(), table.Query{PK: "running"})
		if err != nil {
			t.Fatal(err)
		}
		frames, err := w.table.Query(t.Context(), table.Query{PK: "execution#everything#one", Prefix: "frame#"})
		if err != nil {
			t.Fatal(err)
		}
		return len(running.Items) == 0 && len(frames.Items) == 0
	})
}
