package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// oneToken lets in whoever shows "Bearer good".
type oneToken struct{}

func (oneToken) Authenticate(_ context.Context, authorization []string) (auth.Principal, error) {
	if len(authorization) == 1 && authorization[0] == "Bearer good" {
		return auth.Principal{Subject: "jane", EntityRef: "user:default/jane", Kind: auth.User}, nil
	}
	return auth.Principal{}, errs.New(errs.Unauthenticated, "the token is not valid")
}

type rig struct {
	*httpapi.Router
	log *bytes.Buffer
}

func newRig(t *testing.T) rig {
	t.Helper()
	var log bytes.Buffer
	rt, err := httpapi.NewRouter(httpapi.Config{
		Authenticator: oneToken{},
		Logger:        logging.New(&log, slog.LevelInfo),
		Clock:         clock.NewManual(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)),
		IDs:           &ids.Sequence{Prefix: "req"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return rig{rt, &log}
}

func (r rig) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer good")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func failWith(err error) httpapi.Handler {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

func TestRouterNeedsItsParts(t *testing.T) {
	t.Parallel()
	if _, err := httpapi.NewRouter(httpapi.Config{}); !errors.Is(err, errs.Invalid) {
		t.Errorf("got %v", err)
	}
}

func TestEveryRouteNeedsAnIdentityUnlessPublic(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ok := func(w http.ResponseWriter, r *http.Request) error {
		p, known := auth.PrincipalFrom(r.Context())
		return httpapi.WriteJSON(w, 200, map[string]any{"who": p.EntityRef, "known": known, "actor": correlation.From(r.Context()).Actor})
	}
	r.Handle("GET /api/operations", ok)
	r.Handle("POST /webhooks/gitlab", ok, httpapi.Public())

	if w := r.do("GET", "/api/operations", "", "Authorization", ""); w.Code != 401 ||
		w.Header().Get("WWW-Authenticate") != `Bearer realm="slipway"` {
		t.Errorf("without a token: %d %v", w.Code, w.Header())
	}
	if w := r.do("GET", "/api/operations", "", "Authorization", "Bearer bad"); w.Code != 401 ||
		!strings.Contains(w.Header().Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("with a bad token: %d %v", w.Code, w.Header())
	}
	if w := r.do("GET", "/api/operations", ""); w.Body.String() != `{"actor":"user:default/jane","known":true,"who":"user:default/jane"}` {
		t.Errorf("with a good token: %d %s", w.Code, w.Body)
	}
	if w := r.do("POST", "/webhooks/gitlab", "", "Authorization", "Bearer bad"); w.Body.String() != `{"actor":"","known":false,"who":""}` {
		t.Errorf("public: %d %s", w.Code, w.Body)
	}
	want := []httpapi.Route{
		{Method: "GET", Pattern: "/api/operations", MaxBody: httpapi.DefaultMaxBody},
		{Method: "POST", Pattern: "/webhooks/gitlab", Public: true, MaxBody: httpapi.DefaultMaxBody},
	}
	if d := cmp.Diff(want, r.Routes()); d != "" {
		t.Error(d)
	}
}

// TestOurOwnCredentialsAreNotTheCallers: who is told 401 signs in again, in vain.
func TestOurOwnCredentialsAreNotTheCallers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	refused := failWith(errs.New(errs.Unauthenticated, "GitLab answered 401"))
	r.Handle("GET /api/operations", refused)
	r.Handle("POST /webhooks/gitlab", refused, httpapi.Public())

	if w := r.do("GET", "/api/operations", ""); w.Code != 503 || w.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("behind a caller who is verified: %d %v", w.Code, w.Header())
	}
	if w := r.do("POST", "/webhooks/gitlab", ""); w.Code != 401 {
		t.Errorf("on a route that verifies its caller itself: %d", w.Code)
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Handle("GET /api/operations", func(w http.ResponseWriter, r *http.Request) error {
		return httpapi.WriteJSON(w, 200, correlation.From(r.Context()).RequestID)
	})
	for name, c := range map[string]struct{ sent, want string }{
		"sane":       {"abc-123_X.y=", "abc-123_X.y="},
		"too long":   {strings.Repeat("a", 129), ""},
		"log forger": {"abc\x1b[31m", ""},
		"quotes":     {`a"b`, ""},
		"none":       {"", ""},
	} {
		got := r.do("GET", "/api/operations", "", httpapi.RequestIDHeader, c.sent).Header().Get(httpapi.RequestIDHeader)
		if c.want == "" && !strings.HasPrefix(got, "req-") || c.want != "" && got != c.want {
			t.Errorf("%s: got %q", name, got)
		}
	}
	req := httptest.NewRequestWithContext(context.Background(), "GET", "/api/operations", nil)
	req = req.WithContext(correlation.With(req.Context(), correlation.IDs{RequestID: "gateway-1"}))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if got := w.Header().Get(httpapi.RequestIDHeader); got != "gateway-1" {
		t.Errorf("the gateway's id is lost: %q", got)
	}
}

func TestOneLogLinePerRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Handle("GET /api/operations/{id}", failWith(errs.Wrap(errs.Unavailable, "try later", errors.New("dial refused"))))
	r.do("GET", "/api/operations/sec%0aret?token=hunter2", "", httpapi.RequestIDHeader, "r1")
	var line map[string]any
	if err := json.Unmarshal(r.log.Bytes(), &line); err != nil {
		t.Fatalf("not one line: %v\n%s", err, r.log)
	}
	delete(line, "time")
	want := map[string]any{
		"level": "ERROR", "msg": "request", "method": "GET", "route": "/api/operations/{id}", "status": 503.0,
		"bytes": line["bytes"], "ms": 0.0, "errorKind": "Unavailable", "error": "try later: dial refused",
		"logId": line["logId"], "requestId": "r1", "actor": "user:default/jane",
	}
	if d := cmp.Diff(want, line); d != "" {
		t.Error(d)
	}
}

func TestPanicsBecomeInternalErrors(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Handle("GET /api/operations", func(http.ResponseWriter, *http.Request) error { panic("secret detail") })
	r.Handle("GET /api/audit", func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = w.Write([]byte("half"))
		panic("midway")
	})
	w := r.do("GET", "/api/operations", "")
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") || !strings.Contains(r.log.String(), "secret detail") {
		t.Errorf("%d %s\n%s", w.Code, w.Body, r.log)
	}
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("an answer that broke midway must not end like a whole one")
		}
	}()
	r.do("GET", "/api/audit", "")
}

func TestRouting(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Handle("GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}", func(w http.ResponseWriter, r *http.Request) error {
		return httpapi.WriteJSON(w, 200, r.PathValue("name"))
	})
	r.Handle("GET /api/operations", func(w http.ResponseWriter, _ *http.Request) error { return httpapi.WriteJSON(w, 200, "list") })
	for _, c := range []struct {
		method, target string
		code           int
		body           string
	}{
		{"GET", "/api/catalog/entities/by-name/k/n/a%2Fb", 200, `"a/b"`},
		{"GET", "/api/catalog/entities/by-name/k/n/a/", 200, `"a"`},
		{"HEAD", "/api/operations", 200, `"list"`},
		{"GET", "/api/catalog/nothing", 404, ""},
		{"POST", "/api/catalog/entities/by-name/k/n/a", 404, ""},
		{"GET", "/api//operations", 404, "{"},
		{"GET", "/api/x/../operations", 404, "{"},
		{"GET", "/nothing", 404, "{"},
		{"DELETE", "/api/operations", 405, "{"},
		{"BREW", "/api/operations", 405, "{"},
		{"GET", "/", 404, "{"},
	} {
		w := r.do(c.method, c.target, "")
		if w.Code != c.code || !strings.HasPrefix(w.Body.String(), c.body) || (c.body == "") != (w.Body.Len() == 0) {
			t.Errorf("%s %s: %d %s", c.method, c.target, w.Code, w.Body)
		}
	}
	if got := r.do("PUT", "/api/operations", "").Header().Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow: %q", got)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var notReady error = errs.New(errs.Unavailable, "the table can't be reached")
	httpapi.HandleHealth(r.Router, func(context.Context) error { return notReady })
	if w := r.do("GET", "/.backstage/health/v1/liveness", "", "Authorization", ""); w.Code != 200 || w.Body.String() != `{"status":"ok"}` {
		t.Errorf("liveness: %d %s", w.Code, w.Body)
	}
	if w := r.do("GET", "/.backstage/health/v1/readiness", "", "Authorization", ""); w.Code != 503 {
		t.Errorf("not ready: %d %s", w.Code, w.Body)
	}
	notReady = nil
	if w := r.do("GET", "/.backstage/health/v1/readiness", "", "Authorization", ""); w.Code != 200 {
		t.Errorf("ready: %d %s", w.Code, w.Body)
	}
}
