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
	ID              int64  `json:"id"`
	Name            string `json:"name"`
	URL             string `json:"url"`
	Status          string `json:"alert_status"` // executable, temporarily_disabled, disabled
	DisabledUntil   string `json:"disabled_until"`
	Push            bool   `json:"push_events"`
	TagPush         bool   `json:"tag_push_events"`
	Pipeline        bool   `json:"pipeline_events"`
	VerifyTLS       *bool  `json:"enable_ssl_verification"`
	HasToken        bool   `json:"token_present"`
	HasSigningToken bool   `json:"signing_token_present"`
}

func (h *hook) hasID() bool { return h.ID != 0 }

func (h hook) scm() scm.Hook {
	return scm.Hook{
		ID: h.ID, Name: h.Name, URL: h.URL, Status: h.Status, Disabled: h.Status != "" && h.Status != "executable",
		Until: moment(h.DisabledUntil), Push: h.Push, TagPush: h.TagPush, Pipeline: h.Pipeline,
		HasToken: h.HasToken, HasSigningToken: h.HasSigningToken, InsecureTLS: h.VerifyTLS != nil && !*h.VerifyTLS,
	}
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
	return c.writeHook(ctx, call{
		doing: fmt.Sprintf("creating a hook of project %d", project), method: http.MethodPost, path: projectPath(project) + "/hooks",
	}, n)
}

// UpdateHook implements scm.Hooks.
func (c *Client) UpdateHook(ctx context.Context, project, id int64, n scm.NewHook) (scm.Hook, error) {
	return c.writeHook(ctx, call{
		doing: fmt.Sprintf("updating hook %d of project %d", id, project), method: http.MethodPut, path: hookPath(project, id),
	}, n)
}

func (c *Client) writeHook(ctx context.Context, k call, n scm.NewHook) (scm.Hook, error) {
	u, err := url.Parse(n.URL)
	if err != nil || u.Host == "" {
		return scm.Hook{}, errs.New(errs.Invalid, k.doing+": its URL is not valid")
	}
	if n.InsecureTLS && !isLoopback(u.Hostname()) {
		return scm.Hook{}, errs.New(errs.Invalid, k.doing+": certificates are checked except on loopback")
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
	k.body = body
	var h hook
	if err := c.sendFor(ctx, k, &h); err != nil {
		return scm.Hook{}, err
	}
	return h.scm(), nil
}

// EnableHook implements scm.Hooks. A successful test is what clears the failures that
// GitLab counts; what the hook then says of itself is what counts here.
func (c *Client) EnableHook(ctx context.Context, project, id int64) (scm.Hook, error) {
	doing := fmt.Sprintf("testing hook %d of project %d", id, project)
	_, err := c.send(ctx, call{doing: doing, method: http.MethodPost, path: hookPath(project, id) + "/test/push_events"}, nil)
	if err != nil {
		return scm.Hook{}, err
	}
	var h hook
	if err := c.sendFor(ctx, call{doing: doing, method: http.MethodGet, path: hookPath(project, id)}, &h); err != nil {
		return scm.Hook{}, err
	}
	if out := h.scm(); !out.Disabled {
		return out, nil
	}
	return scm.Hook{}, errs.New(errs.Invalid, doing+": it is still disabled")
}

// DeleteHook implements scm.Hooks.
func (c *Client) DeleteHook(ctx context.Context, project, id int64) error {
	_, err := c.send(ctx, call{
		doing: fmt.Sprintf("deleting hook %d of project %d", id, project), method: http.MethodDelete,
		path: hookPath(project, id),
	}, nil)
	return orGone(err)
}

func hookPath(project, id int64) string { return fmt.Sprintf("%s/hooks/%d", projectPath(project), id) }
