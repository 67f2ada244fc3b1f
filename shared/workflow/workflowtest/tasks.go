package workflowtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/workflow"
)

func testTasks(t *testing.T, h Harness) {
	h.sub(t, "Invoke", func(t *testing.T) {
		wantOutput(t, h.run(t, "task", `{"do":"echo","n":[1,"<ü>"]}`), `{"answer":{"echo":{"do":"echo","n":[1,"<ü>"]}},"status":200}`)
	})
	h.sub(t, "NoResult", func(t *testing.T) {
		wantOutput(t, h.run(t, "task", `{"do":"nothing"}`), `{"answer":null,"status":200}`)
	})
	h.sub(t, "Direct", func(t *testing.T) {
		wantOutput(t, h.run(t, "direct", `{"do":"echo"}`), `{"do":"echo","answer":{"echo":{"do":"echo"}}}`)
	})
	h.sub(t, "History", func(t *testing.T) {
		name := h.start(t, "task", `{"do":"echo"}`)
		h.ended(t, "task", name)
		var got []string
		for _, e := range h.types(t, "task", name) {
			if e != "TaskStarted" {
				got = append(got, e)
			}
		}
		want := []string{"ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("the history (-want +got):\n%s", diff)
		}
	})
	h.sub(t, "Failure", func(t *testing.T) {
		x := h.run(t, "task", `{"do":"fail","name":"Probe.Refused","cause":"not today"}`)
		if x.Status != workflow.Failed || x.Error != "Probe.Refused" || !strings.Contains(x.Cause, "not today") || x.Output != nil {
			t.Fatalf("it is %+v", x)
		}
	})
	h.sub(t, "Panic", func(t *testing.T) {
		x := h.run(t, "catch", `{"do":"panic"}`)
		if got := field(t, x, "caught"); got != "any" {
			t.Fatalf("the panic led to %v", got)
		}
	})
}

func testFailures(t *testing.T, h Harness) {
	h.sub(t, "Retry", func(t *testing.T) {
		name := h.start(t, "retry", `{"name":"Probe.Again","until":2}`)
		wantOutput(t, h.ended(t, "retry", name), `{"attempts":3}`)
		types := h.types(t, "retry", name)
		if failed, called := count(types, "TaskFailed"), count(types, "TaskScheduled"); failed != 2 || called != 3 {
			t.Fatalf("%d of %d attempts failed: %v", failed, called, types)
		}
	})
	h.sub(t, "RetryGivesUp", func(t *testing.T) {
		name := h.start(t, "retry", `{"name":"Probe.Again","until":9}`)
		x := h.ended(t, "retry", name)
		if x.Status != workflow.Failed || x.Error != "Probe.Again" || !strings.Contains(x.Cause, "attempt 3") {
			t.Fatalf("it is %+v", x)
		}
		if n := count(h.types(t, "retry", name), "TaskScheduled"); n != 3 {
			t.Fatalf("%d attempts", n)
		}
	})
	for _, other := range []string{"Probe.Never", "Probe.Unnamed"} {
		h.sub(t, "NoRetryOf"+strings.TrimPrefix(other, "Probe."), func(t *testing.T) {
			name := h.start(t, "retry", `{"name":"`+other+`","until":1}`)
			if x := h.ended(t, "retry", name); x.Status != workflow.Failed || x.Error != other {
				t.Fatalf("it is %+v", x)
			}
			if n := count(h.types(t, "retry", name), "TaskScheduled"); n != 1 {
				t.Fatalf("%d attempts", n)
			}
		})
	}
	h.sub(t, "Catch", func(t *testing.T) {
		x := h.run(t, "catch", `{"do":"fail","name":"Probe.Refused","cause":"not today"}`)
		if field(t, x, "caught") != "by name" || field(t, x, "do") != "fail" || field(t, x, "error", "Error") != "Probe.Refused" {
			t.Fatalf("the output is %s", x.Output)
		}
		if cause, _ := field(t, x, "error", "Cause").(string); !strings.Contains(cause, "not today") {
			t.Fatalf("the output is %s", x.Output)
		}
	})
	h.sub(t, "CatchAll", func(t *testing.T) {
		x := h.run(t, "catch", `{"do":"fail","name":"Probe.Else","cause":"?"}`)
		if field(t, x, "caught") != "any" {
			t.Fatalf("the output is %s", x.Output)
		}
	})
	h.sub(t, "NoFailureNoCatch", func(t *testing.T) {
		if x := h.run(t, "catch", `{"do":"echo"}`); field(t, x, "caught") != nil {
			t.Fatalf("the output is %s", x.Output)
		}
	})
}
