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
// mark: the project is new, so that there are few.
const pipelineWindow = 20

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
	recent, err := e.Pipelines.PipelinesOf(ctx, p.ID, params.Ref, pipelineWindow)
	if err != nil {
		return nil, fmt.Errorf("listing the pipelines of %s: %w", params.Project, err)
	}
	for _, candidate := range recent {
		variables, err := e.Pipelines.PipelineVariables(ctx, p.ID, candidate.ID)
		if err != nil {
			return nil, fmt.Errorf("reading the variables of pipeline %d: %w", candidate.ID, err)
		}
		if variables[pipelineVariable] == op.ID {
			return pipelineResult(p, candidate)
		}
	}
	return nil, errs.New(errs.NotFound, "the project has no pipeline of this operation")
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
	made, err := decode[PipelineResult]("pipeline", result)
	if err != nil {
		return err
	}
	err = e.Pipelines.CancelPipeline(ctx, made.Project, made.ID)
	if err != nil && !errors.Is(err, errs.NotFound) {
		return fmt.Errorf("cancelling pipeline %d of project %d: %w", made.ID, made.Project, err)
	}
	return nil
}
