package scaffolderapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest/portaltest"
)

// fuzzedScaffolder is the system with a task that has ended.
func fuzzedScaffolder(f *testing.F) (*portaltest.Portal, string) {
	f.Helper()
	s := portaltest.New(f, auth.Guest{})
	s.Register(f, portaltest.RecordedTemplates(f))
	id := s.Create(f, "tiny-template", map[string]any{"name": "a"})
	s.Ended(f, id)
	return s, id
}

func FuzzScaffolderQueryString(f *testing.F) {
	server, id := fuzzedScaffolder(f)
	for _, seed := range []string{
		"", "limit=1&offset=1e9", "createdBy=user:default/x&status=failed&status=", "order=asc:status&order=desc:created_at", "after=-1", "after=999999999999999999999", "after=1&after=2", "%zz=%&&=;", "limit=0", "dryRun=true", "after=NaN",
	} {
		f.Add(seed)
	}
	paths := []string{"/v2/tasks", "/v2/tasks/" + id + "/events", "/v2/tasks/" + id + "/eventstream", "/v2/actions", "/v2/templates/default/template/tiny-template/parameter-schema"}
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range paths {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond) // a question for events that never come
			r := httptest.NewRequest("GET", "/api/scaffolder"+path, nil).WithContext(ctx)
			r.URL.RawQuery = query
			if strings.HasSuffix(path, "stream") {
				mustStream(t, server, r)
			} else {
				httpapitest.MustAnswer(t, server, r)
			}
			cancel()
		}
	})
}

// mustStream holds an answer that may be a stream against the rules.
func mustStream(t *testing.T, server *portaltest.Portal, r *http.Request) {
	t.Helper()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	text := w.Body.String()
	switch {
	case w.Code == http.StatusBadRequest && strings.Contains(text, "InputError"):
	case w.Code != http.StatusOK || !strings.HasPrefix(text, ":\n\n") || strings.Count(text, "event: completion\n") > 1:
		t.Fatalf("%d %s", w.Code, text)
	}
}

func FuzzScaffolderBody(f *testing.F) {
	server, id := fuzzedScaffolder(f)
	for _, seed := range []string{
		`{}`, `[]`, `null`, `{"templateRef":"tiny-template","values":{"name":1}}`, `{"templateRef":"fail-template","values":{},"secrets":{"a":"b"}}`, `{"secrets":{"a":1}}`, `{"token":"t","context":{"id":"1"}}`, `{"token":"t","context":{"owner":"platform","repository":"templates"}}`,
		`{"template":{"apiVersion":"scaffolder.backstage.io/v1beta3","kind":"Template","metadata":{"name":"x"},"spec":{"type":"t","steps":[{"action":"debug:log","input":{"message":"${{ parameters }}"}}]}},"values":{"a":[{}]},"directoryContents":[{"path":"../x","base64Content":"eA=="}]}`,
		`{"template":{"apiVersion":"scaffolder.backstage.io/v1beta3","kind":"Template","metadata":{"name":"x"},"spec":{"type":"t","parameters":[{"$ref":"#"},1],"secrets":{"schema":{"type":"nope"}},"steps":[]}},"values":{},"directoryContents":[]}`,
	} {
		f.Add(seed)
	}
	paths := []string{"/v2/tasks", "/v2/dry-run", "/v2/autocomplete/gitlab/groups", "/v2/autocomplete/gitlab/repositories", "/v2/autocomplete/gitlab/branches", "/v2/tasks/" + id + "/retry", "/v2/tasks/nope/cancel"}
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range paths {
			r := httptest.NewRequest("POST", "/api/scaffolder"+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			httpapitest.MustAnswer(t, server, r)
		}
	})
}
