package gitlab_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// answering gives a client of a host that answers every request alike, and the number of
// requests it has seen.
func answering(t *testing.T, answer http.HandlerFunc) (*gitlab.Client, *atomic.Int32) {
	t.Helper()
	var seen atomic.Int32
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		answer(w, r)
	}))
	t.Cleanup(ts.Close)
	return connect(t, ts.URL, token), &seen
}

func status(code int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

const jsonType = "application/json; charset=utf-8"

func TestConfig(t *testing.T) {
	t.Parallel()
	good := gitlab.Config{BaseURL: "https://gitlab.example.com/below", Clock: clock.System{}, Token: func(context.Context) (string, error) { return "", nil }}
	for name, change := range map[string]func(*gitlab.Config){
		"no token":            func(c *gitlab.Config) { c.Token = nil },
		"no clock":            func(c *gitlab.Config) { c.Clock = nil },
		"no URL":              func(c *gitlab.Config) { c.BaseURL = "" },
		"plain http":          func(c *gitlab.Config) { c.BaseURL = "http://gitlab.example.com" },
		"looks like loopback": func(c *gitlab.Config) { c.BaseURL = "http://127.0.0.1.example.com" },
		"a user in the URL":   func(c *gitlab.Config) { c.BaseURL = "https://u:p@gitlab.example.com" },
		"a query":             func(c *gitlab.Config) { c.BaseURL = "https://gitlab.example.com/?x=1" },
		"another scheme":      func(c *gitlab.Config) { c.BaseURL = "ftp://gitlab.example.com" },
	} {
		cfg := good
		change(&cfg)
		if _, err := gitlab.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, base := range []string{good.BaseURL, "http://localhost:7080", "http://[::1]:80", "https://gitlab.example.com/api/v4/"} {
		cfg := good
		cfg.BaseURL = base
		if _, err := gitlab.New(cfg); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestClassification(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		answer  http.HandlerFunc
		kind    errs.Kind
		message string // part of what may be shown
	}{
		{"401", status(401, jsonType, `{"message":"401 Unauthorized"}`), errs.Unauthenticated, "401 Unauthorized"},
		{"403", status(403, jsonType, `{"error":"insufficient_scope","error_description":"needs api"}`), errs.Forbidden, "insufficient_scope; needs api"},
		{"409", status(409, jsonType, `{"message":"409 Conflict"}`), errs.Conflict, "409"},
		{"taken", status(400, jsonType, `{"message":{"name":["has already been taken"],"path":["has already been taken"]}}`), errs.Conflict, "name has already been taken; path has already been taken"},
		{"exists", status(400, jsonType, `{"message":"A file with this name already exists"}`), errs.Conflict, "already exists"},
		{"400", status(400, jsonType, `{"error":"ref is missing"}`), errs.Invalid, "ref is missing"},
		{"422", status(422, jsonType, `{"error":"Invalid url given"}`), errs.Invalid, "Invalid url given"},
		{"413", status(413, jsonType, `{}`), errs.TooLarge, "413"},
		{"a page as error", status(400, "text/html", "<html>secret page</html>"), errs.Invalid, "answered 400"},
		{"500", status(500, jsonType, `{"message":"PG::Error"}`), errs.Unavailable, "answered 500"},
		{"502", status(502, "text/html", "<html>"), errs.Unavailable, "answered 502"},
		{"not JSON", status(201, "text/html", "<html>login</html>"), errs.Unavailable, "no usable answer"},
		{"an empty answer", status(201, jsonType, `{}`), errs.Unavailable, "lacks an id"},
		{"half an answer", status(201, jsonType, `{"id": 1`), errs.Unavailable, "no usable answer"},
		{"404 of GitLab", status(404, jsonType, `{"message":"404 Project Not Found"}`), errs.NotFound, "no such thing"},
		{"404 of a proxy", status(404, "text/html", "no such host"), errs.Unavailable, "does not come from GitLab"},
		{"control characters", status(400, jsonType, `{"message":"a\u0000\u001b[31mb\nc\u202ed"}`), errs.Invalid, "a [31mb c d"},
		{"deep", status(400, jsonType, `{"message":`+strings.Repeat(`{"a":`, 50)+`"x"`+strings.Repeat("}", 51)), errs.Invalid, "answered 400"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, seen := answering(t, tc.answer)
			_, err := c.StartPipeline(t.Context(), 1, "main", nil)
			if !errors.Is(err, tc.kind) || !strings.Contains(errs.Message(err), tc.message) {
				t.Errorf("%v (%s), want %s with %q", err, errs.KindOf(err), tc.kind, tc.message)
			}
			if seen.Load() != 1 {
				t.Errorf("a POST was sent %d times", seen.Load())
			}
		})
	}
}

func TestLongReasonIsCut(t *testing.T) {
	t.Parallel()
	c, _ := answering(t, status(400, jsonType, `{"message":"`+strings.Repeat("ü", 5000)+`"}`))
	_, err := c.StartPipeline(t.Context(), 1, "main", nil)
	if n := len([]rune(errs.Message(err))); n > 400 {
		t.Errorf("the message has %d characters", n)
	}
}

func TestTokenIsAskedForEveryAttempt(t *testing.T) {
	t.Parallel()
	var seen []string
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		if len(seen) == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		status(200, jsonType, `{"id":1,"status":"running"}`)(w, r)
	}))
	defer ts.Close()
	n := 0
	c, err := gitlab.New(gitlab.Config{BaseURL: ts.URL, Clock: clock.System{}, Token: func(context.Context) (string, error) {
		n++
		return fmt.Sprint("token-", n), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pipeline(t.Context(), 1, 1); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(seen); got != "[Bearer token-1 Bearer token-2]" {
		t.Errorf("sent %s", got)
	}
}

func TestTokenThatCannotBeHad(t *testing.T) {
	t.Parallel()
	for want, failure := range map[errs.Kind]error{
		errs.Unavailable: errors.New("secret store: password=hunter2"),
		errs.Forbidden:   errs.New(errs.Forbidden, "no access to the secret"),
	} {
		c, err := gitlab.New(gitlab.Config{
			BaseURL: "http://127.0.0.1:9", Clock: clock.System{}, Attempts: 1,
			Token: func(context.Context) (string, error) { return "", failure },
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.CreateProject(t.Context(), scm.NewProject{Namespace: "a", Slug: "b"})
		if !errors.Is(err, want) || strings.Contains(errs.Message(err), "hunter2") {
			t.Errorf("%v, shown as %q, want %s", err, errs.Message(err), want)
		}
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	var leaked atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		leaked.Store(true)
		t.Errorf("%s %s reached another host with %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	c, seen := answering(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusFound)
	})
	if _, err := c.Pipeline(t.Context(), 1, 1); !errors.Is(err, errs.Invalid) {
		t.Errorf("a redirect to another host: %v", err)
	}
	if seen.Load() != 1 || leaked.Load() {
		t.Errorf("%d requests, leaked %v", seen.Load(), leaked.Load())
	}
	same, seen := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/projects/81") {
			status(200, jsonType, `{"id":81,"path_with_namespace":"apps/new"}`)(w, r)
			return
		}
		http.Redirect(w, r, "/api/v4/projects/81", http.StatusMovedPermanently)
	})
	if p, err := same.Project(t.Context(), "apps/old"); err != nil || p.Path != "apps/new" || p.At("apps/old") || seen.Load() != 2 {
		t.Errorf("a moved project: %+v, %v after %d requests", p, err, seen.Load())
	}
	if _, err := same.StartPipeline(t.Context(), 1, "main", nil); !errors.Is(err, errs.Invalid) || seen.Load() != 3 {
		t.Errorf("a POST that is redirected: %v after %d requests", err, seen.Load())
	}
}

func TestTimeoutOfOneAttempt(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	ts := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer ts.Close()
	defer close(release)
	c, err := gitlab.New(gitlab.Config{
		BaseURL: ts.URL, Clock: clock.System{}, Timeout: 50 * time.Millisecond, Attempts: 2,
		Token: func(context.Context) (string, error) { return token, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := c.Pipeline(t.Context(), 1, 1); !errors.Is(err, errs.Unavailable) {
		t.Errorf("a host that hangs: %v", err)
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("it took %v", d)
	}
}
