package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/runner"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/workflow"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := func() runner.Config {
		return runner.Config{
			Table: openTable(t), Clock: clock.System{}, IDs: ids.Random{}, Logger: slog.New(slog.DiscardHandler),
			Machines: map[string]runner.Machine{"calling": {Definition: []byte(calling)}},
			Tasks:    map[string]workflow.Task{"call": nothing},
		}
	}
	if _, err := runner.New(good()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(*runner.Config)
		want  string
	}{
		"no table":              {func(c *runner.Config) { c.Table = nil }, "table"},
		"no logger":             {func(c *runner.Config) { c.Logger = nil }, "logger"},
		"a task is missing":     {func(c *runner.Config) { c.Tasks = nil }, `no task for the function "call"`},
		"a bad name":            {func(c *runner.Config) { c.Machines["a#b"] = c.Machines["calling"] }, "name of a state machine"},
		"a bad definition":      {func(c *runner.Config) { c.Machines["x"] = runner.Machine{Definition: []byte(`{}`)} }, "/StartAt"},
		"a substitution misses": {func(c *runner.Config) { c.Machines["x"] = runner.Machine{Definition: []byte(`{"Comment":"${A}"}`)} }, "${A}"},
	} {
		broken := good()
		c.spoil(&broken)
		_, err := runner.New(broken)
		if !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

func TestRunTwice(t *testing.T) {
	t.Parallel()
	w, _ := manualWorld(t, "wait", waiting)
	r := w.open(t, w.table)
	run(t, r)
	start(t, r, "wait", `{}`)
	eventually(t, "the second Run to be refused", func() bool {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		return errors.Is(r.Run(ctx), errs.Conflict)
	})
}

func TestTasksAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clock.System{}, map[string]string{"calling": calling})
	w.maxTasks = 2
	var mu sync.Mutex
	now, most := 0, 0
	w.task("call", func(context.Context, json.RawMessage) (json.RawMessage, error) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		runtime.Gosched()
		mu.Lock()
		now--
		mu.Unlock()
		return nil, nil
	})
	r := w.open(t, w.table)
	run(t, r)
	for i := range 20 {
		if err := r.Start(t.Context(), "calling", fmt.Sprint("x", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all to end", func() bool { return len(w.called("call")) == 20 })
	if mu.Lock(); most > 2 {
		t.Errorf("%d tasks ran at once", most)
	}
	mu.Unlock()
}

func TestWhatTasksGive(t *testing.T) {
	t.Parallel()
	large := `"` + strings.Repeat("<", 200<<10) + `"`
	for name, c := range map[string]struct {
		task   workflow.Task
		output string
		failed string
		cause  string
	}{
		"nothing":      {task: nothing, output: `null`},
		"much":         {task: gives(large, nil), output: large},
		"too much":     {task: gives(`"`+strings.Repeat("x", workflow.MaxDataBytes)+`"`, nil), failed: "States.DataLimitExceeded"},
		"no JSON":      {task: gives(`{`, nil), failed: "Slipway.Internal"},
		"a named":      {task: gives(``, &workflow.TaskError{Name: "Odd", Cause: "why"}), failed: "Odd", cause: `{"errorMessage":"why","errorType":"Odd"}`},
		"a kind":       {task: gives(``, errs.New(errs.Unavailable, "away")), failed: "Slipway.Unavailable", cause: `{"errorMessage":"away","errorType":"Slipway.Unavailable"}`},
		"a plain":      {task: gives(``, errors.New("secret")), failed: "Slipway.Internal"},
		"a panic":      {task: func(context.Context, json.RawMessage) (json.RawMessage, error) { panic("secret") }, failed: "Slipway.Internal"},
		"no return":    {task: func(context.Context, json.RawMessage) (json.RawMessage, error) { runtime.Goexit(); return nil, nil }, failed: "Slipway.Internal"},
		"its own stop": {task: gives(``, context.Canceled), failed: "Slipway.Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := manualWorld(t, "calling", calling)
			w.task("call", c.task)
			r := w.open(t, w.table)
			run(t, r)
			start(t, r, "calling", `{}`)
			x := ended(t, r, "calling")
			if c.failed == "" {
				wantOutput(t, x, c.output)
				return
			}
			if x.Status != workflow.Failed || x.Error != c.failed || (c.cause != "" && x.Cause != c.cause) || strings.Contains(x.Cause, "secret") {
				t.Fatalf("it is %+v", x)
			}
		})
	}
}

func gives(output string, err error) workflow.Task {
	return func(context.Context, json.RawMessage) (json.RawMessage, error) { return json.RawMessage(output), err }
}

// BenchmarkFifteenStates runs a machine of fifteen states, ten of them tasks, to its end.
func BenchmarkFifteenStates(b *testing.B) {
	states := map[string]any{}
	for i := range 15 {
		s := map[string]any{"Type": "Pass", "Next": fmt.Sprint("S", i+1)}
		if i%3 != 0 {
			s["Type"], s["Resource"], s["TimeoutSeconds"] = "Task", probeARN, 60
		}
		if i == 14 {
			delete(s, "Next")
			s["End"] = true
		}
		states[fmt.Sprint("S", i)] = s
	}
	definition, err := json.Marshal(map[string]any{"StartAt": "S0", "States": states})
	if err != nil {
		b.Fatal(err)
	}
	r := benchmarkRunner(b, definition)
	for i := 0; b.Loop(); i++ {
		name := fmt.Sprint("run", i)
		if err := r.Start(b.Context(), "fifteen", name, nil); err != nil {
			b.Fatal(err)
		}
		for {
			x, err := r.Describe(b.Context(), "fifteen", name)
			if err != nil {
				b.Fatal(err)
			}
			if x.Status != workflow.Running {
				break
			}
			if err := (clock.System{}).Sleep(b.Context(), 200*time.Microsecond); err != nil {
				b.Fatal(err)
			}
		}
	}
}
