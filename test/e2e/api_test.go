package e2e

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/wire/demo"
)

// fates are users whose requests end in a way that is hard to come by: the tables fail them.
var fates = map[string]error{
	"user:default/throttled": &errs.Error{Kind: errs.RateLimited, Message: "too many requests", RetryAfter: 1500 * time.Millisecond},
	"user:default/offline":   errs.New(errs.Unavailable, "the table does not answer"),
	"user:default/unlucky":   errs.New(errs.Internal, "a fault"),
	"user:default/" + early:  errs.New(errs.NotFound, "there is no such item yet"),
}

// fatedTable is a table that fails whoever is fated to it.
type fatedTable struct{ table.Table }

func (f fatedTable) Get(ctx context.Context, k table.Key) (table.Item, error) {
	if err := fates[correlation.From(ctx).Actor]; err != nil {
		return table.Item{}, err
	}
	return f.Table.Get(ctx, k)
}

func (f fatedTable) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := fates[correlation.From(ctx).Actor]; err != nil {
		return table.Page{}, err
	}
	return f.Table.Query(ctx, q)
}

// intruded is a GitLab in which somebody else commits to apps/intruded before its pipeline
// starts, so that undoing has to leave it.
type intruded struct{ scm.Client }

func (i intruded) StartPipeline(ctx context.Context, id int64, ref string, variables map[string]string) (scm.Pipeline, error) {
	if project, err := i.ProjectByID(ctx, id); err == nil && project.Path == "apps/intruded" {
		note := scm.Change{Action: scm.CreateFile, Path: "NOTES.md", Content: []byte("ours\n")}
		if _, err := i.Commit(ctx, id, scm.NewCommit{Branch: "main", Message: "Take notes", Changes: []scm.Change{note}}); err != nil {
			return scm.Pipeline{}, err
		}
	}
	return i.Client.StartPipeline(ctx, id, ref, variables)
}

// byName lets in whoever gives a name as the token, but not Mallory.
type byName struct{}

func (byName) Authenticate(_ context.Context, authorization []string) (auth.Principal, error) {
	name, ok := strings.CutPrefix(strings.Join(authorization, " "), "Bearer ")
	switch {
	case !ok:
		return auth.Principal{}, errs.New(errs.Unauthenticated, "a bearer token is needed")
	case name == "mallory":
		return auth.Principal{}, errs.New(errs.Forbidden, "you may not use this portal")
	}
	return auth.Principal{Subject: name, EntityRef: "user:default/" + name, Kind: auth.User}, nil
}

// visit is a client that holds every answer against the description.
type visit struct {
	*process
	description
	seen map[string]bool // "createOperation 202"
}

func (v visit) as(t *testing.T, user, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if user != "" {
		r.Header.Set("Authorization", "Bearer "+user)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	v.Portal.ServeHTTP(w, r)
	if name := v.mustDescribe(t, r, []byte(body), w); name != "" {
		v.seen[name] = true
	}
	return w
}

// example gives the request that the description shows.
func (v visit) example(t *testing.T) string {
	t.Helper()
	shown, _ := v.at("paths", "/api/operations", "post", "requestBody", "content", "application/json", "examples", "createApplication", "value")
	body, err := json.Marshal(shown)
	if err != nil || shown == nil {
		t.Fatal("the description has no example", err)
	}
	return string(body)
}

// create asks for an operation and looks at it until it ends in that status.
func (v visit) create(t *testing.T, body string, want operations.Status) *operations.Operation {
	t.Helper()
	w := v.as(t, "jane", http.MethodPost, "/api/operations", body)
	if w.Code != http.StatusAccepted {
		t.Fatal(w.Code, w.Body)
	}
	where := w.Header().Get("Location")
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		var o operations.Operation
		if err := json.Unmarshal(v.as(t, "jane", http.MethodGet, where, "").Body.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		v.as(t, "jane", http.MethodGet, where+"/effects", "")
		if o.Status.Ended() && o.Status != want || time.Now().After(deadline) {
			t.Fatalf("%s is %s: %+v", o.ID, o.Status, o.Problem)
		}
		if o.Status == want {
			return &o
		}
	}
}

// TestAnswersAreAsDescribed lives through everything that the API's description says, and
// holds each answer against it: nothing is answered that is not described, and nothing is
// described that is never answered.
func TestAnswersAreAsDescribed(t *testing.T) {
	t.Parallel()
	w := newWorldWithJobs(t, 5*time.Millisecond)
	w.who = byName{}
	p := w.startWith(t, clock.System{}, layers{
		table: func(_ string, tab table.Table) table.Table { return fatedTable{tab} },
		scm:   func(host scm.Client) scm.Client { return intruded{host} },
	})
	defer p.stop(t)
	if _, err := demo.Seed(t.Context(), demo.Into{GitLabURL: w.gitlabURL, Groups: p, SCM: p.SCM, Locations: p.Catalog}); err != nil {
		t.Fatal(err)
	}
	addDoomedTemplate(t, p)
	v := visit{process: p, description: describedBy(t, p.Portal), seen: map[string]bool{}}
	succeeded := v.create(t, v.example(t), operations.Succeeded)
	failed := v.create(t, body(t, doomedRequest("doomed-1")), operations.Failed)
	if o := v.create(t, body(t, doomedRequest("intruded")), operations.Parked); len(o.Problem.Left) == 0 {
		t.Error("what is left is not named")
	} else {
		mustBeAudited(t, p, o)
	}
	v.refusals(t)
	v.logs(t, succeeded.ID)
	v.again(t, succeeded.ID, failed.ID)
	v.lists(t)
	v.everyRoute(t)
	if diff := cmp.Diff(v.answers(), slices.Sorted(maps.Keys(v.seen))); diff != "" {
		t.Errorf("described and answered: %s", diff)
	}
}

func body(t *testing.T, r operations.Request) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// refusals asks for what can't be had.
func (v visit) refusals(t *testing.T) {
	t.Helper()
	post := func(body string, headers ...string) int {
		return v.as(t, "jane", http.MethodPost, "/api/operations", body, headers...).Code
	}
	for name, c := range map[string]struct{ got, want int }{
		"taken":         {post(v.example(t)), http.StatusConflict},
		"several wrong": {post(body(t, requestWith(map[string]any{"name": 7, "environments": []any{"nowhere"}}))), http.StatusBadRequest},
		"unknown type":  {post(`{"type":"app.paint","input":{}}`), http.StatusBadRequest},
		"no JSON":       {post(`{"type":`), http.StatusBadRequest},
		"too large":     {post(`"` + strings.Repeat("a", httpapi.DefaultMaxBody) + `"`), http.StatusRequestEntityTooLarge},
		"not there":     {v.as(t, "jane", http.MethodGet, "/api/operations/none", "").Code, http.StatusNotFound},
		"no effects":    {v.as(t, "jane", http.MethodGet, "/api/operations/none/effects", "").Code, http.StatusNotFound},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d", name, c.got)
		}
	}
	v.as(t, "jane", http.MethodGet, "/api/nothing", "")
	v.as(t, "jane", http.MethodDelete, "/api/operations", "")
}

// logs reads what operations said.
func (v visit) logs(t *testing.T, id string) {
	t.Helper()
	at := "/api/operations/" + id + "/log"
	for target, want := range map[string]int{
		at: http.StatusOK, at + "?after=x": http.StatusBadRequest, at + "/stream": http.StatusOK, at + "/stream?after=x": http.StatusBadRequest,
		"/api/operations/none/log": http.StatusNotFound, "/api/operations/none/log/stream": http.StatusNotFound,
	} {
		if w := v.as(t, "jane", http.MethodGet, target, ""); w.Code != want {
			t.Errorf("%s: %d, want %d", target, w.Code, want)
		}
	}
}

// again looks before it asks, stops what has ended, and runs again what failed.
func (v visit) again(t *testing.T, succeeded, failed string) {
	t.Helper()
	post := func(target, body string) int {
		return v.as(t, "jane", http.MethodPost, "/api/operations"+target, body).Code
	}
	for name, c := range map[string]struct{ got, want int }{
		"plan":            {post("?dryRun=true", body(t, request("planned"))), http.StatusOK},
		"cancelled late":  {post("/"+succeeded+"/cancel", ""), http.StatusOK},
		"cancel none":     {post("/none/cancel", ""), http.StatusNotFound},
		"retry success":   {post("/"+succeeded+"/retry", ""), http.StatusConflict},
		"retry none":      {post("/none/retry", ""), http.StatusNotFound},
		"retry what":      {post("/"+failed+"/retry", `{"secrets":7}`), http.StatusBadRequest},
		"retry too large": {post("/"+failed+"/retry", `"`+strings.Repeat("a", httpapi.DefaultMaxBody)+`"`), http.StatusRequestEntityTooLarge},
		"retry failure":   {post("/"+failed+"/retry", ""), http.StatusAccepted},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d", name, c.got)
		}
	}
	if o := v.ended(t, failed); o.Status != operations.Failed || o.Attempt != 1 {
		t.Errorf("the second attempt ended as %s: %+v", o.Status, o)
	}
}

// lists reads the lists page by page, and in ways that nobody offered.
func (v visit) lists(t *testing.T) {
	t.Helper()
	for _, list := range []string{"/api/operations?limit=1", "/api/audit/records?limit=7&actor=user:default/jane"} {
		for next := list; next != ""; {
			var page struct{ NextCursor string }
			if err := json.Unmarshal(v.as(t, "jane", http.MethodGet, next, "").Body.Bytes(), &page); err != nil {
				t.Fatal(err)
			}
			if next = ""; page.NextCursor != "" {
				next = list + "&cursor=" + url.QueryEscape(page.NextCursor)
			}
		}
	}
	v.catalog(t)
	v.as(t, "jane", http.MethodGet, "/api/operations?cursor=nonsense", "")
	v.as(t, "jane", http.MethodGet, "/api/audit/records?colour=red&from=yesterday", "")
	tag := v.as(t, "", http.MethodGet, "/openapi.json", "").Header().Get("ETag")
	v.as(t, "", http.MethodGet, "/openapi.json", "", "If-None-Match", tag)
}

// catalog reads what the catalog tells beyond Backstage's contract.
func (v visit) catalog(t *testing.T) {
	t.Helper()
	v.as(t, early, http.MethodGet, "/api/catalog/reconciliation", "")
	graph := graphRoute + "?from=awsenvironment:default/dev&direction=dependencies"
	tag := v.as(t, "jane", http.MethodGet, graph, "").Header().Get("ETag")
	for target, want := range map[string]int{
		graph:                                         http.StatusNotModified,
		graphRoute + "?from=nothing":                  http.StatusBadRequest,
		"/api/catalog/reconciliation":                 http.StatusOK,
		"/api/catalog/problems":                       http.StatusOK,
		"/api/catalog/problems?limit=x":               http.StatusBadRequest,
		strings.Replace(graph, "/dev", "/nothing", 1): http.StatusNotFound,
		historyRoute("dev"):                           http.StatusOK,
		historyRoute("dev") + "?limit=x":              http.StatusBadRequest,
		historyRoute("nothing"):                       http.StatusNotFound,
	} {
		if w := v.as(t, "jane", http.MethodGet, target, "", "If-None-Match", tag); w.Code != want {
			t.Errorf("%s: %d, want %d", target, w.Code, want)
		}
	}
}

// early is who asks before there is anything.
const early = "early"

const graphRoute = "/api/catalog/graph"

func historyRoute(name string) string {
	return "/api/catalog/entities/by-name/awsenvironment/default/" + name + "/history"
}

// everyRoute calls every route as everybody, among them those who are fated to fail.
func (v visit) everyRoute(t *testing.T) {
	t.Helper()
	want := map[string]int{"": 401, "mallory": 403, "throttled": 429, "unlucky": 500, "offline": 503}
	for user, status := range want {
		for _, target := range []string{
			"/api/operations", "/api/operations/some", "/api/operations/some/effects", "/api/operations/some/log", "/api/operations/some/log/stream", "/api/audit/records", "/api/environments",
			graphRoute + "?from=component:orders&direction=dependents", historyRoute("dev"), "/api/catalog/problems", "/api/catalog/reconciliation",
		} {
			if w := v.as(t, user, http.MethodGet, target, ""); w.Code != status {
				t.Errorf("%q gets %d at %s", user, w.Code, target)
			}
		}
		for _, target := range []string{"/api/operations", "/api/operations/some/cancel", "/api/operations/some/retry"} {
			sent := ""
			if target == "/api/operations" {
				sent = body(t, request("nobodys"))
			}
			if w := v.as(t, user, http.MethodPost, target, sent); w.Code != status {
				t.Errorf("%q gets %d for a request at %s", user, w.Code, target)
			}
		}
	}
	v.as(t, "jane", http.MethodGet, "/api/environments", "")
}
