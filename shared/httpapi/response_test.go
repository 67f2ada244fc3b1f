package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/slipwayhq/slipway/shared/httpapi"
)

// TestRawJSONIsSentAsItIs: it is somebody's stored bytes, not ours to write differently.
func TestRawJSONIsSentAsItIs(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"b":1, "a":[ ] ,"html":"<&>","big":12345678901234567890}`, `[]`, ``} {
		w := httptest.NewRecorder()
		if err := httpapi.WriteRawJSON(w, http.StatusAccepted, []byte(body)); err != nil {
			t.Fatal(err)
		}
		if w.Code != http.StatusAccepted || w.Body.String() != body || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	}
}
