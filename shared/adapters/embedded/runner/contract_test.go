package runner_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/runner"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
	"github.com/slipwayhq/slipway/shared/workflow/workflowtest"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const probeARN = "arn:aws:lambda:local:000000000000:function:probe"

func TestWorkflowContract(t *testing.T) {
	t.Parallel()
	workflowtest.Run(t, func(t *testing.T) workflowtest.Harness {
		probe := &workflowtest.Probe{}
		r := newRunner(t, openTable(t), probeMachines(t), map[string]workflow.Task{"probe": probe.Task, probeARN: probe.Task})
		probe.Starter, probe.Callbacks = r, r
		run(t, r)
		return workflowtest.Harness{Port: r, Poll: 5 * time.Millisecond, Patience: 30 * time.Second}
	})
}

func probeMachines(t *testing.T) map[string]runner.Machine {
	t.Helper()
	definitions, err := workflowtest.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	machines := map[string]runner.Machine{}
	for name, definition := range definitions {
		machines[name] = runner.Machine{Definition: definition, Substitutions: map[string]string{"Probe": "probe", "ProbeArn": probeARN}}
	}
	return machines
}

// openTable opens a table in a file of its own.
func openTable(t *testing.T) table.Table {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(t.TempDir(), "slipway.db"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	tab, err := file.Table("workflow")
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func newRunner(t *testing.T, tab table.Table, machines map[string]runner.Machine, tasks map[string]workflow.Task) *runner.Runner {
	t.Helper()
	r, err := runner.New(runner.Config{
		Table: tab, Machines: machines, Tasks: tasks, Clock: clock.System{}, IDs: ids.Random{},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func benchmarkRunner(b *testing.B, definition []byte) *runner.Runner {
	b.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(b), "slipway.db"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		b.Fatal(err)
	}
	tab, err := file.Table("workflow")
	if err != nil {
		b.Fatal(err)
	}
	r, err := runner.New(runner.Config{
		Table: tab, Clock: clock.System{}, IDs: ids.Random{}, Logger: slog.New(slog.DiscardHandler),
		Machines: map[string]runner.Machine{"fifteen": {Definition: definition}},
		Tasks:    map[string]workflow.Task{probeARN: echo},
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- r.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			b.Error(err)
		}
		if err := file.Close(); err != nil {
			b.Error(err)
		}
	})
	return r
}
