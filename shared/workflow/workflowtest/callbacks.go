package workflowtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

func testCallbacks(t *testing.T, h Harness) {
	h.sub(t, "Succeed", func(t *testing.T) {
		name, token := h.waiting(t, "callback", "post")
		if x, err := h.Port.Describe(t.Context(), "callback", name); err != nil || x.Status != workflow.Running {
			t.Fatalf("it does not wait: %+v, %v", x, err)
		}
		if err := h.Port.Succeed(t.Context(), token, json.RawMessage(`{"n":1}`)); err != nil {
			t.Fatal(err)
		}
		if got := field(t, h.ended(t, "callback", name), "answer", "n"); got != 1.0 {
			t.Fatalf("the answer is %v", got)
		}
	})
	h.sub(t, "Fail", func(t *testing.T) {
		name, token := h.waiting(t, "callback", "post")
		if err := h.Port.Fail(t.Context(), token, "Probe.Refused", "not today"); err != nil {
			t.Fatal(err)
		}
		x := h.ended(t, "callback", name)
		if field(t, x, "refused") != true || field(t, x, "error", "Error") != "Probe.Refused" || field(t, x, "error", "Cause") != "not today" {
			t.Fatalf("the output is %s", x.Output)
		}
	})
	h.sub(t, "FailUncaught", func(t *testing.T) {
		name, token := h.waiting(t, "callback", "post")
		if err := h.Port.Fail(t.Context(), token, "Probe.Else", "why"); err != nil {
			t.Fatal(err)
		}
		if x := h.ended(t, "callback", name); x.Status != workflow.Failed || x.Error != "Probe.Else" || x.Cause != "why" {
			t.Fatalf("it is %+v", x)
		}
	})
	h.sub(t, "BeforeTheTaskReturns", func(t *testing.T) {
		x := h.run(t, "callback", `{"do":"complete","to":"nobody"}`)
		if field(t, x, "answer", "early") != true {
			t.Fatalf("the output is %s", x.Output)
		}
	})
	h.sub(t, "TaskFails", func(t *testing.T) {
		name, token := h.waiting(t, "callback", "postAndFail")
		if x := h.ended(t, "callback", name); field(t, x, "refused") != true {
			t.Fatalf("the output is %s", x.Output)
		}
		wantKind(t, h.Port.Succeed(t.Context(), token, json.RawMessage(`{}`)), errs.NotFound)
	})
	h.sub(t, "Twice", func(t *testing.T) {
		name, token := h.waiting(t, "callback", "post")
		if err := h.Port.Succeed(t.Context(), token, json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
		wantKind(t, h.Port.Succeed(t.Context(), token, json.RawMessage(`{}`)), errs.NotFound)
		h.ended(t, "callback", name)
		wantKind(t, h.Port.Fail(t.Context(), token, "Late", ""), errs.NotFound)
	})
	h.sub(t, "UnknownToken", func(t *testing.T) {
		for _, token := range []string{"nonsense", strings.Repeat("A", 700), "ü\x00"} {
			wantKind(t, h.Port.Succeed(t.Context(), token, json.RawMessage(`{}`)), errs.NotFound)
			wantKind(t, h.Port.Fail(t.Context(), token, "Name", "cause"), errs.NotFound)
		}
	})
	h.sub(t, "InvalidOutput", func(t *testing.T) {
		name, token := h.waiting(t, "callback", "post")
		wantKind(t, h.Port.Succeed(t.Context(), token, json.RawMessage(`{`)), errs.Invalid)
		if err := h.Port.Succeed(t.Context(), token, json.RawMessage(`{}`)); err != nil {
			t.Fatalf("after a refused output: %v", err)
		}
		h.ended(t, "callback", name)
	})
}

func testDeadlines(t *testing.T, h Harness) {
	for machine, name := range map[string]string{"heartbeat": "States.HeartbeatTimeout", "timeout": "States.Timeout"} {
		h.sub(t, strings.TrimPrefix(name, "States."), func(t *testing.T) {
			execution, token := h.waiting(t, machine, "post")
			x := h.ended(t, machine, execution)
			if field(t, x, "late") != true || field(t, x, "error", "Error") != name {
				t.Fatalf("the output is %s", x.Output)
			}
			wantKind(t, h.Port.Succeed(t.Context(), token, json.RawMessage(`{}`)), errs.NotFound)
		})
	}
	h.sub(t, "Execution", func(t *testing.T) {
		if x := h.run(t, "deadline", `{}`); x.Status != workflow.TimedOut || x.Stopped.Before(x.Started) {
			t.Fatalf("it is %+v", x)
		}
	})
}

func testStop(t *testing.T, h Harness) {
	h.sub(t, "Running", func(t *testing.T) {
		name, _ := h.waiting(t, "callback", "post")
		for range 2 {
			if err := h.Port.Stop(t.Context(), "callback", name, "not needed"); err != nil {
				t.Fatal(err)
			}
		}
		x := h.ended(t, "callback", name)
		if x.Status != workflow.Aborted || x.Cause != "not needed" || x.Stopped.IsZero() {
			t.Fatalf("it is %+v", x)
		}
		types := h.types(t, "callback", name)
		if types[len(types)-1] != "ExecutionAborted" {
			t.Fatalf("the history ends with %v", types)
		}
	})
	h.sub(t, "Token", func(t *testing.T) {
		name, token := h.waiting(t, "callback", "post")
		if err := h.Port.Stop(t.Context(), "callback", name, "not needed"); err != nil {
			t.Fatal(err)
		}
		wantKind(t, h.Port.Succeed(t.Context(), token, json.RawMessage(`{}`)), errs.NotFound)
	})
	h.sub(t, "Ended", func(t *testing.T) {
		name := h.start(t, "plain", `{}`)
		before := h.ended(t, "plain", name)
		if err := h.Port.Stop(t.Context(), "plain", name, "too late"); err != nil {
			t.Fatal(err)
		}
		if after := h.ended(t, "plain", name); after.Status != before.Status || after.Cause != "" {
			t.Fatalf("it is %+v", after)
		}
	})
	h.sub(t, "Unknown", func(t *testing.T) {
		wantKind(t, h.Port.Stop(t.Context(), "plain", newName(), ""), errs.NotFound)
		wantKind(t, h.Port.Stop(t.Context(), "nowhere", newName(), ""), errs.NotFound)
	})
}

// testRaces lets several do the same thing at once.
func testRaces(t *testing.T, h Harness) {
	const rivals = 8
	h.sub(t, "Starts", func(t *testing.T) {
		name := newName()
		failures := together(rivals, func(i int) error {
			return h.Port.Start(t.Context(), "mailbox", name, json.RawMessage(fmt.Sprintf(`{"n":%d}`, i%2)))
		})
		x := h.ended(t, "mailbox", name)
		won := field(t, x, "n")
		for i, err := range failures {
			if wins := won == float64(i%2); wins != (err == nil) || (!wins && !errors.Is(err, errs.Conflict)) {
				t.Errorf("input %v won, and starting with %d gave %v", won, i%2, err)
			}
		}
		if n := count(h.types(t, "mailbox", name), "ExecutionStarted"); n != 1 {
			t.Errorf("it was started %d times", n)
		}
	})
	h.sub(t, "Callbacks", func(t *testing.T) {
		name, token := h.waiting(t, "callback", "post")
		failures := together(rivals, func(i int) error {
			return h.Port.Succeed(t.Context(), token, json.RawMessage(fmt.Sprintf(`{"n":%d}`, i)))
		})
		won := field(t, h.ended(t, "callback", name), "answer", "n")
		for i, err := range failures {
			if wins := won == float64(i); wins != (err == nil) || (!wins && !errors.Is(err, errs.NotFound)) {
				t.Errorf("%v won, and %d got %v", won, i, err)
			}
		}
	})
	h.sub(t, "Executions", func(t *testing.T) {
		prefix := newName()
		for i, err := range together(rivals, func(i int) error {
			return h.Port.Start(t.Context(), "parallel", fmt.Sprintf("%s-%d", prefix, i), json.RawMessage(fmt.Sprintf(`{"left":{"do":"echo"},"right":%d}`, i)))
		}) {
			if err != nil {
				t.Fatalf("execution %d: %v", i, err)
			}
			if got := field(t, h.ended(t, "parallel", fmt.Sprintf("%s-%d", prefix, i)), "right"); got != float64(i) {
				t.Errorf("execution %d ended with %v", i, got)
			}
		}
	})
}

// together calls do n times at once.
func together(n int, do func(i int) error) []error {
	failures := make([]error, n)
	var all sync.WaitGroup
	ready := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-ready
			failures[i] = do(i)
		})
	}
	close(ready)
	all.Wait()
	return failures
}
