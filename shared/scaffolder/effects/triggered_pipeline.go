package effects

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scm"
)

// TriggeredPipelineKind is the effect of starting a pipeline that nobody waits for, in any
// project.
const TriggeredPipelineKind = "gitlab.triggered-pipeline"

// TriggeredPipelineParams describes the pipeline.
type TriggeredPipelineParams struct {
	Project string `json:"project"` // number or full path
	Ref     string `json:"ref"`
	// Variables are what the pipeline is started with; references to secrets in them are
	// revealed then.
	Variables map[string]string `json:"variables,omitempty"`
}

func (p TriggeredPipelineParams) within() string { return p.Project }

// NewTriggeredPipeline makes the effect.
func NewTriggeredPipeline(id string, p TriggeredPipelineParams) (operations.Effect, error) {
	return newEffect(id, TriggeredPipelineKind, p.Project+"@"+p.Ref+" for "+id, p)
}

// TriggeredPipeline performs TriggeredPipelineKind; its results are PipelineResult.
type TriggeredPipeline struct {
	Projects  scm.Projects
	Pipelines scm.Pipelines
	Vault     Vault
}

var _ operations.Performer = TriggeredPipeline{}

// mark tells a pipeline from the others of the same operation, among them the one that
// follows what is published.
func (e TriggeredPipeline) mark(op operations.Ref, effect operations.Effect) map[string]string {
	return map[string]string{pipelineVariable: op.ID, effectVariable: effect.ID}
}

// Find looks for a pipeline that was started with the effect's variables.
func (e TriggeredPipeline) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[TriggeredPipelineParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	return findPipeline(ctx, e.Pipelines, p, params.Ref, e.mark(op, effect))
}

// Do starts the pipeline.
func (e TriggeredPipeline) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[TriggeredPipelineParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	variables := map[string]string{}
	for name, value := range params.Variables {
		if variables[name], err = e.Vault.Reveal(ctx, op, value); err != nil {
			return nil, fmt.Errorf("revealing the variable %s: %w", name, err)
		}
	}
	maps.Copy(variables, e.mark(op, effect))
	started, err := e.Pipelines.StartPipeline(ctx, p.ID, params.Ref, variables)
	if err != nil {
		return nil, fmt.Errorf("starting a pipeline of %s: %w", p.Path, err)
	}
	return pipelineResult(p, started)
}

// Undo cancels the pipeline; what it has done by then it has done.
func (e TriggeredPipeline) Undo(ctx context.Context, _ operations.Ref, _ operations.Effect, result json.RawMessage) error {
	return cancelPipeline(ctx, e.Pipelines, result)
}
