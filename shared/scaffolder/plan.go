package scaffolder

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// plan states every effect before the first one happens. What a step's outputs will be is
// foreseen by its action, so that later steps can refer to them.
func (t *Tasks) plan(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	r, err := readResolved(o)
	if err != nil {
		return nil, err
	}
	return none{}, t.step(ctx, o, "plan", "Plan", func() (string, error) {
		list, err := t.planSteps(ctx, o, r)
		if err != nil {
			return "", err
		}
		p, err := operations.NewPlan(list)
		if err != nil {
			return "", err
		}
		recorded, err := t.deps.Operations.SetPlan(ctx, o.ID, p)
		if err != nil {
			return "", fmt.Errorf("recording the plan: %w", err)
		}
		p = recorded.Plan // an earlier attempt's, if there was one
		return fmt.Sprintf("%d effects, plan %.12s", len(p.Effects), p.Hash), nil
	})
}

func (t *Tasks) planSteps(ctx context.Context, o *operations.Operation, r resolved) ([]operations.Effect, error) {
	scope := newScope(o, r)
	var list []operations.Effect
	for _, s := range r.Template.Steps {
		run, err := t.wanted(ctx, s, scope)
		if err != nil {
			return nil, err
		}
		if !run {
			continue
		}
		action, c, err := t.prepareCall(ctx, o, r, s, scope)
		if err != nil {
			return nil, err
		}
		planned, err := action.Plan(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("planning step %q: %w", s.ID, err)
		}
		scope.setOutput(s.ID, planned.Outputs)
		list = append(list, planned.Effects...)
	}
	if err := refuseTwins(list); err != nil {
		return nil, err
	}
	return appendPipeline(list)
}

// refuseTwins refuses two effects on the same thing: the second would find the first one's
// mark and count as done, or do it all over again. It also refuses a second project: an
// operation waits for one pipeline.
func refuseTwins(list []operations.Effect) error {
	type thing struct{ kind, target string }
	seen, projects := map[thing]bool{}, 0
	for _, e := range list {
		t := thing{e.Kind, e.Target}
		if seen[t] {
			return errs.New(errs.Invalid, fmt.Sprintf("two steps of the template make the same %s %s", e.Kind, e.Target))
		}
		seen[t] = true
		if e.Kind == effects.ProjectKind && projects > 0 {
			return errs.New(errs.Invalid, "the template creates more than one project, which is not supported")
		}
		if e.Kind == effects.ProjectKind {
			projects++
		}
	}
	return nil
}

// appendPipeline adds the pipeline of what is published.
func appendPipeline(list []operations.Effect) ([]operations.Effect, error) {
	for _, e := range list {
		if e.Kind != effects.CommitKind {
			continue
		}
		pipeline, err := pipelineOf(e)
		if err != nil {
			return nil, err
		}
		return append(list, pipeline), nil
	}
	return list, nil
}

// pipelineOf gives the pipeline effect for a commit effect.
func pipelineOf(commit operations.Effect) (operations.Effect, error) {
	var p effects.CommitParams
	if err := json.Unmarshal(commit.Params, &p); err != nil {
		return operations.Effect{}, fmt.Errorf("reading a planned commit: %w", err)
	}
	return effects.NewPipeline("pipeline", effects.PipelineParams{Project: p.Project, Ref: p.Branch})
}

// prepareCall renders a step's input for its action.
func (t *Tasks) prepareCall(ctx context.Context, o *operations.Operation, r resolved, s step, sc *scope) (actions.Action, actions.Call, error) {
	action, err := t.deps.Actions.Action(s.Action)
	if err != nil {
		return nil, actions.Call{}, err
	}
	input, err := t.renderInput(ctx, s, sc)
	if err != nil {
		return nil, actions.Call{}, err
	}
	return action, actions.Call{
		Operation: o.Ref(), StepID: s.ID, Input: input, Source: r.Source, Workspace: o.ID,
	}, nil
}
