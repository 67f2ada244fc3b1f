package workflowtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// Port is everything the workflow port offers.
type Port interface {
	workflow.Starter
	workflow.Inspector
	workflow.Stopper
	workflow.Callbacks
}

// Harness is an adapter with the machines of Definitions at work.
type Harness struct {
	Port Port
	// Poll is how often to look whether an execution has ended.
	Poll time.Duration
	// Patience is how long an execution may take.
	Patience time.Duration
	// Deviations are the subtests that what is behind the adapter is known not to meet,
	// with the reason. They are skipped.
	Deviations map[string]string
}

// Run holds an adapter to the contract. One harness serves all subtests.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	h := open(t)
	for _, part := range []struct {
		name string
		test func(t *testing.T, h Harness)
	}{
		{"Start", testStart}, {"Inspect", testInspect}, {"Tasks", testTasks}, {"Failures", testFailures},
		{"States", testStates}, {"Callbacks", testCallbacks}, {"Deadlines", testDeadlines}, {"Stop", testStop},
		{"Races", testRaces},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, h)
		})
	}
}

// sub runs a subtest unless the harness deviates there.
func (h Harness) sub(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		if reason, ok := h.Deviations[t.Name()[len(rootOf(t.Name()))+1:]]; ok {
			t.Skip("SKIPPED: " + reason)
		}
		t.Parallel()
		test(t)
	})
}

// rootOf gives the name of the test that called Run.
func rootOf(name string) string {
	for i, c := range name {
		if c == '/' {
			return name[:i]
		}
	}
	return name
}

// newName makes a name for an execution that was never used.
func newName() string { return "contract-" + uuid.NewString() }

func (h Harness) start(t *testing.T, machine, input string) string {
	t.Helper()
	name := newName()
	if err := h.Port.Start(t.Context(), machine, name, json.RawMessage(input)); err != nil {
		t.Fatalf("starting %s: %v", machine, err)
	}
	return name
}

// ended waits until an execution has ended.
func (h Harness) ended(t *testing.T, machine, name string) workflow.Execution {
	t.Helper()
	var x workflow.Execution
	h.eventually(t, machine+" to end", func() bool {
		var err error
		x, err = h.Port.Describe(t.Context(), machine, name)
		if err != nil {
			t.Fatalf("describing %s: %v", machine, err)
		}
		return x.Status != workflow.Running
	})
	return x
}

// eventually looks again and again until something holds.
func (h Harness) eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), h.Patience)
	defer cancel()
	tick := time.NewTicker(h.Poll)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %s for %s", h.Patience, what)
		}
	}
}

// run starts an execution and waits for its end.
func (h Harness) run(t *testing.T, machine, input string) workflow.Execution {
	t.Helper()
	return h.ended(t, machine, h.start(t, machine, input))
}

// token waits for the token that the probe posts.
func (h Harness) token(t *testing.T, mailbox string) string {
	t.Helper()
	var found letter
	h.eventually(t, "a token", func() bool {
		x, err := h.Port.Describe(t.Context(), "mailbox", mailbox)
		if errors.Is(err, errs.NotFound) {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(x.Input, &found); err != nil {
			t.Fatal(err)
		}
		return true
	})
	return found.Token
}

// waiting starts an execution of a machine that waits for a token, and gives it.
func (h Harness) waiting(t *testing.T, machine, do string) (name, token string) {
	t.Helper()
	to := newName()
	name = h.start(t, machine, fmt.Sprintf(`{"do":%q,"to":%q}`, do, to))
	return name, h.token(t, to)
}

// wantOutput checks that an execution succeeded with an output.
func wantOutput(t *testing.T, x workflow.Execution, want string) {
	t.Helper()
	if x.Status != workflow.Succeeded {
		t.Fatalf("%s is %s: %s: %s", x.Machine, x.Status, x.Error, x.Cause)
	}
	if diff := cmp.Diff(value(t, want), value(t, string(x.Output))); diff != "" {
		t.Fatalf("the output of %s (-want +got):\n%s", x.Machine, diff)
	}
}

func value(t *testing.T, raw string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatalf("%q is not JSON: %v", raw, err)
	}
	return v
}

// field takes a value out of an execution's output.
func field(t *testing.T, x workflow.Execution, keys ...string) any {
	t.Helper()
	if x.Status != workflow.Succeeded {
		t.Fatalf("%s is %s: %s: %s", x.Machine, x.Status, x.Error, x.Cause)
	}
	v := value(t, string(x.Output))
	for _, key := range keys {
		object, _ := v.(map[string]any)
		v = object[key]
	}
	return v
}

func wantKind(t *testing.T, err error, want errs.Kind) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("the error is %v, not of kind %s", err, want)
	}
}

// types gives the types of the events of a history.
func (h Harness) types(t *testing.T, machine, name string) []string {
	t.Helper()
	history, err := h.Port.History(t.Context(), machine, name)
	if err != nil {
		t.Fatal(err)
	}
	types := make([]string, len(history))
	for i, e := range history {
		types[i] = e.Type
	}
	return types
}

func count(list []string, want string) int {
	n := 0
	for _, s := range list {
		if s == want {
			n++
		}
	}
	return n
}
