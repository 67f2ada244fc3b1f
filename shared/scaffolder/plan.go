package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
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
	scratch := workspace.NewScratch()
	var list []operations.Effect
	for _, s := range r.Template.Steps {
		effects, err := t.planStep(ctx, o, r, s, scope, scratch)
		if err != nil {
			return nil, err
		}
		list = append(list, effects...)
	}
	if err := refuseTwins(list); err != nil {
		return nil, err
	}
	return appendPipeline(list)
}

// planStep states the effects of one step and makes its foreseen outputs visible to later
// ones.
func (t *Tasks) planStep(ctx context.Context, o *operations.Operation, r resolved, s step, sc *scope, scratch actions.Workspaces) ([]operations.Effect, error) {
	action, err := t.deps.Actions.Action(s.Action)
	if err != nil {
		return nil, err
	}
	calls, wanted, err := t.calls(ctx, s, sc)
	if errors.Is(err, errUnknownEach) {
		return nil, nil // its values are outputs that nobody can foresee
	}
	if err != nil || !wanted {
		return nil, err
	}
	var list []operations.Effect
	var outputs []map[string]any
	for _, c := range calls {
		planned, err := action.Plan(ctx, c.complete(o, r, scratch))
		if err != nil {
			return nil, fmt.Errorf("planning step %q: %w", s.ID, err)
		}
		list = append(list, planned.Effects...)
		outputs = append(outputs, planned.Outputs)
	}
	sc.setOutput(s.ID, outputsOf(s, outputs))
	return list, nil
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
