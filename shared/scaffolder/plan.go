package scaffolder

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// plan states every effect before the first one happens.
func (t *Tasks) plan(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	r, err := readResolved(o)
	if err != nil {
		return nil, err
	}
	return none{}, t.step(ctx, o, "plan", "Plan", func() (string, error) {
		p, _, err := t.deps.Planner.plan(ctx, o, r)
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

// appendPipeline adds the pipeline of what is published, if it has one.
func appendPipeline(list []operations.Effect, changes []actions.Change) ([]operations.Effect, error) {
	for _, e := range list {
		if e.Kind != effects.CommitKind {
			continue
		}
		pipeline, err := pipelineOf(e)
		if err != nil || !definesPipeline(e, changes) {
			return list, err
		}
		return append(list, pipeline), nil
	}
	return list, nil
}

// definesPipeline reports whether a commit brings a pipeline with it.
func definesPipeline(commit operations.Effect, changes []actions.Change) bool {
	return slices.ContainsFunc(changes, func(c actions.Change) bool {
		return c.Path == pipelineFile && c.Project+"@"+c.Branch == commit.Target
	})
}

// pipelineOf gives the pipeline effect for a commit effect.
func pipelineOf(commit operations.Effect) (operations.Effect, error) {
	var p effects.CommitParams
	if err := json.Unmarshal(commit.Params, &p); err != nil {
		return operations.Effect{}, fmt.Errorf("reading a planned commit: %w", err)
	}
	return effects.NewPipeline("pipeline", effects.PipelineParams{Project: p.Project, Ref: p.Branch})
}
