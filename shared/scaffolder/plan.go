package scaffolder

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/rehearsal"
)

// plan states every effect before the first one happens.
func (t *Tasks) plan(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	r, err := readResolved(o)
	if err != nil {
		return nil, err
	}
	return none{}, t.step(ctx, o, "plan", "Plan", func() (string, error) {
		p, found, err := t.deps.Planner.plan(ctx, o, r)
		if err != nil {
			t.blame(ctx, o, found)
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

// blame says in the log of the step at fault why nothing is begun: whoever follows the
// operation looks there.
func (t *Tasks) blame(ctx context.Context, o *operations.Operation, found *rehearsal.Result) {
	if found == nil || found.Failed == "" {
		return
	}
	err := t.deps.Operations.Say(ctx, o.ID, found.Failed, "This step can't succeed, so nothing is begun: "+errs.Explain(found.Failure))
	if err != nil {
		t.deps.Log.WarnContext(ctx, "a line of the log is lost", "step", found.Failed, "error", err)
	}
}

// refuseTwins refuses two effects on the same thing: the second would find the first one's
// mark and count as done, or do it all over again.
func refuseTwins(list []operations.Effect) error {
	type thing struct{ kind, target string }
	seen := map[thing]bool{}
	for _, e := range list {
		t := thing{e.Kind, e.Target}
		if seen[t] {
			return errs.New(errs.Invalid, fmt.Sprintf("two steps of the template make the same %s %s", e.Kind, e.Target))
		}
		seen[t] = true
	}
	return nil
}

// appendPipelines adds the pipelines of what is published, as far as the operation starts
// them itself.
func appendPipelines(list []operations.Effect, changes []operations.FileChange) ([]operations.Effect, error) {
	started := 0
	for _, e := range list {
		if e.Kind != effects.CommitKind {
			continue
		}
		var commit effects.CommitParams
		if err := json.Unmarshal(e.Params, &commit); err != nil {
			return nil, fmt.Errorf("reading a planned commit: %w", err)
		}
		if !commit.NoPipeline || !definesPipeline(commit, changes) {
			continue
		}
		id := "pipeline"
		if started++; started > 1 {
			id += "-" + strconv.Itoa(started)
		}
		pipeline, err := effects.NewPipeline(id, effects.PipelineParams{Project: commit.Project, Ref: commit.Branch})
		if err != nil {
			return nil, err
		}
		list = append(list, pipeline)
	}
	return list, nil
}

// definesPipeline reports whether a commit brings a pipeline with it, or its project takes
// one from elsewhere.
func definesPipeline(p effects.CommitParams, changes []operations.FileChange) bool {
	if strings.Contains(p.CIFile, "@") || strings.Contains(p.CIFile, "://") { // of another project, or any URL
		return true
	}
	return slices.ContainsFunc(changes, func(c operations.FileChange) bool {
		return c.Path == cmp.Or(p.CIFile, pipelineFile) && c.Project == p.Project && c.Branch == p.Branch
	})
}
