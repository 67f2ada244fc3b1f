package httpapi

import (
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

// DefaultMaxBody is the largest request body in bytes unless a route says otherwise.
const DefaultMaxBody = 1 << 20

// Handler answers a request, or returns an error before it has written anything.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is one entry of the route table.
type Route struct {
	Method  string // "GET"
	Pattern string // in http.ServeMux's syntax, without the method: "/api/operations/{id}"
	Public  bool   // answers without a verified identity
	MaxBody int64  // bytes
}

// Option changes a route.
type Option func(*Route)

// Public lets a route be called without an identity: it has a proof of its own, or
// nothing to hide.
func Public() Option { return func(r *Route) { r.Public = true } }

// MaxBody sets the largest request body of a route in bytes.
func MaxBody(bytes int64) Option { return func(r *Route) { r.MaxBody = bytes } }

// Config is what a Router needs.
type Config struct {
	Authenticator auth.Authenticator
	Logger        *slog.Logger
	Clock         clock.Clock
	IDs           ids.Source
}

// Router dispatches requests to handlers. Routes are registered before it serves.
type Router struct {
	cfg    Config
	mux    *http.ServeMux
	routes []Route
}

// NewRouter makes a router without routes.
func NewRouter(cfg Config) (*Router, error) {
	if cfg.Authenticator == nil || cfg.Logger == nil || cfg.Clock == nil || cfg.IDs == nil {
		return nil, errs.New(errs.Invalid, "an HTTP router needs an authenticator, a logger, a clock and a source of ids")
	}
	return &Router{cfg: cfg, mux: http.NewServeMux()}, nil
}

// Handle registers a handler for "METHOD /pattern". Like http.ServeMux it panics when the
// pattern is malformed or conflicts with another: that is a mistake in the program.
func (rt *Router) Handle(pattern string, h Handler, opts ...Option) {
	method, where, ok := strings.Cut(pattern, " ")
	if !ok || !strings.HasPrefix(where, "/") {
		panic(fmt.Sprintf("httpapi: %q is not METHOD /path", pattern))
	}
	route := Route{Method: method, Pattern: where, MaxBody: DefaultMaxBody}
	for _, o := range opts {
		o(&route)
	}
	rt.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r.Context())
		x.err = rt.run(x, route, h, w, r)
	})
	rt.routes = append(rt.routes, route)
}

// Routes gives the route table, ordered by pattern and method.
func (rt *Router) Routes() []Route {
	out := slices.Clone(rt.routes)
	slices.SortFunc(out, func(a, b Route) int {
		return strings.Compare(a.Pattern+" "+a.Method, b.Pattern+" "+b.Method)
	})
	return out
}

// dispatch runs the handler of the route that r matches.
func (rt *Router) dispatch(x *exchange, w http.ResponseWriter, r *http.Request) error {
	r, ok := canonical(r)
	if !ok {
		return errNoRoute
	}
	none, pattern := rt.mux.Handler(r)
	if pattern == "" {
		return unmatched(none, w, r)
	}
	rt.mux.ServeHTTP(w, r)
	return x.err
}

// canonical drops one trailing slash, as Backstage's routers do. Paths that http.ServeMux
// would redirect (doubled slashes, dots) match nothing: a redirect loses POST bodies.
func canonical(r *http.Request) (*http.Request, bool) {
	p := r.URL.EscapedPath()
	trimmed := strings.TrimSuffix(p, "/")
	if trimmed == "" {
		return r, p == "/"
	}
	if path.Clean(trimmed) != trimmed {
		return r, false
	}
	if trimmed == p {
		return r, true
	}
	u := *r.URL
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath = strings.TrimSuffix(u.RawPath, "/")
	out := *r
	out.URL = &u
	return &out, true
}

// unmatched tells a wrong method from an unknown path the way http.ServeMux does.
func unmatched(none http.Handler, w http.ResponseWriter, r *http.Request) error {
	answer := headersOnly{}
	none.ServeHTTP(answer, r)
	allow := answer.Header().Get("Allow")
	if allow == "" {
		return errNoRoute
	}
	w.Header().Set("Allow", allow)
	return errNoMethod
}

// headersOnly takes an answer and keeps its headers.
type headersOnly http.Header

// Header gives the headers set so far.
func (h headersOnly) Header() http.Header { return http.Header(h) }

// Write drops a part of the body.
func (headersOnly) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader drops the status.
func (headersOnly) WriteHeader(int) {}
