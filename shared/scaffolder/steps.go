package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// next tells the state machine where to go.
type next struct {
	Next string `json:"next"` // "step", "pipeline" or "catalog"
}

// runStep runs the first step that has not ended.
func (t *Tasks) runStep(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	r, err := readResolved(o)
	if err != nil {
		return nil, err
	}
	sc := newScope(o, r)
	for i, s := range r.Template.Steps {
		if done := o.Step(stepKey(s.ID)); done != nil && done.Ended != nil {
			continue
		}
		if err := t.runOne(ctx, o, r, s, sc); err != nil {
			return nil, fmt.Errorf("step %q: %w", s.ID, err)
		}
		if i < len(r.Template.Steps)-1 {
			return next{"step"}, nil
		}
	}
	return t.afterSteps(ctx, o)
}

// stepKey keeps the ids of a template's steps apart from the operation's own.
func stepKey(id string) string { return "template/" + id }

func (t *Tasks) runOne(ctx context.Context, o *operations.Operation, r resolved, s step, sc *scope) error {
	name := s.Name
	if name == "" {
		name = s.ID
	}
	if err := t.deps.Operations.StepBegins(ctx, o.ID, stepKey(s.ID), name); err != nil {
		return err
	}
	run, err := t.wanted(ctx, s, sc)
	if err != nil {
		return err
	}
	if !run {
		_, err := t.deps.Operations.StepEnds(ctx, o.ID, stepKey(s.ID), operations.StepSkipped, "its if condition was false", nil)
		return err
	}
	action, c, err := t.prepareCall(ctx, o, r, s, sc)
	if err != nil {
		return err
	}
	c.Apply = func(ctx context.Context, e operations.Effect) (json.RawMessage, error) {
		if !o.Plan.Holds(e) {
			return nil, errs.New(errs.Conflict, fmt.Sprintf("%s %s is not in the plan as it would be made now", e.Kind, e.Target))
		}
		return t.deps.Ledger.Apply(ctx, o.Ref(), e)
	}
	result, err := action.Run(ctx, c)
	if err != nil {
		return err
	}
	outputs, err := json.Marshal(result.Outputs)
	if err != nil {
		return errs.Wrap(errs.Internal, "a step's outputs can't be written as JSON", err)
	}
	_, err = t.deps.Operations.StepEnds(ctx, o.ID, stepKey(s.ID), operations.StepCompleted, result.Detail, outputs)
	return err
}

// afterSteps goes on to the pipeline if something with a pipeline was published.
func (t *Tasks) afterSteps(ctx context.Context, o *operations.Operation) (any, error) {
	var made effects.CommitResult
	if err := t.fromLedger(ctx, o, effects.CommitKind, &made); errors.Is(err, errs.NotFound) {
		return next{"catalog"}, nil
	} else if err != nil {
		return nil, err
	}
	files, err := t.deps.Workspaces.Load(ctx, o.ID)
	if errors.Is(err, errs.NotFound) {
		return next{"catalog"}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("loading the workspace: %w", err)
	}
	for _, f := range files.All() {
		if f.Path == ".gitlab-ci.yml" {
			return next{"pipeline"}, nil
		}
	}
	return next{"catalog"}, nil
}

// commitOf gives the commit in an operation's plan, nil when it publishes nothing.
func commitOf(o *operations.Operation) *operations.Effect {
	if o.Plan == nil {
		return nil
	}
	for i := range o.Plan.Effects {
		if o.Plan.Effects[i].Kind == effects.CommitKind {
			return &o.Plan.Effects[i]
		}
	}
	return nil
}
