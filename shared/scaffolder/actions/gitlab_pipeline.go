package actions

import (
	"context"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// TriggerPipelineID is what templates call the action that starts a pipeline.
const TriggerPipelineID = "gitlab:pipeline:trigger"

// triggerPipeline starts a pipeline and does not wait for it.
type triggerPipeline struct{ host gitLabHost }

var _ Action = triggerPipeline{}

// ID gives "gitlab:pipeline:trigger".
func (triggerPipeline) ID() string { return TriggerPipelineID }

type triggerInput struct {
	RepoURL   string            `json:"repoUrl"`
	ProjectID projectName       `json:"projectId"`
	Branch    string            `json:"branch"`
	Variables map[string]string `json:"variables"`
}

// variableName is what a variable of a pipeline may be called. Those that begin like the
// portal's own marks are refused.
var variableName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]{0,254}$`)

const ownVariables = "SLIPWAY_"

func (a triggerPipeline) read(c Call) (operations.Effect, error) {
	in, err := decodeInput[triggerInput](c)
	if err != nil {
		return operations.Effect{}, err
	}
	project, err := a.host.projectOf(c, in.ProjectID, in.RepoURL)
	if err != nil {
		return operations.Effect{}, err
	}
	if err := branchName(c, "branch", in.Branch); err != nil {
		return operations.Effect{}, err
	}
	for name := range in.Variables {
		if !variableName.MatchString(name) || strings.HasPrefix(name, ownVariables) {
			return operations.Effect{}, errs.New(errs.Invalid, fmt.Sprintf(
				"variables names %.70q; a name has letters, digits and underscores, and does not begin with %s", name, ownVariables))
		}
	}
	return effects.NewTriggeredPipeline(c.StepID+"/pipeline", effects.TriggeredPipelineParams{Project: project, Ref: in.Branch, Variables: in.Variables})
}

// Plan states the pipeline.
func (a triggerPipeline) Plan(_ context.Context, c Call) (Planned, error) {
	e, err := a.read(c)
	if err != nil {
		return Planned{}, err
	}
	return Planned{
		Effects: []operations.Effect{e}, Outputs: map[string]any{"pipelineUrl": c.unknown("pipelineUrl")}, Detail: e.Target,
	}, nil
}

// Run starts the pipeline.
func (a triggerPipeline) Run(ctx context.Context, c Call) (Result, error) {
	e, err := a.read(c)
	if err != nil {
		return Result{}, err
	}
	started, err := apply[effects.PipelineResult](ctx, c, e)
	if err != nil {
		return Result{}, err
	}
	c.say("started the pipeline " + started.WebURL)
	return Result{Outputs: map[string]any{"pipelineUrl": started.WebURL}, Detail: started.WebURL}, nil
}

func triggerPipelineSpec() Spec {
	return Spec{
		ID:          TriggerPipelineID,
		Description: "Starts a pipeline, and does not wait for its end.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["branch"],"anyOf":[{"required":["projectId"]},{"required":["repoUrl"]}],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The project, as RepoUrlPicker writes it: host?owner=group&repo=name"},
"projectId":{"type":["number","string"],"description":"GitLab's id of the project, or its full path; comes first"},
"branch":{"type":"string","description":"The branch or tag that the pipeline runs for"},
"variables":{"type":"object","additionalProperties":{"type":"string"},"description":"Variables of the pipeline; secrets of the task are put in when it is started"},
"tokenDescription":{"type":"string","description":"Accepted for compatibility; no trigger token is needed"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"pipelineUrl":{"type":"string","description":"The URL of the pipeline"}}}`),
		Examples: []Example{{"Start a pipeline of another project", `steps:
  - id: docs
    name: Build the documentation
    action: gitlab:pipeline:trigger
    input:
      repoUrl: gitlab.example.com?owner=platform&repo=docs
      branch: main
      variables:
        COMPONENT: ${{ parameters.name }}
`}},
		Effects: []Undo{{effects.TriggeredPipelineKind, "the pipeline is cancelled; what its jobs have done by then stays"}},
	}
}
