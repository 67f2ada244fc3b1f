package scaffolderapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest/portaltest"
	"github.com/slipwayhq/slipway/shared/scm"
)

// tried are templates for what no recording shows.
var tried = map[string]string{
	"form/template.yaml": `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: form, title: A form, description: Asks, "ui:options": {theme: dark}}
spec:
  type: service
  presentation: {buttonLabels: {createButtonText: Go}}
  formDecorators: [{id: token}]
  secrets: {schema: {type: object, required: [token], properties: {token: {type: string, minLength: 3}}}}
  parameters:
    - {title: First, required: [name], properties: {name: {type: string, pattern: "^[a-z]+$"}, size: {type: integer, default: 3}}}
    - {description: no title, properties: {tags: {type: array, items: {enum: [a, b]}}}}
  steps:
    - {id: say, name: Say, action: "debug:log", input: {message: "${{ parameters.name }} ${{ secrets.token }}"}}
  output: {text: [{title: Said, content: "${{ parameters.size }}"}]}
`,
	"odd/template.yaml": `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: odd}
spec:
  type: service
  parameters: {properties: {a: {type: string}}}
  steps: [{id: x, action: "shell:run"}]
`,
}

// triedScaffolder is the system with these templates and those of the recordings, for
// anybody who calls as the guest.
func triedScaffolder(t testing.TB) *portaltest.Portal {
	t.Helper()
	s := portaltest.New(t, auth.Guest{})
	files := portaltest.RecordedTemplates(t)
	for name, content := range tried {
		files[name] = []byte(content)
	}
	s.Register(t, files)
	return s
}

func TestAFormIsShownWithAllThatFrontendsRead(t *testing.T) {
	t.Parallel()
	s := triedScaffolder(t)
	var got any
	if code := s.Ask(t, http.MethodGet, "/v2/templates/default/Template/form/parameter-schema", nil, &got); code != http.StatusOK {
		t.Fatal(code, got)
	}
	first := map[string]any{"title": "First", "required": []any{"name"}, "properties": map[string]any{
		"name": map[string]any{"type": "string", "pattern": "^[a-z]+$"}, "size": map[string]any{"type": "integer", "default": 3.0},
	}}
	second := map[string]any{"description": "no title", "properties": map[string]any{
		"tags": map[string]any{"type": "array", "items": map[string]any{"enum": []any{"a", "b"}}},
	}}
	want := map[string]any{
		"title": "A form", "description": "Asks", "ui:options": map[string]any{"theme": "dark"},
		"presentation": map[string]any{"buttonLabels": map[string]any{"createButtonText": "Go"}}, "formDecorators": []any{map[string]any{"id": "token"}},
		"steps": []any{
			map[string]any{"title": "First", "schema": first},
			map[string]any{"title": "Please enter the following information", "description": "no title", "schema": second},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var single struct{ Steps []any }
	if s.Ask(t, http.MethodGet, "/v2/templates/default/template/tiny-template/parameter-schema", nil, &single); len(single.Steps) != 1 {
		t.Errorf("one page that is no list: %v", single)
	}
}

func TestATaskIsRefused(t *testing.T) {
	t.Parallel()
	s := triedScaffolder(t)
	good := map[string]string{"token": "hush"}
	for name, c := range map[string]struct {
		template string
		values   any
		secrets  any
		status   int
		says     []string
	}{
		"two values": {"form", map[string]any{"name": "A1", "size": "x"}, good, 400, []string{
			`"property":"instance.name","message":"does not match pattern \"^[a-z]+$\""`, `"stack":"instance.size is not of a type(s) integer"`, `"argument":["integer"]`, `"path":["size"]`, `"instance":"x"`, `"name":"type"`}},
		"missing":         {"form", map[string]any{}, good, 400, []string{`"message":"requires property \"name\""`, `"path":[]`, `"argument":"name"`}},
		"second page":     {"form", map[string]any{"name": "a", "tags": []any{"c"}}, good, 400, []string{`"property":"instance.tags[0]"`, `is not one of enum values: a,b`}},
		"no secret":       {"form", map[string]any{"name": "a"}, map[string]string{}, 400, []string{`"message":"secrets.token is required"`, `"instance":{}`}},
		"short secret":    {"form", map[string]any{"name": "a"}, map[string]string{"token": "hu"}, 400, []string{`"property":"secrets.token"`, `does not meet minimum length of 3`}},
		"unknown action":  {"odd", map[string]any{}, nil, 400, []string{`InputError`, `shell:run`}},
		"another kind":    {"component:default/x", map[string]any{}, nil, 400, []string{"Invalid kind, only 'Template' kind is supported"}},
		"no ref":          {"a b", map[string]any{}, nil, 400, []string{"InputError"}},
		"nobody's":        {"template:other/form", map[string]any{}, nil, 404, []string{"Template template:other/form not found"}},
		"values":          {"form", []any{}, nil, 400, []string{"request/body/values must be object"}},
		"secrets":         {"form", map[string]any{}, map[string]any{"token": 1}, 400, []string{"request/body/secrets/token must be string"}},
		"name of secrets": {"form", map[string]any{"name": "a"}, map[string]string{"token": "hush", "a b": "x"}, 400, []string{"InputError"}},
	} {
		body := map[string]any{"templateRef": c.template, "values": c.values}
		if c.secrets != nil {
			body["secrets"] = c.secrets
		}
		raw, _ := json.Marshal(body)
		r := httptest.NewRequest(http.MethodPost, "/api/scaffolder/v2/tasks", strings.NewReader(string(raw)))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		for _, text := range c.says {
			if w.Code != c.status || !strings.Contains(w.Body.String(), text) || strings.Contains(w.Body.String(), "hu\"") {
				t.Errorf("%s: %d %s does not say %s", name, w.Code, w.Body, text)
			}
		}
	}
	var page struct{ TotalTasks int }
	if s.Ask(t, http.MethodGet, "/v2/tasks", nil, &page); page.TotalTasks != 0 {
		t.Errorf("%d were started", page.TotalTasks)
	}
}

func TestATaskIsShownAsThePersonStartedIt(t *testing.T) {
	t.Parallel()
	s := triedScaffolder(t)
	var made struct{ ID string }
	s.Ask(t, http.MethodPost, "/v2/tasks", map[string]any{"templateRef": "form", "values": map[string]any{"name": "a"}, "secrets": map[string]string{"token": "hush-hush"}}, &made)
	s.Ended(t, made.ID)
	w := httptest.NewRecorder()
	for _, path := range []string{"/v2/tasks", "/v2/tasks/" + made.ID, "/v2/tasks/" + made.ID + "/events", "/v2/tasks/" + made.ID + "/eventstream"} {
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/scaffolder"+path, nil))
	}
	text := w.Body.String()
	if strings.Contains(text, "hush-hush") {
		t.Error("the secret is shown")
	}
	for _, part := range []string{`"createdBy":"user:development/guest"`, `"ref":"user:development/guest"`, `"status":"completed"`, `"parameters":{"name":"a","size":3}`, `"output":{"text":[{"title":"Said","content":3}]}`} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in %s", part, text)
		}
	}
}

func TestTasksAreListed(t *testing.T) {
	t.Parallel()
	s := triedScaffolder(t)
	var ids []string
	for range 3 {
		ids = append(ids, s.Create(t, "tiny-template", map[string]any{"name": "a"}))
		s.Ended(t, ids[len(ids)-1])
	}
	slices.Reverse(ids) // newest first
	failing := s.Create(t, "fail-template", map[string]any{})
	s.Ended(t, failing)
	for query, want := range map[string]struct {
		ids   []string
		total int
	}{
		"":                             {append([]string{failing}, ids...), 4},
		"?limit=2&offset=1":            {ids[:2], 4},
		"?limit=0":                     {nil, 4},
		"?offset=9":                    {nil, 4},
		"?status=completed":            {ids, 3},
		"?status=failed":               {[]string{failing}, 1},
		"?status=failed&status=open":   {[]string{failing}, 1},
		"?status=no-such":              {nil, 0},
		"?createdBy=user:default/none": {nil, 0},
		"?createdBy=user:development/guest&status=cancelled": {nil, 0},
		"?order=asc:created_at&limit=1":                      {ids[2:], 4},
		"?order=asc:status":                                  {append(slices.Clone(ids), failing), 4},
		"?order=desc:status&order=asc:created_by":            {append([]string{failing}, ids...), 4},
	} {
		var page struct {
			Tasks      []struct{ ID string }
			TotalTasks int
		}
		code := s.Ask(t, http.MethodGet, "/v2/tasks"+query, nil, &page)
		var got []string
		for _, task := range page.Tasks {
			got = append(got, task.ID)
		}
		if diff := cmp.Diff(want.ids, got); code != http.StatusOK || diff != "" || page.TotalTasks != want.total {
			t.Errorf("%s: %d, %d in all: %s", query, code, page.TotalTasks, diff)
		}
	}
	for _, query := range []string{"?order=created_at", "?order=asc:name", "?limit=-1", "?limit=x", "?what=1", "?status="} {
		if code := s.Ask(t, http.MethodGet, "/v2/tasks"+query, nil, nil); code != http.StatusBadRequest {
			t.Errorf("%s: %d", query, code)
		}
	}
}

// A question for events waits for one, and is answered before whoever asks gives up.
func TestAQuestionForEventsWaits(t *testing.T) {
	t.Parallel()
	s := triedScaffolder(t)
	id := s.Create(t, "wait-template", map[string]any{})
	s.Begun(t, id)
	var list []struct{ ID int }
	s.Ask(t, http.MethodGet, "/v2/tasks/"+id+"/events", nil, &list)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	w := httptest.NewRecorder()
	path := fmt.Sprintf("/api/scaffolder/v2/tasks/%s/events?after=%d", id, list[len(list)-1].ID+1000)
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx))
	if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != "[]" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	cancelled := make(chan bool)
	go func() {
		for after := list[len(list)-1].ID; ; {
			var more []struct {
				ID   int
				Type string
			}
			s.Ask(t, http.MethodGet, fmt.Sprintf("/v2/tasks/%s/events?after=%d", id, after), nil, &more)
			if len(more) == 0 || more[len(more)-1].Type == "cancelled" || more[len(more)-1].Type == "completion" {
				cancelled <- len(more) > 0
				return
			}
			after = more[len(more)-1].ID
		}
	}()
	s.Ask(t, http.MethodPost, "/v2/tasks/"+id+"/cancel", nil, nil)
	if !<-cancelled {
		t.Error("an answer without events, before its time")
	}
}

func TestWhatGitLabHasIsSuggested(t *testing.T) {
	t.Parallel()
	s := triedScaffolder(t)
	if err := s.System.EnsureGroup(t.Context(), "platform/inner", "internal"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.System.SCM.CreateProject(t.Context(), scm.NewProject{Namespace: "platform/inner", Slug: "deeper", DefaultBranch: "main", Visibility: "internal"}); err != nil {
		t.Fatal(err)
	}
	ask := func(resource string, about map[string]string) (titles []string, ids []string) {
		var got struct {
			Results []struct{ Title, ID string }
		}
		if code := s.Ask(t, http.MethodPost, "/v2/autocomplete/gitlab/"+resource, map[string]any{"token": "t", "context": about}, &got); code != http.StatusOK || got.Results == nil {
			t.Fatal(resource, code)
		}
		for _, r := range got.Results {
			titles, ids = append(titles, r.Title), append(ids, r.ID)
		}
		return titles, ids
	}
	groups, numbers := ask("groups", map[string]string{"host": "gitlab.example.com"})
	if !slices.Equal(groups, []string{"platform", "platform/inner"}) {
		t.Fatal(groups)
	}
	if _, ids := ask("repositories", map[string]string{"id": numbers[0]}); !slices.Equal(ids, []string{"templates"}) {
		t.Errorf("repositories %v", ids)
	}
	if _, ids := ask("repositories", map[string]string{"id": "999999"}); len(ids) != 0 {
		t.Errorf("repositories of no group: %v", ids)
	}
	if _, ids := ask("branches", map[string]string{"owner": "platform", "repository": "templates"}); !slices.Equal(ids, []string{"main"}) {
		t.Errorf("branches %v", ids)
	}
	for path, body := range map[string]any{
		"gitlab/groups": map[string]any{"token": "", "context": map[string]string{}}, "gitlab/what": map[string]any{"token": "t", "context": map[string]string{}},
		"gitlab/repositories": map[string]any{"token": "t", "context": map[string]string{}}, "gitlab/branches": map[string]any{"token": "t", "context": map[string]string{"owner": "x"}},
		"bitbucket/groups": map[string]any{"token": "t", "context": map[string]string{}}, "github/x": map[string]any{"context": map[string]string{}},
	} {
		if code := s.Ask(t, http.MethodPost, "/v2/autocomplete/"+path, body, nil); code != http.StatusBadRequest {
			t.Errorf("%s: %d", path, code)
		}
	}
}

// Every action of the recordings is there and takes what it took.
func TestActionsTakeWhatTheyTakeInBackstage(t *testing.T) {
	t.Parallel()
	type action struct {
		ID     string
		Schema struct {
			Input struct{ Properties map[string]any }
		}
	}
	w := httptest.NewRecorder()
	triedScaffolder(t).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/scaffolder/v2/actions", nil))
	var ours []action
	if err := json.Unmarshal(w.Body.Bytes(), &ours); err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(httpapitest.ReadRecording(t, "../testdata/backstage/scaffolder/001-actions.json").Response.Body)
	var recorded []action
	if err := json.Unmarshal(raw, &recorded); err != nil || len(recorded) == 0 {
		t.Fatal(err)
	}
	for _, want := range recorded {
		i := slices.IndexFunc(ours, func(a action) bool { return a.ID == want.ID })
		if i < 0 {
			t.Errorf("there is no %s", want.ID)
			continue
		}
		for name := range want.Schema.Input.Properties {
			if ours[i].Schema.Input.Properties[name] == nil {
				t.Errorf("%s does not take %s", want.ID, name)
			}
		}
	}
	if !slices.IsSortedFunc(ours, func(a, b action) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("not in the order of their ids")
	}
}
