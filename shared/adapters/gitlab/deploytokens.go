package gitlab

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// deployToken is a deploy token of a project. Value is there only in the answer to its
// creation.
type deployToken struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"`
	Username string   `json:"username"`
	Scopes   []string `json:"scopes"`
	Expired  bool     `json:"expired"`
	Revoked  bool     `json:"revoked"`
	Value    string   `json:"token"`
}

func (t *deployToken) hasID() bool { return t.ID != 0 }

func (t deployToken) scm() scm.DeployToken {
	return scm.DeployToken{ID: t.ID, Name: t.Name, Username: t.Username, Scopes: t.Scopes}
}

func deployTokensPath(project int64) string { return projectPath(project) + "/deploy_tokens" }

// DeployTokens implements scm.DeployTokens.
func (c *Client) DeployTokens(ctx context.Context, project int64) ([]scm.DeployToken, error) {
	entries, err := list[deployToken](ctx, c, call{
		doing: fmt.Sprintf("listing the deploy tokens of project %d", project), method: http.MethodGet,
		path: deployTokensPath(project), query: page(url.Values{"active": {"true"}}, pageSize),
	}, 0)
	if err != nil {
		return nil, err
	}
	var out []scm.DeployToken
	for _, t := range entries {
		if !t.Expired && !t.Revoked {
			out = append(out, t.scm())
		}
	}
	return out, nil
}

// CreateDeployToken implements scm.DeployTokens.
func (c *Client) CreateDeployToken(ctx context.Context, project int64, n scm.NewDeployToken) (scm.DeployToken, string, error) {
	doing := fmt.Sprintf("creating a deploy token of project %d", project)
	if n.Name == "" || len(n.Scopes) == 0 {
		return scm.DeployToken{}, "", errs.New(errs.Invalid, doing+": a name and scopes are needed")
	}
	body := map[string]any{"name": n.Name, "scopes": n.Scopes}
	if n.Username != "" {
		body["username"] = n.Username
	}
	var t deployToken
	if err := c.sendFor(ctx, call{doing: doing, method: http.MethodPost, path: deployTokensPath(project), body: body}, &t); err != nil {
		return scm.DeployToken{}, "", err
	}
	if t.Value == "" || t.Username == "" {
		return scm.DeployToken{}, "", errs.New(errs.Unavailable, doing+": GitLab's answer lacks the token")
	}
	return t.scm(), t.Value, nil
}

// RevokeDeployToken implements scm.DeployTokens.
func (c *Client) RevokeDeployToken(ctx context.Context, project, id int64) error {
	_, err := c.send(ctx, call{
		doing:  fmt.Sprintf("revoking deploy token %d of project %d", id, project),
		method: http.MethodDelete, path: fmt.Sprintf("%s/%d", deployTokensPath(project), id),
	}, nil)
	return orGone(err)
}
