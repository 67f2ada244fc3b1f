package gitlab

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// hook is GitLab's hook as far as Slipway uses it; the library lacks alert_status.
type hook struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	URL    string `json:"url"`
	Status string `json:"alert_status"` // executable, temporarily_disabled, disabled
}

func (h *hook) hasID() bool { return h.ID != 0 }

func (h hook) scm() scm.Hook {
	return scm.Hook{ID: h.ID, Name: h.Name, URL: h.URL, Disabled: h.Status != "" && h.Status != "executable"}
}

// newHook adds what the library's options lack.
type newHook struct {
	*api.AddProjectHookOptions
	SigningToken *string `json:"signing_token,omitempty"`
}

// Hooks implements scm.Hooks.
func (c *Client) Hooks(ctx context.Context, project int64) ([]scm.Hook, error) {
	entries, err := list[hook](ctx, c, call{
		doing: fmt.Sprintf("listing the hooks of project %d", project), method: http.MethodGet,
		path: projectPath(project) + "/hooks", query: page(url.Values{}, pageSize),
	}, 0)
	if err != nil {
		return nil, err
	}
	out := make([]scm.Hook, len(entries))
	for i, h := range entries {
		out[i] = h.scm()
	}
	return out, nil
}

// CreateHook implements scm.Hooks.
func (c *Client) CreateHook(ctx context.Context, project int64, n scm.NewHook) (scm.Hook, error) {
	doing := fmt.Sprintf("creating a hook of project %d", project)
	u, err := url.Parse(n.URL)
	if err != nil || u.Host == "" {
		return scm.Hook{}, errs.New(errs.Invalid, doing+": its URL is not valid")
	}
	if n.InsecureTLS && !isLoopback(u.Hostname()) {
		return scm.Hook{}, errs.New(errs.Invalid, doing+": certificates are checked except on loopback")
	}
	body := newHook{AddProjectHookOptions: &api.AddProjectHookOptions{
		Name: &n.Name, URL: &n.URL, EnableSSLVerification: api.Ptr(!n.InsecureTLS),
		PushEvents: api.Ptr(true), TagPushEvents: api.Ptr(true), PipelineEvents: api.Ptr(true),
	}}
	if n.Token != "" {
		body.Token = &n.Token
	}
	if n.SigningToken != "" {
		body.SigningToken = &n.SigningToken
	}
	var h hook
	if err := c.sendFor(ctx, call{doing: doing, method: http.MethodPost, path: projectPath(project) + "/hooks", body: body}, &h); err != nil {
		return scm.Hook{}, err
	}
	return h.scm(), nil
}

// DeleteHook implements scm.Hooks.
func (c *Client) DeleteHook(ctx context.Context, project, id int64) error {
	_, err := c.send(ctx, call{
		doing: fmt.Sprintf("deleting hook %d of project %d", id, project), method: http.MethodDelete,
		path: fmt.Sprintf("%s/hooks/%d", projectPath(project), id),
	}, nil)
	return orGone(err)
}
