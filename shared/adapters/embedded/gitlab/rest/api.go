package rest

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/params"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pipelines"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pushes"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

// Prefix is where the API lives.
const Prefix = "/api/v4"

// The largest bodies: GitLab's own for commits, ours for the rest.
const (
	maxCommitBody = 300 << 20
	maxBody       = 32 << 20
)

// Deps is what the API works on; all fields are needed.
type Deps struct {
	State     *state.Store
	Repos     *gitstore.Store
	Pushes    *pushes.Service
	Pipelines *pipelines.Service
	Hooks     *hooks.Service
	BaseURL   string // without a slash at the end
	Access    *Access
	Clock     clock.Clock
	IDs       ids.Source
	Logger    *slog.Logger
}

// API answers requests below Prefix.
type API struct {
	Deps
	mux *http.ServeMux
}

// New makes the API.
func New(d Deps) (*API, error) {
	if d.State == nil || d.Repos == nil || d.Pushes == nil || d.Pipelines == nil || d.Hooks == nil || d.Access == nil {
		return nil, errors.New("the GitLab API needs state, repositories, pushes, pipelines, hooks and access")
	}
	if d.Clock == nil || d.IDs == nil || d.Logger == nil || d.BaseURL == "" {
		return nil, errors.New("the GitLab API needs a clock, ids, a logger and its base URL")
	}
	a := &API{Deps: d, mux: http.NewServeMux()}
	for _, group := range []routes{
		a.instanceRoutes(), a.groupRoutes(), a.projectRoutes(), a.projectStateRoutes(),
		a.commitRoutes(), a.fileRoutes(), a.treeRoutes(), a.branchRoutes(), a.hookRoutes(), a.systemHookRoutes(),
		a.pipelineRoutes(), a.jobRoutes(), a.variableRoutes(), a.protectionRoutes(), a.tagRoutes(), a.mergeRequestRoutes(),
		a.userRoutes(), a.memberRoutes(), a.guestRoutes(), a.triggerRoutes(), a.issueRoutes(), a.tokenRoutes(), a.sharingRoutes(), a.environmentRoutes(),
	} {
		for pattern, h := range group {
			method, path, _ := strings.Cut(pattern, " ")
			a.mux.HandleFunc(method+" "+Prefix+path, a.serve(h))
		}
	}
	a.mux.HandleFunc("/", a.unknown)
	return a, nil
}

// ServeHTTP answers one request; afterwards r.Pattern names the route.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// routes maps "METHOD /path" below Prefix to its handler.
type routes map[string]func(*call) error

// object is a JSON object of an answer.
type object = map[string]any

// call is one request being answered.
type call struct {
	*API
	w   http.ResponseWriter
	r   *http.Request
	p   params.Map
	who Identity
}

func (a *API) serve(h func(*call) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{API: a, w: w, r: r}
		err := c.prepare()
		if err == nil {
			err = h(c)
		}
		if err != nil {
			c.fail(err)
		}
	}
}

func (c *call) prepare() error {
	limit := int64(maxBody)
	if strings.HasSuffix(c.r.URL.Path, "/repository/commits") {
		limit = maxCommitBody
	}
	p, err := params.Read(c.r, limit)
	if errors.Is(err, params.ErrTooLarge) {
		return failure{status: http.StatusRequestEntityTooLarge, body: object{"error": "Request Entity Too Large"}}
	}
	if err != nil {
		c.Logger.InfoContext(c.r.Context(), "a GitLab request could not be read", "error", err)
		return failure{status: http.StatusBadRequest, body: object{"error": "The request could not be parsed"}}
	}
	c.p = p
	c.who, err = c.Access.identify(c.r)
	return err
}

func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	a.Logger.WarnContext(r.Context(), "the embedded GitLab has no such route", "method", r.Method, "path", r.URL.EscapedPath())
	c := &call{API: a, w: w, r: r}
	_ = c.json(http.StatusNotFound, object{"error": "404 Not Found"})
}

// json answers with a status and a JSON body.
func (c *call) json(status int, body any) error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	enc := json.NewEncoder(c.w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		c.Logger.InfoContext(c.r.Context(), "a GitLab answer could not be sent", "error", err)
	}
	return nil
}

func (c *call) ok(body any) error      { return c.json(http.StatusOK, body) }
func (c *call) created(body any) error { return c.json(http.StatusCreated, body) }

func (c *call) noContent() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
