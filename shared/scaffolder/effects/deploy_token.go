package effects

import (
	"context"
	"encoding/json"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scm"
)

// DeployTokenKind is the effect of creating a deploy token of any project.
const DeployTokenKind = "gitlab.deploy-token"

// DeployTokenParams describes the token.
type DeployTokenParams struct {
	Project  string   `json:"project"` // number or full path
	Name     string   `json:"name"`
	Username string   `json:"username,omitempty"` // "" for one that GitLab makes up
	Scopes   []string `json:"scopes"`
}

func (p DeployTokenParams) within() string { return p.Project }

// DeployTokenResult is what came of it. The token's value is a secret of the operation.
type DeployTokenResult struct {
	Project  int64  `json:"project"`
	ID       int64  `json:"id"`
	Username string `json:"username"`
}

// NewDeployToken makes the effect.
func NewDeployToken(id string, p DeployTokenParams) (operations.Effect, error) {
	return newEffect(id, DeployTokenKind, p.Project+" "+p.Name, p)
}

// DeployToken performs DeployTokenKind.
type DeployToken struct {
	Projects scm.Projects
	Tokens   scm.DeployTokens
	Vault    Vault
}

var _ operations.Performer = DeployToken{}

func (e DeployToken) tokens(project int64, params DeployTokenParams, op operations.Ref) tokens {
	as := func(t scm.DeployToken) token { return token{id: t.ID, name: t.Name, username: t.Username} }
	return tokens{
		vault: e.Vault, what: "deploy token", project: project, name: marked(params.Name, op),
		list: func(ctx context.Context) ([]token, error) {
			list, err := e.Tokens.DeployTokens(ctx, project)
			there := make([]token, len(list))
			for i, t := range list {
				there[i] = as(t)
			}
			return there, err
		},
		create: func(ctx context.Context) (token, string, error) {
			made, value, err := e.Tokens.CreateDeployToken(ctx, project, scm.NewDeployToken{
				Name: marked(params.Name, op), Username: params.Username, Scopes: params.Scopes,
			})
			return as(made), value, err
		},
		revoke: func(ctx context.Context, id int64) error { return e.Tokens.RevokeDeployToken(ctx, project, id) },
	}
}

// Find looks for the token as AccessToken does.
func (e DeployToken) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[DeployTokenParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	found, err := e.tokens(p.ID, params, op).find(ctx, op, effect)
	if err != nil {
		return nil, err
	}
	return encode(DeployTokenResult{Project: p.ID, ID: found.id, Username: found.username})
}

// Do creates the token and keeps its value.
func (e DeployToken) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[DeployTokenParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	made, err := e.tokens(p.ID, params, op).make(ctx, op, effect)
	if err != nil {
		return nil, err
	}
	return encode(DeployTokenResult{Project: p.ID, ID: made.id, Username: made.username})
}

// Undo revokes the token, and any other of its name.
func (e DeployToken) Undo(ctx context.Context, op operations.Ref, effect operations.Effect, result json.RawMessage) error {
	made, err := decode[DeployTokenResult]("deploy token", result)
	if err != nil {
		return err
	}
	params, err := decode[DeployTokenParams]("deploy token", effect.Params)
	if err != nil {
		return err
	}
	return e.tokens(made.Project, params, op).undo(ctx)
}
