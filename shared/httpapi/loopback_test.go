package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/slipwayhq/slipway/shared/httpapi"
)

func TestLoopbackOnly(t *testing.T) {
	t.Parallel()
	h := httpapi.LoopbackOnly(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for host, want := range map[string]int{
		"127.0.0.1:7007": 204, "localhost:7007": 204, "localhost": 204, "[::1]:7007": 204, "[::1]": 204, "127.1.2.3": 204,
		"evil.example.net:7007": 403, "127.0.0.1.example.net": 403, "localhost.example.net:7007": 403, "10.0.0.5:7007": 403, "": 403,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/operations", http.NoBody)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", host, w.Code, want)
		}
	}
}
