package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scm"
)

// slyTemplate states one plan and would do another: what it knows only once the project is
// there decides about a second repository.
const slyTemplate = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: sly}
spec:
  type: service
  owner: group:default/platform
  parameters: [{required: [name], properties: {name: {type: string}}}]
  steps:
    - {id: fetch, action: "fetch:template", input: {url: ./sly}}
    - {id: publish, action: "publish:gitlab", input: {repoUrl: "HOST?owner=apps&repo=${{ parameters.name }}"}}
    - id: more
      if: ${{ steps.publish.output.projectId > 0 }}
      action: publish:gitlab
      input: {repoUrl: "HOST?owner=apps&repo=not-in-the-plan"}
`

// TestOnlyWhatWasPlannedHappens: what is recorded before the first effect, and may have
// been approved, is all that an operation may do.
func TestOnlyWhatWasPlannedHappens(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	project, err := p.SCM.Project(t.Context(), "platform/templates")
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(p.world.gitlabURL, "http://")
	_, err = p.SCM.Commit(t.Context(), project.ID, scm.NewCommit{Branch: "main", Message: "Sly", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: "sly.yaml", Content: []byte(strings.ReplaceAll(slyTemplate, "HOST", host))},
		{Action: scm.CreateFile, Path: "sly/README.md", Content: []byte("x")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if made, err := p.Catalog.RegisterLocation(t.Context(), "user:default/guest", p.world.gitlabURL+"/platform/templates/-/blob/main/sly.yaml"); err != nil || len(made.Problems) > 0 {
		t.Fatal(made, err)
	}
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: "template:default/sly", Values: keyorder.Object{Map: map[string]any{"name": "sly-1"}}})
	if err != nil {
		t.Fatal(err)
	}
	o := p.run(t, operations.Request{Type: scaffolder.CreateAppType, Input: input})
	mustHaveFailed(t, p, "sly-1", o, "gitlab.project apps/not-in-the-plan is not in the plan")
	if _, err := p.SCM.Project(t.Context(), "apps/not-in-the-plan"); err == nil {
		t.Error("what was not planned was made")
	}
	for _, e := range mustLedger(t, p, o.ID) {
		if strings.Contains(e.Target, "not-in-the-plan") {
			t.Errorf("the ledger holds %s %s", e.Kind, e.Target)
		}
	}
}

func mustLedger(t *testing.T, p *process, id string) []*operations.Entry {
	t.Helper()
	entries, err := p.Operations.Ledger(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// plannedFor asks what a request would do.
func (p *process) plannedFor(t *testing.T, body string) operationsapi.Plan {
	t.Helper()
	w := p.ask(t, http.MethodPost, "/api/operations?dryRun=true", body, nil)
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var plan operationsapi.Plan
	if err := json.Unmarshal(w.Body.Bytes(), &plan); err != nil {
		t.Fatal(err)
	}
	return plan
}

// approved adds the hash of a plan to a request.
func approved(body, hash string) string {
	return strings.TrimSuffix(body, "}") + `,"planHash":"` + hash + `"}`
}

// TestAPlanIsWhatHappens looks at the plan of the template that ships, then has exactly
// that done.
func TestAPlanIsWhatHappens(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	plan := p.plannedFor(t, wanted(`{"name":"orders"}`))
	if again := p.plannedFor(t, wanted(`{"name":"orders"}`)); again.Hash != plan.Hash {
		t.Error("the same request has another plan")
	}
	mustHaveNoOperations(t, p)
	paths := map[string]string{}
	for _, c := range plan.Changes {
		paths[c.Path] = c.Diff
	}
	if len(paths) != 12 || !strings.Contains(paths["catalog-info.yaml"], "+  name: \"orders\"") {
		t.Errorf("%d files, catalog-info.yaml:\n%s", len(paths), paths["catalog-info.yaml"])
	}
	w := p.ask(t, http.MethodPost, "/api/operations", approved(wanted(`{"name":"orders"}`), plan.Hash), nil)
	var o operations.Operation
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil || w.Code != http.StatusAccepted {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	ended := p.ended(t, o.ID)
	if ended.Status != operations.Succeeded || ended.Plan.Hash != plan.Hash {
		t.Errorf("ended as %s, %+v; planned %s, made %s", ended.Status, ended.Problem, plan.Hash, ended.Plan.Hash)
	}
	mustBeAsPlanned(t, p, ended)
	mustBeComplete(t, p, "orders")
}

// TestAPlanIsNotAppliedToAnotherWorld changes something between the plan and its approval.
func TestAPlanIsNotAppliedToAnotherWorld(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	templates, err := p.SCM.Project(t.Context(), "platform/templates")
	must(t, err)
	for name, c := range map[string]struct {
		change func(app string)
		says   string
	}{
		"moved": {func(string) {
			_, err := p.SCM.Commit(t.Context(), templates.ID, scm.NewCommit{Branch: "main", Message: "Add a file", Changes: []scm.Change{
				{Action: scm.CreateFile, Path: "serverless-api/skeleton/NEW.md", Content: []byte("new")},
			}})
			must(t, err)
		}, "the world has moved since the plan was approved"},
		"taken": {func(app string) {
			_, err := p.SCM.CreateProject(t.Context(), scm.NewProject{Namespace: "apps", Slug: app, DefaultBranch: "main", Visibility: "private"})
			must(t, err)
		}, "already exists and was not made by this operation"},
	} {
		app := name + "-app"
		body := wanted(`{"name":"` + app + `"}`)
		plan := p.plannedFor(t, body)
		c.change(app)
		d := mustBeProblem(t, p.ask(t, http.MethodPost, "/api/operations", approved(body, plan.Hash), nil), http.StatusConflict)
		if !strings.Contains(d.Detail, c.says) {
			t.Errorf("%s: told %q", name, d.Detail)
		}
	}
	if list, _, err := p.Operations.List(t.Context(), "", 100); err != nil || len(list) > 0 {
		t.Errorf("%d operations are stored, %v", len(list), err)
	}
}
