package actions

import (
	"context"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// CreateDeployTokenID is what templates call the action that creates a deploy token.
const CreateDeployTokenID = "gitlab:projectDeployToken:create" //nolint:gosec // a name, no credential

// createDeployToken creates a deploy token of a project.
type createDeployToken struct{ host gitLabHost }

var _ Action = createDeployToken{}

// ID gives "gitlab:projectDeployToken:create".
func (createDeployToken) ID() string { return CreateDeployTokenID }

type deployTokenInput struct {
	RepoURL   string      `json:"repoUrl"`
	ProjectID projectName `json:"projectId"`
	Name      string      `json:"name"`
	Username  string      `json:"username"`
	Scopes    []string    `json:"scopes"`
}

func (a createDeployToken) read(c Call) (deployTokenInput, operations.Effect, error) {
	in, err := decodeInput[deployTokenInput](c)
	if err != nil {
		return in, operations.Effect{}, err
	}
	if err := a.host.check(in.RepoURL); err != nil {
		return in, operations.Effect{}, err
	}
	p := effects.DeployTokenParams{Name: in.Name, Username: in.Username, Scopes: in.Scopes}
	if p.Project, err = in.ProjectID.checked(c, "projectId"); err != nil {
		return in, operations.Effect{}, err
	}
	if err := in.check(); err != nil {
		return in, operations.Effect{}, err
	}
	e, err := effects.NewDeployToken(c.StepID+"/token", p)
	return in, e, err
}

func (in deployTokenInput) check() error {
	if err := required(CreateDeployTokenID, "name", in.Name); err != nil {
		return err
	}
	if len(in.Scopes) == 0 {
		return errs.New(errs.Invalid, CreateDeployTokenID+" needs scopes")
	}
	if err := checkScopes(in.Scopes); err != nil {
		return err
	}
	if err := oneLine("the user name of a token", in.Username, 255); err != nil {
		return err
	}
	return oneLine("the name of a token", in.Name, 150)
}

// outputs are the same while planning, but for a user name that GitLab makes up.
func (createDeployToken) outputs(e operations.Effect, user string) map[string]any {
	return map[string]any{"deploy_token": operations.SecretReference(effects.SecretName(e.ID)), "user": user}
}

// Plan states the token.
func (a createDeployToken) Plan(_ context.Context, c Call) (Planned, error) {
	in, e, err := a.read(c)
	if err != nil {
		return Planned{}, err
	}
	return Planned{Effects: []operations.Effect{e}, Outputs: a.outputs(e, orDefault(in.Username, c.unknown("user"))), Detail: e.Target}, nil
}

// Run creates the token.
func (a createDeployToken) Run(ctx context.Context, c Call) (Result, error) {
	_, e, err := a.read(c)
	if err != nil {
		return Result{}, err
	}
	made, err := apply[effects.DeployTokenResult](ctx, c, e)
	if err != nil {
		return Result{}, err
	}
	c.say("created the deploy token " + e.Target)
	return Result{Outputs: a.outputs(e, made.Username), Detail: e.Target}, nil
}

func createDeployTokenSpec() Spec {
	return Spec{
		ID:          CreateDeployTokenID,
		Description: "Creates a deploy token of a project. Its value is a secret of the task: later steps hand it on, nobody reads it.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["projectId","name","scopes"],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The GitLab: its host, or what RepoUrlPicker writes"},
"projectId":{"type":["number","string"],"description":"GitLab's id of the project, or its full path"},
"name":{"type":"string","description":"What the token is called; the task is named behind it"},
"username":{"type":"string","description":"The user name beside it; one that GitLab makes up when not given"},
"scopes":{"type":"array","items":{"type":"string"},"minItems":1,"description":"What the token is good for, such as read_repository"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"deploy_token":{"type":"string","description":"What stands for the token in later steps"},
"user":{"type":"string","description":"The user name beside it"}}}`),
		Examples: []Example{{"Let a cluster pull images, and hand the token to the pipeline", `steps:
  - id: token
    name: Create a deploy token
    action: gitlab:projectDeployToken:create
    input:
      repoUrl: ${{ parameters.repoUrl }}
      projectId: ${{ steps.publish.output.projectId }}
      name: cluster
      scopes:
        - read_registry
  - id: variable
    name: Hand it to the pipeline
    action: gitlab:projectVariable:create
    input:
      repoUrl: ${{ parameters.repoUrl }}
      projectId: ${{ steps.publish.output.projectId }}
      key: PULL_TOKEN
      value: ${{ steps.token.output.deploy_token }}
      variableType: env_var
      masked: true
`}},
		Effects: []Undo{{effects.DeployTokenKind, "the token is revoked"}},
	}
}
