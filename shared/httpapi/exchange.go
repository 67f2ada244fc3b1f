package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// RequestIDHeader carries the id of a request in both directions.
const RequestIDHeader = "X-Request-Id"

// The longest ids that are taken from a caller.
const (
	maxRequestID = 128
	maxTraceID   = 256
)

// Every request is held against these: a count in them would take the first one a
// millisecond.
var (
	saneRequestID = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._=-]*$`)
	saneTraceID   = lazyregexp.New(`^[A-Za-z0-9=;:.,_-]+$`)
)

// exchange is one request with its answer, for the log line.
type exchange struct {
	ctx     context.Context // with the actor, once that is known
	route   Route
	started time.Time
	err     error
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	return ctx.Value(exchangeKey{}).(*exchange)
}

// ServeHTTP answers one request.
func (rt *Router) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	x := &exchange{started: rt.cfg.Clock.Now()}
	x.ctx = context.WithValue(rt.correlate(r), exchangeKey{}, x)
	w := &response{ResponseWriter: rw}
	w.Header().Set(RequestIDHeader, correlation.From(x.ctx).RequestID)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	r = r.WithContext(x.ctx)

	err := rt.guarded(x, w, r)
	if err != nil && !w.started() {
		writeError(w, r, err)
	}
	rt.log(x, w, r, err)
	if err != nil && w.failedMidway {
		panic(http.ErrAbortHandler) // the only way to tell the client that the answer is cut
	}
}

// correlate gives a context with the request's id: the caller's if it is sane, else the
// one that ctx has already (API Gateway's), else a new one.
func (rt *Router) correlate(r *http.Request) context.Context {
	add := correlation.IDs{RequestID: r.Header.Get(RequestIDHeader), TraceID: r.Header.Get("Traceparent")}
	if len(add.RequestID) > maxRequestID || !saneRequestID.MatchString(add.RequestID) {
		add.RequestID = correlation.From(r.Context()).RequestID
	}
	if add.RequestID == "" {
		add.RequestID = rt.cfg.IDs.New()
	}
	if add.TraceID == "" {
		add.TraceID = r.Header.Get("X-Amzn-Trace-Id")
	}
	if len(add.TraceID) > maxTraceID || !saneTraceID.MatchString(add.TraceID) {
		add.TraceID = ""
	}
	return correlation.With(r.Context(), add)
}

// guarded turns a panic of a handler into an Internal error.
func (rt *Router) guarded(x *exchange, w *response, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.Wrap(errs.Internal, "a handler panicked", fmt.Errorf("%v\n%s", p, debug.Stack()))
		}
		w.failedMidway = err != nil && w.started()
	}()
	return rt.dispatch(x, w, r)
}

// run is the part of an exchange behind the route: identity, body cap, handler.
func (rt *Router) run(x *exchange, route Route, h Handler, w http.ResponseWriter, r *http.Request) error {
	x.route = route
	if !route.Public {
		p, err := rt.cfg.Authenticator.Authenticate(x.ctx, r.Header.Values("Authorization"))
		if err != nil {
			return err
		}
		x.ctx = correlation.With(auth.WithPrincipal(x.ctx, p), correlation.IDs{Actor: p.EntityRef})
		r = r.WithContext(x.ctx)
	}
	if r.ContentLength > route.MaxBody {
		return bodyTooLarge(route.MaxBody)
	}
	r.Body = http.MaxBytesReader(w, r.Body, route.MaxBody)
	err := h(w, r)
	if !route.Public && errs.KindOf(err) == errs.Unauthenticated {
		// The caller has been verified by now: it is us whom somebody else does not let in.
		return errs.Wrap(errs.Unavailable, "a system behind this API does not accept our credentials", err)
	}
	return err
}

// log writes the request's one line. It names the route's pattern, never the path: paths
// and queries hold whatever a caller likes.
func (rt *Router) log(x *exchange, w *response, r *http.Request, err error) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("method", method(r)),
		slog.String("route", x.route.Pattern),
		slog.Int("status", w.status()),
		slog.Int64("bytes", w.bytes),
		slog.Float64("ms", float64(rt.cfg.Clock.Now().Sub(x.started).Microseconds())/1000),
	}
	if err != nil {
		attrs = append(attrs, slog.String("errorKind", string(errs.KindOf(err))), slog.String("error", err.Error()))
		if w.status() >= http.StatusInternalServerError {
			level = slog.LevelError
			attrs = append(attrs, slog.String("logId", logID(correlation.From(x.ctx).RequestID)))
		}
	}
	rt.cfg.Logger.LogAttrs(x.ctx, level, "request", attrs...)
}

// method gives the request's method if it is one of HTTP's; anything else is the caller's
// own text.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}
