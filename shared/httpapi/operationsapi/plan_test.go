package operationsapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest/portaltest"
	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
	"github.com/slipwayhq/slipway/shared/operations"
)

// publishing is a template that makes a repository; HOST stands for the GitLab's.
const publishing = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: publishing}
spec:
  type: service
  parameters: {required: [name], properties: {name: {type: string}}}
  steps:
    - {id: fetch, name: Fetch, action: "fetch:template", input: {url: ./skeleton, values: {name: "${{ parameters.name }}"}}}
    - {id: publish, name: Publish, action: "publish:gitlab", input: {repoUrl: "HOST?owner=platform&repo=${{ parameters.name }}", defaultBranch: main}}
  output: {links: [{title: Repository, url: "${{ steps.publish.output.remoteUrl }}"}]}
`

func TestAPlanSaysWhatWouldBeDone(t *testing.T) {
	t.Parallel()
	s := publishingSystem(t)
	const asked = `{"type":"template.run","input":{"template":"publishing","values":{"name":"orders"}},"secrets":{"token":"hush-hush"}`
	w := s.Post("/api/operations?dryRun=true", asked+"}")
	if strings.Contains(w.Body.String(), "0001-01-01") {
		t.Errorf("a time that is none: %s", w.Body)
	}
	var plan operationsapi.Plan
	if err := json.Unmarshal(w.Body.Bytes(), &plan); err != nil || w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	kinds := map[string]string{}
	for _, e := range plan.Effects {
		kinds[e.Kind] = e.Target
	}
	if kinds["gitlab.project"] != "platform/orders" || kinds["gitlab.commit"] == "" || len(plan.Hash) != 64 || strings.Contains(w.Body.String(), "hush-hush") {
		t.Errorf("%v, hash %q", kinds, plan.Hash)
	}
	want := []operationsapi.PlannedChange{
		{Project: "platform/orders", Branch: "main", Path: "README.md", Action: "create", Diff: "@@ -0,0 +1 @@\n+# orders\n", Bytes: 9},
		{Project: "platform/orders", Branch: "main", Path: "logo.bin", Action: "create", Binary: true, Bytes: 3},
	}
	if diff := cmp.Diff(want, plan.Changes); diff != "" {
		t.Error(diff)
	}
	var none operationPage
	if httpapitest.Get(t, s, "/api/operations", &none); len(none.Items) != 0 {
		t.Errorf("%d operations were stored", len(none.Items))
	}
	again := s.Post("/api/operations?dryRun=true", asked+"}")
	var same operationsapi.Plan
	if err := json.Unmarshal(again.Body.Bytes(), &same); err != nil || same.Hash != plan.Hash {
		t.Errorf("another hash: %s, %s", same.Hash, plan.Hash)
	}
	made := s.Post("/api/operations", asked+`,"planHash":"`+plan.Hash+`"}`)
	if made.Code != http.StatusAccepted {
		t.Fatal(made.Code, made.Body)
	}
	o := outcome(t, s, made.Header().Get("Location"))
	if o.Status != operations.Succeeded || o.Plan.Hash != plan.Hash {
		t.Errorf("%s, plan %+v, %+v", o.Status, o.Plan, o.Problem)
	}
	if taken := s.Post("/api/operations?dryRun=true", asked+"}"); taken.Code != http.StatusConflict {
		t.Errorf("planned although the repository is there: %d %s", taken.Code, taken.Body)
	}
}

// operationPage is a page of a list.
type operationPage struct{ Items []operations.Operation }

func TestPlansAreRefused(t *testing.T) {
	t.Parallel()
	s := publishingSystem(t)
	for path, body := range map[string]string{
		"?dryRun=maybe":             `{"type":"template.run","input":{"template":"publishing","values":{"name":"x"}}}`,
		"?dryRun=true&dryRun=false": `{"type":"template.run","input":{"template":"publishing","values":{"name":"x"}}}`,
		"?dryRun=true":              `{"type":"template.run","input":{"template":"publishing","values":{}}}`,
		"?dryRun=true&x=1":          `{"type":"template.go","input":{}}`,
		"":                          `{"type":"template.run","input":{"template":"publishing","values":{"name":"x"}},"planHash":"abc"}`,
	} {
		if w := s.Post("/api/operations"+path, body); w.Code != http.StatusBadRequest {
			t.Errorf("%s %s: %d %s", path, body, w.Code, w.Body)
		}
	}
}

func TestAnOperationIsCancelledRetriedAndRead(t *testing.T) {
	t.Parallel()
	s := publishingSystem(t)
	made := s.Post("/api/operations", `{"type":"template.run","input":{"template":"wait-template","values":{}},"secrets":{"token":"x"}}`)
	where := made.Header().Get("Location")
	s.Begun(t, strings.TrimPrefix(where, "/api/operations/"))
	if w := s.Post(where+"/retry", ""); w.Code != http.StatusConflict {
		t.Errorf("retried while it runs: %d %s", w.Code, w.Body)
	}
	if w := s.Post(where+"/cancel", ""); w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	if o := outcome(t, s, where); o.Status != operations.Failed || o.Cancelled == nil {
		t.Fatalf("%+v", o)
	}
	if w := s.Post(where+"/retry", `{"secrets":{"token":"x","other":"x"}}`); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"pointer":"#/secrets/other"`) {
		t.Errorf("with a secret that the plan does not know: %d %s", w.Code, w.Body)
	}
	if w := s.Post(where+"/retry", `{"secrets":{"token":"x"}}`); w.Code != http.StatusAccepted || w.Header().Get("Location") != where {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.Post(where+"/cancel", "")
	outcome(t, s, where)
	var page, rest operationsapi.LogPage
	httpapitest.Get(t, s, where+"/log?limit=1000", &page)
	httpapitest.Get(t, s, where+"/log?after=3&limit=2", &rest)
	if n := len(page.Items); n < 5 || page.Items[n-1].Type != operations.LineCompletion || len(rest.Items) != 2 || rest.Items[0].Seq != 4 {
		t.Errorf("%d lines, then %+v", n, rest.Items)
	}
	for path, want := range map[string]int{
		where + "/log?limit=0": 400, where + "/log?limit=1001": 400, where + "/log?after=x": 400, "/api/operations/nope/log": 404, "/api/operations/nope/log/stream": 404, where + "/log/stream?after=-1": 400,
	} {
		if w := httpapitest.Get(t, s, path, new(any)); w.Code != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for _, path := range []string{"/api/operations/nope/cancel", "/api/operations/nope/retry"} {
		if w := s.Post(path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// outcome reads an operation's log to its end and gives the operation.
func outcome(t *testing.T, s *portaltest.Portal, where string) (o operations.Operation) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, where+"/log/stream", nil))
	if !strings.Contains(w.Body.String(), "event: completion\n") {
		t.Fatal(w.Body)
	}
	httpapitest.Get(t, s, where, &o)
	return o
}

func publishingSystem(t *testing.T) *portaltest.Portal {
	t.Helper()
	s := portaltest.New(t, portaltest.Program{})
	files := portaltest.RecordedTemplates(t)
	_, host, _ := strings.Cut(s.GitLab, "://")
	files["publishing/template.yaml"] = []byte(strings.ReplaceAll(publishing, "HOST", host))
	files["publishing/skeleton/README.md"] = []byte("# ${{ values.name }}\n")
	files["publishing/skeleton/logo.bin"] = []byte("\x00\x01\x02")
	s.Register(t, files)
	return s
}
