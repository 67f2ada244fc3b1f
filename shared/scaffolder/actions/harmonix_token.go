package actions

import (
	"context"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

const repoAccessTokenName = "createRepoAccessToken:gitlab"

// repoTokenLevel is what the token of a repository may do, in GitLab's words: maintainer.
const repoTokenLevel = 40

// repoAccessToken is "harmonix:createRepoAccessToken:gitlab": an access token of a project,
// put into a secret that an earlier step has made. Nobody gets to see its value.
type repoAccessToken struct {
	id   string
	host gitLabHost
}

var _ Action = repoAccessToken{}

// ID gives what templates call the action.
func (a repoAccessToken) ID() string { return a.id }

type repoAccessTokenInput struct {
	RepoURL   string `json:"repoUrl"`
	ProjectID any    `json:"projectId"` // a number, not known before the project is made
	SecretARN string `json:"secretArn"`
	Region    string `json:"region"`
}

// issue is a checked input.
type issue struct {
	project any
	token   operations.Effect
	value   operations.Effect
}

func (a repoAccessToken) read(c Call) (issue, error) {
	in, err := decodeInput[repoAccessTokenInput](c)
	if err == nil {
		err = required(a.id, "secretArn", in.SecretARN)
	}
	if err != nil {
		return issue{}, err
	}
	if err := a.host.check(in.RepoURL); err != nil {
		return issue{}, err
	}
	repo, err := ParseRepoURL(in.RepoURL)
	if err != nil {
		return issue{}, err
	}
	if region := effects.SecretRegion(in.SecretARN); in.Region != "" && region != "" && in.Region != region {
		return issue{}, errs.New(errs.Invalid, fmt.Sprintf("the secret lies in %s, not in %s", region, errs.Clip(in.Region)))
	}
	if text, isText := in.ProjectID.(string); isText && !operations.HoldsUnknown(text) || in.ProjectID == nil {
		return issue{}, errs.New(errs.Invalid, "projectId of "+a.id+" must be the number of a project")
	}
	token, err := effects.NewAccessToken(c.StepID+"/token", effects.AccessTokenParams{
		Project: repo.Owner + "/" + repo.Repo, Name: repo.Repo + "-repo-access-token", Level: repoTokenLevel,
		Scopes: []string{"api", "read_api", "read_repository", "write_repository"},
	})
	if err != nil {
		return issue{}, err
	}
	value, err := effects.NewSecretValue(c.StepID+"/value", effects.SecretValueParams{
		Secret: in.SecretARN, Value: operations.SecretReference(effects.SecretName(token.ID)),
	})
	return issue{project: in.ProjectID, token: token, value: value}, err
}

// Plan states the token and where its value goes.
func (a repoAccessToken) Plan(_ context.Context, c Call) (Planned, error) {
	is, err := a.read(c)
	if err != nil {
		return Planned{}, err
	}
	return Planned{Effects: []operations.Effect{is.token, is.value}, Outputs: map[string]any{}, Detail: is.token.Target}, nil
}

// Run makes the token and puts its value into the secret.
func (a repoAccessToken) Run(ctx context.Context, c Call) (Result, error) {
	is, err := a.read(c)
	if err != nil {
		return Result{}, err
	}
	made, err := apply[effects.AccessTokenResult](ctx, c, is.token)
	if err != nil {
		return Result{}, err
	}
	if is.project != float64(made.Project) {
		return Result{}, errs.New(errs.Invalid, fmt.Sprintf("projectId of %s is %v, but repoUrl names project %d", a.id, is.project, made.Project))
	}
	if _, err := apply[effects.SecretValueResult](ctx, c, is.value); err != nil {
		return Result{}, err
	}
	return Result{Outputs: map[string]any{}, Detail: is.token.Target}, nil
}

func repoAccessTokenSpec(family string) Spec {
	return Spec{
		ID: family + repoAccessTokenName,
		Description: "Makes an access token of a GitLab project, with which its pipelines can change the project, and puts it into a secret " +
			"that a step of the same template has made. The token lasts as long as GitLab allows; nothing else gets to see it.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["repoUrl","projectId","secretArn"],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The repository, as a RepoUrlPicker gives it"},
"projectId":{"type":"number","description":"The project's number, as publishing gives it"},
"secretArn":{"type":"string","description":"The secret to put the token into"},
"region":{"type":"string","description":"The region the secret is kept in, which its ARN says as well"}}}`),
		Examples: []Example{{"Give pipelines a token", `steps:
  - id: token
    name: A token for pipelines
    action: ` + family + repoAccessTokenName + `
    input:
      repoUrl: ${{ parameters.repoUrl }}
      projectId: ${{ steps.publish.output.projectId }}
      secretArn: ${{ steps.secret.output.awsSecretArn }}
`}},
		Effects: []Undo{
			{effects.AccessTokenKind, "the token is revoked"},
			{effects.SecretValueKind, "the value goes with the secret, which the same task has made"},
		},
	}
}
