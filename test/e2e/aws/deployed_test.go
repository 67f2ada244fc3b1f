package aws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/wire/demo"
	"github.com/slipwayhq/slipway/test/e2e/doomed"
)

// TestDeployedStack deploys once; its parts build on each other in order.
func TestDeployedStack(t *testing.T) {
	s := deploy(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *stack)
	}{
		{"the starting content is registered", seed},
		{"the first application", firstApplication},
		{"what is asked for wrongly", wrongRequests},
		{"a pipeline that fails leaves nothing", failingPipeline},
		{"lost answers make nothing twice", lostAnswers},
		{"a function is killed while it creates", killFunction},
		{"a push is read again", push},
		{"deliveries that are not GitLab's", badDeliveries},
		{"a template runs, and its secret stays one", runTemplate},
		{"a task is cancelled", cancelTask},
		{"templates of Harmonix read and fill the accounts", runHarmonix},
		{"tasks of Harmonix's templates are cancelled", cancelHarmonix},
		{"each permission for the accounts is needed", harmonixPermissions},
		{"no more is allowed in the accounts", harmonixBounds},
		{"operations are left behind", makeOrphans},
		{"one domain, and what streams behind it", oneDomain},
		{"a browser of another origin asks for a stream", preflight},
		{"the catalog's routes", catalogRoutes},
		{"reconciliation finds what nobody told of", reconcileUntold},
		{"another instance opens the snapshot", snapshots},
		{"a push is seen by another instance", freshness},
		{"bad tokens are refused and good ones are not", tokens},
		{"what was killed is complete or clean", afterTheKill},
		{"what was left behind is found", findOrphans},
		{"each permission for the snapshot and the sweep is needed", permissions},
		{"nothing went astray", nothingAstray},
		{"every function works, with what its role allows", everyFunctionWorks},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, s) }) {
			return
		}
	}
}

func seed(t *testing.T, s *stack) {
	into := demo.Into{GitLabURL: s.gitlabURL, Groups: s.gitlab, SCM: s.scm, Locations: locations{t, s.portal}}
	if _, err := demo.Seed(t.Context(), into); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]int{"template": 1, "awsenvironment": 3} {
		if got := s.entities(t, "kind="+kind); len(got) != want {
			t.Errorf("the catalog holds %v of kind %s, want %d", got, kind, want)
		}
	}
}

// entities gives the names of what a filter finds.
func (s *stack) entities(t *testing.T, filter string) []string {
	t.Helper()
	var page struct {
		Items []struct {
			Metadata struct{ Name string }
		}
		TotalItems int
	}
	s.portal.must(t, http.StatusOK, http.MethodGet, "/api/catalog/entities/by-query?filter="+url.QueryEscape(filter), nil).into(t, &page)
	var names []string
	for _, e := range page.Items {
		names = append(names, e.Metadata.Name)
	}
	return names
}

// request is what a user sends to create an application.
func request(template string, values map[string]any) map[string]any {
	return map[string]any{"type": scaffolder.CreateAppType, "input": map[string]any{"template": template, "values": values}}
}

func orders() map[string]any {
	return request(demo.Template, map[string]any{"name": "orders", "description": "Takes orders", "owner": "group:default/platform"})
}

// follow waits for the end of an operation.
func (s *stack) follow(t *testing.T, id string) operations.Operation {
	t.Helper()
	var o operations.Operation
	eventually(t, "the end of operation "+id, func() (bool, string) {
		o = s.operation(t, id)
		return o.Status.Ended(), fmt.Sprintf("%s %+v", o.Status, o.Steps)
	})
	return o
}

func (s *stack) operation(t *testing.T, id string) (o operations.Operation) {
	t.Helper()
	s.portal.must(t, http.StatusOK, http.MethodGet, "/api/operations/"+id, nil).into(t, &o)
	return o
}

// create asks for an application and waits for its end.
func (s *stack) create(t *testing.T, body map[string]any, key string) operations.Operation {
	t.Helper()
	var accepted operations.Operation
	got := s.portal.must(t, http.StatusAccepted, http.MethodPost, "/api/operations", body, "Idempotency-Key", key)
	got.into(t, &accepted)
	if where := got.Header.Get("Location"); where != "/api/operations/"+accepted.ID {
		t.Errorf("Location is %q", where)
	}
	return s.follow(t, accepted.ID)
}

func firstApplication(t *testing.T, s *stack) {
	o := s.create(t, orders(), "create-orders")
	if o.Status != operations.Succeeded || o.Actor != "user:default/breanna" {
		t.Fatalf("ended as %s for %s: %+v", o.Status, o.Actor, o.Problem)
	}
	var made scaffolder.Output
	if err := json.Unmarshal(o.Output, &made); err != nil {
		t.Fatal(err)
	}
	s.mustBeComplete(t, "orders")
	s.mustClone(t, made.CloneURL)
	s.mustBeAudited(t, o)
	s.mustNotPoll(t, o)

	// Whoever asks again with the same key is told of the same operation.
	var again operations.Operation
	s.portal.must(t, http.StatusAccepted, http.MethodPost, "/api/operations", orders(), "Idempotency-Key", "create-orders").into(t, &again)
	if again.ID != o.ID {
		t.Errorf("the same key made operation %s beside %s", again.ID, o.ID)
	}
}

// mustBeComplete looks for an application the way a user does: everything exactly once.
func (s *stack) mustBeComplete(t *testing.T, name string) {
	t.Helper()
	project, err := s.scm.Project(t.Context(), "apps/"+name)
	if err != nil {
		t.Fatalf("the project is missing: %v", err)
	}
	commits, err := s.scm.Commits(t.Context(), project.ID, "main", 10)
	if err != nil || len(commits) != 1 {
		t.Errorf("%d commits, %v", len(commits), err)
	}
	hooks, err := s.scm.Hooks(t.Context(), project.ID)
	if err != nil || len(hooks) != 1 || hooks[0].URL != s.outputs["WebhookUrl"] {
		t.Errorf("hooks %+v, %v", hooks, err)
	}
	runs, err := s.scm.PipelinesOf(t.Context(), project.ID, "main", 10)
	if err != nil || len(runs) != 1 || !runs[0].Status.Passed() {
		t.Errorf("pipelines %+v, %v", runs, err)
	}
	s.portal.must(t, http.StatusOK, http.MethodGet, "/api/catalog/entities/by-name/component/default/"+name, nil)
	if found := s.entities(t, "kind=component,metadata.name="+name); !slices.Equal(found, []string{name}) {
		t.Errorf("the query finds %v", found)
	}
}

// mustClone clones as a user would and looks for the files.
func (s *stack) mustClone(t *testing.T, cloneURL string) {
	t.Helper()
	u, err := url.Parse(cloneURL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("slipway", writeToken)
	dir := filepath.Join(t.TempDir(), "clone")
	cmd := exec.CommandContext(t.Context(), "git", "clone", "--quiet", u.String(), dir)
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git clone: %v: %s", err, text)
	}
	for _, name := range []string{".gitlab-ci.yml", "README.md", "catalog-info.yaml", "go.mod", "template.yaml"} {
		body, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || bytes.Contains(body, []byte("${{")) {
			t.Errorf("%s is missing or still holds what should have been filled in: %v", name, err)
		}
	}
}

// mustBeAudited waits for the records of an operation: they come over stream, bus and queue.
func (s *stack) mustBeAudited(t *testing.T, o operations.Operation) {
	t.Helper()
	var outcomes []string
	eventually(t, "the audit trail of "+o.ID, func() (bool, string) {
		var page struct{ Items []audit.Record }
		got := s.portal.must(t, http.StatusOK, http.MethodGet, "/api/audit/records?limit=100&operation="+o.ID, nil)
		got.into(t, &page)
		outcomes = nil
		for _, r := range page.Items {
			if r.Action == o.Type && r.Actor == o.Actor {
				outcomes = append(outcomes, r.Outcome)
			}
		}
		return slices.Contains(outcomes, string(operations.Accepted)) && slices.Contains(outcomes, string(o.Status)), string(got.Body)
	})
	t.Logf("audited as %s", strings.Join(outcomes, " < "))
}

// mustNotPoll holds the execution's history against what the happy path may take.
func (s *stack) mustNotPoll(t *testing.T, o operations.Operation) {
	t.Helper()
	history, err := s.machines.History(t.Context(), o.Machine, o.ID)
	if err != nil {
		t.Fatal(err)
	}
	var entered []string
	for _, h := range history {
		if strings.HasSuffix(h.Type, "StateEntered") {
			entered = append(entered, h.State)
		}
	}
	waits := slices.DeleteFunc(slices.Clone(entered), func(state string) bool { return state != "AwaitPipeline" })
	if len(entered) > 20 || len(waits) != 1 || slices.Contains(entered, "PollPipeline") {
		t.Errorf("%d state transitions: %v", len(entered), entered)
	}
	t.Logf("%d state transitions, %d events: %s", len(entered), len(history), strings.Join(entered, " > "))
}

func wrongRequests(t *testing.T, s *stack) {
	s.portal.must(t, http.StatusConflict, http.MethodPost, "/api/operations", orders())
	s.portal.must(t, http.StatusConflict, http.MethodPost, "/api/operations", request(demo.Template, map[string]any{"name": "others"}), "Idempotency-Key", "create-orders")
	for name, c := range map[string]struct {
		body map[string]any
		want []string
	}{
		"a form with several faults": {
			request(demo.Template, map[string]any{"name": "No Name", "owner": 7, "environments": []string{"awsenvironment:default/moon"}}),
			[]string{"/name", "/owner", "/environments"},
		},
		"an unknown template": {request("template:default/nothing", map[string]any{"name": "x-1"}), []string{"/template"}},
	} {
		var p problem
		s.portal.must(t, http.StatusBadRequest, http.MethodPost, "/api/operations", c.body).into(t, &p)
		for _, want := range c.want {
			if !slices.ContainsFunc(p.Errors, func(e struct{ Detail, Pointer string }) bool { return strings.Contains(e.Pointer, want) }) {
				t.Errorf("%s: nothing is said of %s: %+v", name, want, p)
			}
		}
	}
	s.portal.must(t, http.StatusNotFound, http.MethodGet, "/api/operations/none", nil)
	s.portal.must(t, http.StatusNotFound, http.MethodGet, "/api/catalog/entities/by-name/component/default/none", nil)
	if projects, err := s.scm.ProjectsIn(t.Context(), demo.AppsGroup, 0, 100); err != nil || len(projects.Projects) != 1 {
		t.Errorf("projects %+v, %v", projects, err)
	}
}

// mustBeClean makes sure that nothing of an application is left.
func (s *stack) mustBeClean(t *testing.T, name string) {
	t.Helper()
	if project, err := s.scm.Project(t.Context(), "apps/"+name); !errors.Is(err, errs.NotFound) {
		t.Errorf("a project is left: %+v, %v", project, err)
	}
	s.portal.must(t, http.StatusNotFound, http.MethodGet, "/api/catalog/entities/by-name/component/default/"+name, nil)
	if all := s.portal.must(t, http.StatusOK, http.MethodGet, "/api/catalog/locations", nil); bytes.Contains(all.Body, []byte("/"+name+"/")) {
		t.Errorf("a location is left: %s", all.Body)
	}
}

func failingPipeline(t *testing.T, s *stack) {
	target, err := doomed.Add(t.Context(), s.scm, s.gitlabURL)
	if err != nil {
		t.Fatal(err)
	}
	s.portal.must(t, http.StatusCreated, http.MethodPost, "/api/catalog/locations", map[string]string{"type": "url", "target": target})
	o := s.create(t, request(doomed.Template, map[string]any{"name": "doomed-1"}), "create-doomed")
	if o.Status != operations.Failed || !strings.Contains(o.Problem.Message, "the pipeline ended as failed") {
		t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
	}
	s.mustBeClean(t, "doomed-1")
	s.mustBeAudited(t, o)
}
