package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/httpapi"
)

var teapot = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

func TestCORS(t *testing.T) {
	t.Parallel()
	h, err := httpapi.CORS(teapot, []string{"http://localhost:3000", "https://portal.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method, origin, asks, headers string
		status                        int
		allowed, allowedHeaders       string
	}{
		"a call":                    {"GET", "http://localhost:3000", "", "", 418, "http://localhost:3000", ""},
		"a call of the other":       {"POST", "https://portal.example.com", "", "", 418, "https://portal.example.com", ""},
		"a call of none":            {"GET", "", "", "", 418, "", ""},
		"a question":                {"OPTIONS", "http://localhost:3000", "PUT", "Authorization, content-type,x-requested-with", 204, "http://localhost:3000", "authorization,content-type,x-requested-with"},
		"an unheard-of header":      {"OPTIONS", "http://localhost:3000", "PUT", "x-evil,authorization", 204, "http://localhost:3000", "authorization"},
		"a question of a stranger":  {"OPTIONS", "http://evil.example", "PUT", "authorization", 204, "", ""},
		"plain OPTIONS":             {"OPTIONS", "http://localhost:3000", "", "", 418, "http://localhost:3000", ""},
		"another port":              {"GET", "http://localhost:3001", "", "", 418, "", ""},
		"another scheme":            {"GET", "https://localhost:3000", "", "", 418, "", ""},
		"a suffix":                  {"GET", "http://localhost:3000.evil.example", "", "", 418, "", ""},
		"null":                      {"GET", "null", "", "", 418, "", ""},
		"upper case, as no browser": {"GET", "HTTP://LOCALHOST:3000", "", "", 418, "", ""},
	} {
		r := httptest.NewRequest(c.method, "/api/catalog/entities", nil)
		for k, v := range map[string]string{"Origin": c.origin, "Access-Control-Request-Method": c.asks, "Access-Control-Request-Headers": c.headers} {
			if v != "" {
				r.Header.Set(k, v)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got := w.Header()
		if w.Code != c.status || got.Get("Access-Control-Allow-Origin") != c.allowed || got.Get("Access-Control-Allow-Headers") != c.allowedHeaders {
			t.Errorf("%s: %d %v", name, w.Code, got)
		}
		if (got.Get("Access-Control-Allow-Credentials") == "true") != (c.allowed != "") || !strings.Contains(strings.Join(got.Values("Vary"), ","), "Origin") {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestOriginsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, o := range []string{"", "*", "null", "localhost:3000", "http://localhost:3000/", "http://localhost:3000/app", "http://a@localhost", "HTTP://localhost", "http://LOCALHOST", "file:///x", "http://*.example.com", "http://a b"} {
		if _, err := httpapi.CORS(teapot, []string{o}); err == nil {
			t.Errorf("%q is taken for an origin", o)
		}
	}
}

func TestPagesOfElsewhereReachNoGuests(t *testing.T) {
	t.Parallel()
	h := httpapi.SameMachine(teapot, []string{"http://portal.example.com"})
	for origin, want := range map[string]int{
		"": 418, "http://localhost:3000": 418, "http://127.0.0.1:7007": 418, "http://[::1]:3000": 418, "http://portal.example.com": 418,
		"null": 403, "http://evil.example": 403, "http://localhost.evil.example": 403, "https://portal.example.com": 403, "http://localhost@evil.example": 403, "::": 403,
	} {
		r := httptest.NewRequest("POST", "/api/scaffolder/v2/tasks/x/cancel", nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d", origin, w.Code)
		}
	}
}
