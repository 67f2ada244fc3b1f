package effects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// PipelineKind is the effect of starting a pipeline.
const PipelineKind = "gitlab.pipeline"

// pipelineWindow is how many of the newest pipelines are looked at for the operation's
// mark. They are looked at soon after, when the answer to the start of one was lost.
const pipelineWindow = 50

// PipelineParams describes the pipeline.
type PipelineParams struct {
	Project string `json:"project"` // full path
	Ref     string `json:"ref"`
}

func (p PipelineParams) within() string { return p.Project }

// PipelineResult is what came of it.
type PipelineResult struct {
	Project int64  `json:"project"`
	ID      int64  `json:"id"`
	WebURL  string `json:"webUrl"`
}

// NewPipeline makes the effect.
func NewPipeline(id string, p PipelineParams) (operations.Effect, error) {
	return newEffect(id, PipelineKind, p.Project+"@"+p.Ref, p)
}

// Pipeline performs PipelineKind.
type Pipeline struct {
	Projects  scm.Projects
	Pipelines scm.Pipelines
}

var _ operations.Performer = Pipeline{}

// Find looks for a pipeline that was started with the operation's variable.
func (e Pipeline) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := within[PipelineParams](ctx, e.Projects, op, effect)
	if err != nil {
		return nil, err
	}
	return findPipeline(ctx, e.Pipelines, p, params.Ref, map[string]string{pipelineVariable: op.ID, effectVariable: ""})
}

// findPipeline looks for a pipeline that was started with the variables of a mark; "" for
// one that it must not have.
func findPipeline(ctx context.Context, pipelines scm.Pipelines, p scm.Project, ref string, mark map[string]string) (json.RawMessage, error) {
	recent, err := pipelines.PipelinesOf(ctx, p.ID, ref, pipelineWindow)
	if err != nil {
		return nil, fmt.Errorf("listing the pipelines of %s: %w", p.Path, err)
	}
	for _, candidate := range recent {
		if candidate.Status == "canceled" || candidate.Status == "canceling" { // it was undone
			continue
		}
		variables, err := pipelines.PipelineVariables(ctx, p.ID, candidate.ID)
		if err != nil {
			return nil, fmt.Errorf("reading the variables of pipeline %d: %w", candidate.ID, err)
		}
		if carriesVariables(variables, mark) {
			return pipelineResult(p, candidate)
		}
	}
	return nil, errs.New(errs.NotFound, "the project has no pipeline of this operation")
}

func carriesVariables(variables, mark map[string]string) bool {
	for name, value := range mark {
		if variables[name] != value {
			return false
		}
	}
	return true
}

// Do starts the pipeline.
func (e Pipeline) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := within[PipelineParams](ctx, e.Projects, op, effect)
	if err != nil {
		return nil, err
	}
	started, err := e.Pipelines.StartPipeline(ctx, p.ID, params.Ref, map[string]string{pipelineVariable: op.ID})
	if err != nil {
		return nil, fmt.Errorf("starting the pipeline of %s: %w", params.Project, err)
	}
	return pipelineResult(p, started)
}

func pipelineResult(p scm.Project, started scm.Pipeline) (json.RawMessage, error) {
	return encode(PipelineResult{Project: p.ID, ID: started.ID, WebURL: started.WebURL})
}

// Undo cancels the pipeline, so that nothing is deployed from a project about to go.
func (e Pipeline) Undo(ctx context.Context, _ operations.Ref, _ operations.Effect, result json.RawMessage) error {
	return cancelPipeline(ctx, e.Pipelines, result)
}

func cancelPipeline(ctx context.Context, pipelines scm.Pipelines, result json.RawMessage) error {
	made, err := decode[PipelineResult]("pipeline", result)
	if err != nil {
		return err
	}
	err = pipelines.CancelPipeline(ctx, made.Project, made.ID)
	if err != nil && !errors.Is(err, errs.NotFound) {
		return fmt.Errorf("cancelling pipeline %d of project %d: %w", made.ID, made.Project, err)
	}
	return nil
}
