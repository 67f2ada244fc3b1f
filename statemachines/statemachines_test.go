package statemachines_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/runner"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/workflow"
	"github.com/slipwayhq/slipway/statemachines"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const function = "arn:aws:lambda:eu-west-1:111111111111:function:creation"

// state is the part of a state that these tests look at.
type state struct {
	Type           string
	Resource       string
	Parameters     map[string]any
	TimeoutSeconds int
	Retry          []struct {
		ErrorEquals    []string
		JitterStrategy string
		MaxAttempts    int
	}
	Catch []struct {
		ErrorEquals []string
		Next        string
	}
}

func states(t *testing.T) map[string]state {
	t.Helper()
	raw, err := statemachines.Definition(statemachines.CreateApp)
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ States map[string]state }
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m.States
}

// task gives the name of the task that a state runs.
func (s state) task() string {
	parameters := s.Parameters
	if payload, ok := parameters["Payload"].(map[string]any); ok {
		parameters = payload
	}
	name, _ := parameters["task"].(string)
	return name
}

func TestTheMachineRunsExactlyTheTasksThereAre(t *testing.T) {
	t.Parallel()
	var want, got []string
	for name := range new(scaffolder.Tasks).ByName() {
		want = append(want, name)
	}
	for _, s := range states(t) {
		if s.Type == "Task" {
			got = append(got, s.task())
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryTaskIsBoundedRepeatedAndCaught(t *testing.T) {
	t.Parallel()
	for name, s := range states(t) {
		if s.Type != "Task" {
			continue
		}
		if s.TimeoutSeconds <= 0 || len(s.Retry) == 0 || len(s.Catch) == 0 {
			t.Errorf("%s: timeout %d, %d retries, %d catches", name, s.TimeoutSeconds, len(s.Retry), len(s.Catch))
			continue
		}
		var repeated []string
		for _, r := range s.Retry {
			// An error that no repetition helps against must lead to undoing at once.
			never := []string{"States.ALL", "States.TaskFailed", "Slipway.Invalid", "Slipway.Conflict", "Slipway.PipelineFailed", scaffolder.PipelineFailed}
			for _, e := range r.ErrorEquals {
				if slices.Contains(never, e) {
					t.Errorf("%s is repeated after %s", name, e)
				}
			}
			repeated = append(repeated, r.ErrorEquals...)
			if r.JitterStrategy != "FULL" || r.MaxAttempts < 3 {
				t.Errorf("%s: %s, %d attempts", name, r.JitterStrategy, r.MaxAttempts)
			}
		}
		for _, e := range []errs.Kind{errs.Unavailable, errs.RateLimited} {
			if !slices.Contains(repeated, "Slipway."+string(e)) {
				t.Errorf("%s is not repeated after %s", name, e)
			}
		}
		if last := s.Catch[len(s.Catch)-1]; !slices.Equal(last.ErrorEquals, []string{"States.ALL"}) {
			t.Errorf("%s catches %v at last", name, last.ErrorEquals)
		}
	}
}

// world runs the machine on the embedded runner with tasks that answer from a script.
type world struct {
	runner *runner.Runner
	mu     sync.Mutex
	calls  []string
	answer func(n int, task string) (string, error)
}

// start starts an execution; answer gives a task's n-th call its result.
func start(t *testing.T, in operations.ExecutionInput, answer func(n int, task string) (string, error)) *world {
	t.Helper()
	w := &world{answer: answer}
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "t.db"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	executions, err := file.Table("executions")
	if err != nil {
		t.Fatal(err)
	}
	definition, err := statemachines.Definition(statemachines.CreateApp)
	if err != nil {
		t.Fatal(err)
	}
	w.runner, err = runner.New(runner.Config{
		Table:    executions,
		Machines: map[string]runner.Machine{statemachines.CreateApp: {Definition: definition, Substitutions: map[string]string{"CreationFunctionArn": function}}},
		Tasks:    map[string]workflow.Task{function: w.task}, Clock: hurried{}, IDs: ids.Random{}, Logger: logging.Discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.runner.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.runner.Start(t.Context(), statemachines.CreateApp, "op-1", raw); err != nil {
		t.Fatal(err)
	}
	return w
}

// hurried is a clock whose pauses are short.
type hurried struct{ clock.System }

func (hurried) Sleep(ctx context.Context, d time.Duration) error {
	if d <= time.Minute { // a pause between attempts, not the limit of a task
		d /= 200
	}
	return clock.System{}.Sleep(ctx, d)
}

func (w *world) task(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
	var call struct{ Task, OperationID, Token string }
	if err := json.Unmarshal(input, &call); err != nil {
		return nil, err
	}
	w.mu.Lock()
	n := 1
	for _, c := range w.calls {
		if c == call.Task {
			n++
		}
	}
	w.calls = append(w.calls, call.Task)
	w.mu.Unlock()
	out, err := w.answer(n, call.Task)
	if err == nil && call.Token != "" && out == "wake" {
		out, err = "{}", w.runner.Succeed(ctx, call.Token, json.RawMessage(`{"status":"success"}`))
	}
	if call.OperationID != "op-1" {
		err = errs.New(errs.Internal, "the operation's id got lost")
	}
	return json.RawMessage(out), err
}

func (w *world) ends(t *testing.T) workflow.Execution {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		e, err := w.runner.Describe(t.Context(), statemachines.CreateApp, "op-1")
		if err != nil {
			t.Fatal(err)
		}
		if e.Status != workflow.Running {
			return e
		}
	}
	t.Fatal("the execution does not end")
	return workflow.Execution{}
}

// happy answers as tasks do when all goes well, for a template of three steps.
func happy(n int, task string) (string, error) {
	switch task {
	case "RunStep":
		return map[bool]string{true: `{"next":"step"}`, false: `{"next":"pipeline"}`}[n < 3], nil
	case "AwaitPipeline":
		return "wake", nil
	}
	return "{}", nil
}

func TestTheHappyPathIsShort(t *testing.T) {
	t.Parallel()
	w := start(t, operations.ExecutionInput{OperationID: "op-1"}, happy)
	if e := w.ends(t); e.Status != workflow.Succeeded {
		t.Fatalf("%+v", e)
	}
	want := "Prepare Plan RunStep RunStep RunStep StartPipeline AwaitPipeline ConfirmCatalog Complete"
	if diff := cmp.Diff(want, strings.Join(w.calls, " ")); diff != "" {
		t.Error(diff)
	}
	history, err := w.runner.History(t.Context(), statemachines.CreateApp, "op-1")
	if err != nil {
		t.Fatal(err)
	}
	transitions := 0
	for _, h := range history {
		if strings.HasSuffix(h.Type, "StateEntered") {
			transitions++
		}
	}
	if transitions > 20 {
		t.Errorf("%d transitions", transitions)
	}
}

// except answers happily but for one task's first calls.
func except(task string, failures int, err error) func(int, string) (string, error) {
	return func(n int, called string) (string, error) {
		if called == task && n <= failures {
			return "", err
		}
		return happy(n, called)
	}
}

func TestEveryFailureLeadsToUndoing(t *testing.T) {
	t.Parallel()
	for _, task := range []string{"Prepare", "Plan", "RunStep", "StartPipeline", "AwaitPipeline", "ConfirmCatalog", "Complete"} {
		t.Run(task, func(t *testing.T) {
			t.Parallel()
			w := start(t, operations.ExecutionInput{OperationID: "op-1"}, except(task, 99, errs.New(errs.Conflict, "taken")))
			if e := w.ends(t); e.Status != workflow.Failed || e.Error != "Slipway.NotCreated" {
				t.Errorf("%+v", e)
			}
			if n := len(w.calls); n < 2 || w.calls[n-1] != "Compensate" || w.calls[n-2] != task {
				t.Errorf("called %v", w.calls)
			}
		})
	}
}

func TestWhatPassesIsRepeated(t *testing.T) {
	t.Parallel()
	for _, task := range []string{"Prepare", "RunStep", "AwaitPipeline", "Complete"} {
		t.Run(task, func(t *testing.T) {
			t.Parallel()
			w := start(t, operations.ExecutionInput{OperationID: "op-1"}, except(task, 2, errs.New(errs.Unavailable, "GitLab does not answer")))
			if e := w.ends(t); e.Status != workflow.Succeeded {
				t.Errorf("%+v after %v", e, w.calls)
			}
		})
	}
}

func TestALostExecutionIsOnlyUndone(t *testing.T) {
	t.Parallel()
	w := start(t, operations.ExecutionInput{OperationID: "op-1", Compensate: true}, happy)
	if e := w.ends(t); e.Status != workflow.Failed || !slices.Equal(w.calls, []string{"Compensate"}) {
		t.Errorf("%+v after %v", e, w.calls)
	}
}

func TestAnUndoingThatIsRefusedIsParked(t *testing.T) {
	t.Parallel()
	w := start(t, operations.ExecutionInput{OperationID: "op-1", Compensate: true}, except("Compensate", 99, errs.New(errs.Conflict, "not now")))
	if e := w.ends(t); e.Status != workflow.Failed || !slices.Equal(w.calls, []string{"Compensate", "Park"}) {
		t.Errorf("%+v after %v", e, w.calls)
	}
}

func TestThereIsNoOtherMachine(t *testing.T) {
	t.Parallel()
	if _, err := statemachines.Definition("none"); err == nil {
		t.Error("a definition of nothing")
	}
}
