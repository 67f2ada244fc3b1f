package httpapitest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Recording is one request to the real backend with its answer.
type Recording struct {
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         any
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    any
	}
}

// ReadRecording reads one from a file.
func ReadRecording(t *testing.T, file string) (r Recording) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// Deviations reads which recordings are answered otherwise on purpose out of the table that
// tells people: "| `106-byquery-post-bad-operator` | `message` | reason |". The second
// column names what is left out of the comparison. names is the pattern of their names.
func Deviations(t *testing.T, file, names string) map[string]string {
	t.Helper()
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `("+names+")` \\| `(\\w+)` \\| \\S.*\\|$").FindAllStringSubmatch(string(doc), -1) {
		out[row[1]] = row[2]
	}
	return out
}

// Compare gives the differences between the recorded and the real answer. except is a
// member that is left out, "body" for all of them, "answer" for the status as well.
func Compare(want Recording, status int, got any, besides, except string) string {
	if except == "answer" {
		return ""
	}
	if status != want.Response.Status {
		return cmp.Diff(want.Response.Status, status) + cmp.Diff(nil, got)
	}
	if except == "body" {
		return ""
	}
	leaveOut := map[string]bool{except: true, besides: true}
	return cmp.Diff(normal(want.Response.Body, leaveOut), normal(got, leaveOut))
}

// Replay sends a recorded request to the server below a mount and gives its answer; headers
// that clients look at are compared.
func Replay(t *testing.T, server http.Handler, mount string, r Recording) (status int, body any) {
	t.Helper()
	var sent []byte
	switch b := r.Request.Body.(type) {
	case nil:
	case string:
		sent = []byte(b)
	default:
		sent, _ = json.Marshal(b)
	}
	req := httptest.NewRequest(r.Request.Method, mount+r.Request.Path, bytes.NewReader(sent))
	for name, value := range r.Request.Headers {
		req.Header.Set(name, value)
	}
	if req.Header.Get("If-None-Match") != "" {
		req.Header.Set("Cache-Control", "no-cache") // fetch sent it as well, unrecorded
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, req)
	checkHeaders(t, r, w)
	if w.Body.Len() == 0 {
		return w.Code, ""
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Errorf("%s: not JSON: %v", r.Request.Path, err)
	}
	return w.Code, body
}

// checkHeaders compares what clients look at. An ETag too many is no harm.
func checkHeaders(t *testing.T, r Recording, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code != r.Response.Status {
		return
	}
	for _, name := range []string{"link", "content-type"} {
		if got, want := w.Header().Get(name), r.Response.Headers[name]; got != want {
			t.Errorf("%s: %s %q, want %q", r.Request.Path, name, got, want)
		}
	}
	if r.Response.Status == http.StatusOK && r.Response.Headers["etag"] != "" && w.Header().Get("ETag") == "" {
		t.Errorf("%s: no ETag", r.Request.Path)
	}
}

// volatile are the members whose values differ between two runs of the real backend, or
// say by which route the fixtures came in.
var volatile = regexp.MustCompile(`^(etag|nextCursor|prevCursor|id|backstage\.io/(managed-by-(origin-)?location|view-url|edit-url|source-location))$`)

// normal blanks what may differ.
func normal(v any, leaveOut map[string]bool) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = normal(v[i], leaveOut)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, item := range v {
			switch {
			case strings.HasPrefix(k, "backstage.io/") && volatile.MatchString(k):
			case volatile.MatchString(k) || leaveOut[k]:
				out[k] = "…"
			case k == "spec" && v["kind"] == "Location" && strings.HasPrefix(nameOf(v), "generated-"):
			default:
				out[k] = normal(item, leaveOut)
			}
		}
		return out
	}
	return v
}

func nameOf(entity map[string]any) string {
	meta, _ := entity["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	return name
}
