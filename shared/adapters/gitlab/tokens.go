package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// accessToken is a token of a project. Value is there only in the answer to its creation.
type accessToken struct {
	ID      int64    `json:"id"`
	Name    string   `json:"name"`
	Scopes  []string `json:"scopes"`
	Level   int      `json:"access_level"`
	Expires string   `json:"expires_at"` // a date
	Active  bool     `json:"active"`
	Revoked bool     `json:"revoked"`
	Value   string   `json:"token"`
}

func (t *accessToken) hasID() bool { return t.ID != 0 }

func (t accessToken) live() bool { return t.Active && !t.Revoked }

func (t accessToken) scm() scm.AccessToken {
	out := scm.AccessToken{ID: t.ID, Name: t.Name, Scopes: t.Scopes, Level: t.Level}
	if day, err := time.Parse(time.DateOnly, t.Expires); err == nil {
		out.Expires = day
	}
	return out
}

// lastYear is the last one that a date of the API can name.
const lastYear = 9999

func tokenPath(project, id int64) string {
	return fmt.Sprintf("%s/access_tokens/%d", projectPath(project), id)
}

// AccessTokens implements scm.AccessTokens. Before GitLab 17.2 the listing has those that
// are not active, too.
func (c *Client) AccessTokens(ctx context.Context, project int64) ([]scm.AccessToken, error) {
	entries, err := list[accessToken](ctx, c, call{
		doing: fmt.Sprintf("listing the access tokens of project %d", project), method: http.MethodGet,
		path: projectPath(project) + "/access_tokens", query: page(url.Values{"state": {"active"}}, pageSize),
	}, 0)
	if err != nil {
		return nil, err
	}
	var out []scm.AccessToken
	for _, t := range entries {
		if t.live() {
			out = append(out, t.scm())
		}
	}
	return out, nil
}

// CreateAccessToken implements scm.AccessTokens.
func (c *Client) CreateAccessToken(ctx context.Context, project int64, n scm.NewAccessToken) (scm.AccessToken, string, error) {
	doing := fmt.Sprintf("creating an access token of project %d", project)
	if n.Name == "" || len(n.Scopes) == 0 || n.Level == 0 || n.Expires.IsZero() {
		return scm.AccessToken{}, "", errs.New(errs.Invalid, doing+": a name, scopes, a level and a day of expiry are needed")
	}
	if n.Expires.Year() > lastYear {
		return scm.AccessToken{}, "", errs.New(errs.Invalid, doing+": the day of expiry is too distant")
	}
	body := &api.CreateProjectAccessTokenOptions{
		Name: &n.Name, Scopes: &n.Scopes, AccessLevel: api.Ptr(api.AccessLevelValue(n.Level)), ExpiresAt: api.Ptr(api.ISOTime(n.Expires.UTC())),
	}
	var t accessToken
	err := c.sendFor(ctx, call{doing: doing, method: http.MethodPost, path: projectPath(project) + "/access_tokens", body: body}, &t)
	if err != nil {
		return scm.AccessToken{}, "", err
	}
	if t.Value == "" {
		return scm.AccessToken{}, "", errs.New(errs.Unavailable, doing+": GitLab's answer lacks the token")
	}
	return t.scm(), t.Value, nil
}

// RevokeAccessToken implements scm.AccessTokens. GitLab refuses to revoke what it has
// revoked already, in words that differ, so what counts is what the token then is.
func (c *Client) RevokeAccessToken(ctx context.Context, project, id int64) error {
	k := call{doing: fmt.Sprintf("revoking access token %d of project %d", id, project), method: http.MethodDelete, path: tokenPath(project, id)}
	_, refusal := c.send(ctx, k, nil)
	if !errors.Is(refusal, errs.Invalid) {
		return orGone(refusal)
	}
	k.method = http.MethodGet
	var t accessToken
	err := c.sendFor(ctx, k, &t)
	switch {
	case errors.Is(err, errs.NotFound) || (err == nil && !t.live()):
		return nil
	case errs.Transient(err):
		return err
	}
	return refusal
}
