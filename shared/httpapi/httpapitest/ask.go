package httpapitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/auth"
)

// Guest lets everybody in, as the recorded server did.
type Guest struct{}

// Authenticate gives the guest.
func (Guest) Authenticate(context.Context, []string) (auth.Principal, error) {
	return auth.Principal{EntityRef: "user:default/guest"}, nil
}

// Get asks a server and decodes its answer.
func Get(t *testing.T, server http.Handler, path string, into any) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%s: %v in %s", path, err, w.Body)
	}
	return w
}

// Post sends JSON to a server, decodes its answer and gives its status.
func Post(t *testing.T, server http.Handler, path, body string, into any) int {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader([]byte(body)))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%s: %v in %s", path, err, w.Body)
	}
	return w.Code
}

// slowest is how long the catalog may take over any request at all on a small catalog,
// with a wide margin for a busy machine.
const slowest = 5 * time.Second

// MustAnswer holds any answer against the rules: no fault of ours, always JSON in the right
// form, never a slow one.
func MustAnswer(t *testing.T, server http.Handler, r *http.Request) {
	t.Helper()
	began := time.Now()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	if took := time.Since(began); took > slowest {
		t.Fatalf("took %s", took)
	}
	switch {
	case w.Code >= http.StatusInternalServerError:
		t.Fatalf("%d %s", w.Code, w.Body)
	case w.Code == http.StatusOK && w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()):
		t.Fatalf("not JSON: %s", w.Body)
	case w.Code >= http.StatusBadRequest && w.Body.Len() > 0 && strings.Contains(Refusal(w), "without an envelope") && !strings.Contains(w.Body.String(), `"errors":[`):
		t.Fatal(Refusal(w))
	}
}

// Refusal gives the message of an error in Backstage's envelope, or what there is instead.
func Refusal(w *httptest.ResponseRecorder) string {
	var answer struct {
		Error    struct{ Name, Message string }
		Response struct{ StatusCode int }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Response.StatusCode != w.Code {
		return fmt.Sprintf("%d without an envelope: %.200s", w.Code, w.Body)
	}
	return fmt.Sprintf("%d %s: %s", w.Code, answer.Error.Name, answer.Error.Message)
}
