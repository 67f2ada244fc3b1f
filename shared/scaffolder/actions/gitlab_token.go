package actions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// CreateAccessTokenID is what templates call the action that creates an access token.
const CreateAccessTokenID = "gitlab:projectAccessToken:create"

// createAccessToken creates an access token of a project.
type createAccessToken struct{ host gitLabHost }

var _ Action = createAccessToken{}

// ID gives "gitlab:projectAccessToken:create".
func (createAccessToken) ID() string { return CreateAccessTokenID }

type accessTokenInput struct {
	RepoURL     string      `json:"repoUrl"`
	ProjectID   projectName `json:"projectId"`
	Name        string      `json:"name"`
	AccessLevel int         `json:"accessLevel"`
	Scopes      []string    `json:"scopes"`
	ExpiresAt   string      `json:"expiresAt"`
}

// Access levels, as GitLab numbers them.
const (
	developer  = 30
	maintainer = 40
	ownerLevel = 50
)

var tokenScope = lazyregexp.New(`^[a-z][a-z0-9_]{0,60}$`)

func (a createAccessToken) read(c Call) (operations.Effect, error) {
	in, err := decodeInput[accessTokenInput](c)
	if err != nil {
		return operations.Effect{}, err
	}
	if err := a.host.check(in.RepoURL); err != nil {
		return operations.Effect{}, err
	}
	p := effects.AccessTokenParams{Name: orDefault(in.Name, "tokenname"), Scopes: in.Scopes, Level: in.AccessLevel, Expires: in.ExpiresAt}
	if p.Project, err = in.ProjectID.checked(c, "projectId"); err != nil {
		return operations.Effect{}, err
	}
	if p.Level == 0 {
		p.Level = maintainer
	}
	if len(p.Scopes) == 0 {
		p.Scopes = []string{"read_repository"}
	}
	if err := checkToken(c, p); err != nil {
		return operations.Effect{}, err
	}
	return effects.NewAccessToken(c.StepID+"/token", p)
}

func checkToken(c Call, p effects.AccessTokenParams) error {
	if !slices.Contains([]int{10, 15, 20, 30, 40, 50}, p.Level) {
		return errs.New(errs.Invalid, "accessLevel is 10 (guest), 15 (planner), 20 (reporter), 30 (developer), 40 (maintainer) or 50 (owner)")
	}
	if err := checkScopes(p.Scopes); err != nil {
		return err
	}
	if _, err := time.Parse(time.DateOnly, p.Expires); err != nil && p.Expires != "" && !c.unforeseen(p.Expires) {
		return errs.New(errs.Invalid, "expiresAt is a day like 2027-01-31")
	}
	return oneLine("the name of a token", p.Name, 150)
}

func checkScopes(scopes []string) error {
	for _, scope := range scopes {
		if !tokenScope.MatchString(scope) {
			return errs.New(errs.Invalid, fmt.Sprintf("scopes names %.70q, which is no scope", scope))
		}
	}
	return nil
}

// outputs are the same while planning: what a later step hands on is the reference.
func (createAccessToken) outputs(e operations.Effect) map[string]any {
	return map[string]any{"access_token": operations.SecretReference(effects.SecretName(e.ID))}
}

// Plan states the token.
func (a createAccessToken) Plan(_ context.Context, c Call) (Planned, error) {
	e, err := a.read(c)
	if err != nil {
		return Planned{}, err
	}
	return Planned{Effects: []operations.Effect{e}, Outputs: a.outputs(e), Detail: e.Target}, nil
}

// Run creates the token.
func (a createAccessToken) Run(ctx context.Context, c Call) (Result, error) {
	e, err := a.read(c)
	if err != nil {
		return Result{}, err
	}
	if _, err := apply[effects.AccessTokenResult](ctx, c, e); err != nil {
		return Result{}, err
	}
	c.say("created the access token " + e.Target)
	return Result{Outputs: a.outputs(e), Detail: e.Target}, nil
}

func createAccessTokenSpec() Spec {
	return Spec{
		ID:          CreateAccessTokenID,
		Description: "Creates an access token of a project. Its value is a secret of the task: later steps hand it on, nobody reads it.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["projectId"],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The GitLab: its host, or what RepoUrlPicker writes"},
"projectId":{"type":["number","string"],"description":"GitLab's id of the project, or its full path"},
"name":{"type":"string","description":"What the token is called; the task is named behind it"},
"accessLevel":{"type":"number","enum":[10,15,20,30,40,50],"description":"10 guest, 15 planner, 20 reporter, 30 developer, 40 maintainer (when not given), 50 owner"},
"scopes":{"type":"array","items":{"type":"string"},"description":"What the token is good for; read_repository when not given"},
"expiresAt":{"type":"string","description":"The day it expires, YYYY-MM-DD; in 365 days when not given"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"access_token":{"type":"string","description":"What stands for the token in later steps"}}}`),
		Examples: []Example{{"Create a token and hand it to the pipeline", `steps:
  - id: token
    name: Create a token
    action: gitlab:projectAccessToken:create
    input:
      repoUrl: ${{ parameters.repoUrl }}
      projectId: ${{ steps.publish.output.projectId }}
      name: deployment
      accessLevel: 30
      scopes:
        - read_repository
  - id: variable
    name: Hand it to the pipeline
    action: gitlab:projectVariable:create
    input:
      repoUrl: ${{ parameters.repoUrl }}
      projectId: ${{ steps.publish.output.projectId }}
      key: DEPLOY_TOKEN
      value: ${{ steps.token.output.access_token }}
      variableType: env_var
      masked: true
`}},
		Effects: []Undo{{effects.AccessTokenKind, "the token is revoked"}},
	}
}
