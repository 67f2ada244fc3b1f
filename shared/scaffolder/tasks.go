package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/script"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// TaskDeps is what the tasks need.
type TaskDeps struct {
	Operations *operations.Service
	Ledger     *operations.Ledger
	Catalog    Catalog
	Planner    *Planner
	Actions    *actions.Registry
	Script     *script.Reader
	Workspaces Workspaces
	Watch      PipelineWatch
	Log        *slog.Logger
}

// Workspaces keeps the files of running operations.
type Workspaces interface {
	actions.Workspaces
	// Delete removes a workspace; removing what is gone succeeds.
	Delete(ctx context.Context, id string) error
}

// Tasks is the code behind the states of create-app.
type Tasks struct{ deps TaskDeps }

// NewTasks makes the tasks.
func NewTasks(d TaskDeps) (*Tasks, error) {
	if d.Operations == nil || d.Ledger == nil || d.Catalog == nil || d.Planner == nil ||
		d.Actions == nil || d.Script == nil || d.Workspaces == nil || !d.Watch.complete() || d.Log == nil {
		return nil, errors.New("the tasks of create-app lack one of their dependencies")
	}
	return &Tasks{deps: d}, nil
}

// call is what the state machine passes to a task.
type call struct {
	Task        string             `json:"task"`
	OperationID string             `json:"operationId"`
	Attempt     int                `json:"attempt"` // of the operation, that the execution belongs to
	Token       string             `json:"token"`
	Failure     operations.Failure `json:"failure"`
}

// ByName gives the tasks by the name that the state machine calls them.
func (t *Tasks) ByName() map[string]workflow.Task {
	return map[string]workflow.Task{
		"Prepare":        t.task(t.prepare),
		"Plan":           t.task(t.plan),
		"RunStep":        t.task(t.runStep),
		"StartPipeline":  t.task(t.startPipeline),
		"AwaitPipeline":  t.task(t.awaitPipeline),
		"PollPipeline":   t.task(t.pollPipeline),
		"ConfirmCatalog": t.task(t.confirmCatalog),
		"Complete":       t.task(t.complete),
		"Compensate":     t.task(t.compensate),
		"Park":           t.task(t.park),
	}
}

// task reads the call, loads the operation, puts its ids into the context and names the
// error for the state machine.
func (t *Tasks) task(run func(context.Context, *operations.Operation, call) (any, error)) workflow.Task {
	return func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
		var c call
		if err := json.Unmarshal(input, &c); err != nil {
			return nil, workflow.TaskErrorFrom(errs.Wrap(errs.Invalid, "the task's input is not as expected", err))
		}
		ctx = correlation.With(ctx, correlation.IDs{OperationID: c.OperationID})
		out, err := t.run(ctx, c, run)
		if err != nil {
			t.deps.Log.WarnContext(ctx, "task failed", "task", c.Task, "kind", errs.KindOf(err), "error", err)
			return nil, workflow.TaskErrorFrom(err)
		}
		return json.Marshal(out)
	}
}

func (t *Tasks) run(ctx context.Context, c call, run func(context.Context, *operations.Operation, call) (any, error)) (any, error) {
	ctx, o, err := t.deps.Operations.Acting(ctx, c.OperationID, c.Attempt)
	if err != nil {
		return nil, err
	}
	ctx = correlation.With(ctx, correlation.IDs{Actor: o.Actor, RequestID: o.RequestID})
	t.deps.Log.InfoContext(ctx, "task", "task", c.Task)
	return run(ctx, o, c)
}

// none is the result of a task that the state machine learns nothing from.
type none struct{}

// step wraps work that a person follows as one step of the operation. A step that was
// completed before is not done again.
func (t *Tasks) step(ctx context.Context, o *operations.Operation, id, name string, work func() (detail string, err error)) error {
	if done := o.Step(id); done != nil && done.Ended != nil {
		return nil
	}
	if err := t.deps.Operations.StepBegins(ctx, o.ID, operations.Step{ID: id, Name: name}); err != nil {
		return fmt.Errorf("beginning %s: %w", name, err)
	}
	detail, err := work()
	if err != nil {
		return err
	}
	_, err = t.deps.Operations.StepEnds(ctx, o.ID, id, operations.StepCompleted, detail, nil)
	return err
}
