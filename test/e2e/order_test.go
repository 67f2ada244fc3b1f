package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scm"
)

// orderedTemplate shows in its files in which order the keys of its own values and of the
// form's are.
const orderedTemplate = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: ordered}
spec:
  type: service
  parameters: {properties: {name: {type: string}, regions: {type: object}}}
  steps:
    - id: fetch
      action: fetch:template
      input:
        values:
          name: ${{ parameters.name }}
          regions: ${{ parameters.regions }}
          envs: {prod: {zone: b, accounts: [{nr: 1, id: 2}]}, dev: ~, acceptance: '${{ parameters.name }}'}
        url: ./skeleton
    - id: publish
      action: publish:gitlab
      input: {repoUrl: "HOST?owner=apps&repo=${{ parameters.name }}"}
  output:
    text: [{title: Regions, content: '${{ parameters.regions | dump }}'}]
`

const (
	orderedSkeleton = `{% for k, v in values.envs %}${{ k }}=${{ v | dump }} {% endfor %}{% for k, v in values.regions %}${{ k }}:${{ v }} {% endfor %}`
	orderedRegions  = `{"us":3,"eu":1,"ap":2}`
	orderedText     = `prod={"zone":"b","accounts":[{"nr":1,"id":2}]} dev=null acceptance="shop" us:3 eu:1 ap:2 `
	orderedRequest  = `{"type":"template.run","input":{"template":"template:default/ordered","values":{"regions":` + orderedRegions + `,"name":"shop"}}}`
)

// addOrdered puts the template into the catalog and gives it as it was written.
func addOrdered(t *testing.T, p *process) string {
	t.Helper()
	project, err := p.SCM.Project(t.Context(), "platform/templates")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(orderedTemplate, "HOST", strings.TrimPrefix(p.world.gitlabURL, "http://"))
	if _, err := p.SCM.Commit(t.Context(), project.ID, scm.NewCommit{Branch: "main", Message: "Order", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: "ordered/template.yaml", Content: []byte(text)},
		{Action: scm.CreateFile, Path: "ordered/skeleton/order.txt", Content: []byte(orderedSkeleton)},
	}}); err != nil {
		t.Fatal(err)
	}
	made, err := p.Catalog.RegisterLocation(t.Context(), "user:default/guest", p.world.gitlabURL+"/platform/templates/-/blob/main/ordered/template.yaml")
	if err != nil || len(made.Problems) > 0 {
		t.Fatal(made, err)
	}
	return text
}

// TestWhatAnAuthorWroteInAnOrderStaysInIt: in the plan, in a dry run of the template's editor
// and in a real run that is refused, tried again by another process and stopped halfway.
func TestWhatAnAuthorWroteInAnOrderStaysInIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.seeded(t)
	text := addOrdered(t, p)
	if got := p.dryRun(t, text); got != orderedText {
		t.Errorf("a dry run gives %q", got)
	}
	plan := p.plannedFor(t, orderedRequest)
	if len(plan.Changes) != 1 || !strings.Contains(plan.Changes[0].Diff, "+"+orderedText) {
		t.Errorf("the plan is %+v", plan.Changes)
	}

	w.faults.Set(faults.Always(func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path == "/api/v4/projects" }, faults.Refused(http.StatusForbidden)))
	answer := p.ask(t, http.MethodPost, "/api/operations", approved(orderedRequest, plan.Hash), nil)
	var o operations.Operation
	if err := json.Unmarshal(answer.Body.Bytes(), &o); err != nil || answer.Code != http.StatusAccepted {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	if first := p.ended(t, o.ID); first.Status != operations.Failed {
		t.Fatal(describe(first, nil))
	}
	p.stop(t)
	w.faults.Set(nil)

	b := newBomb("scm", 5, true)
	p = w.start(t, b.layers())
	b.arm()
	if _, err := p.Operations.Retry(as(t.Context(), "retry"), o.ID, nil); err != nil {
		t.Fatal(err)
	}
	waitForDeath(t, p, b, o.ID)
	p.stop(t)
	p = w.start(t, layers{})
	defer p.stop(t)
	ended := p.ended(t, o.ID)
	if ended.Status != operations.Succeeded || ended.Plan.Hash != plan.Hash {
		t.Errorf("planned %s, made %s: %s", plan.Hash, ended.Plan.Hash, describe(ended, nil))
	}
	p.mustShowOrder(t, o.ID)
}

// mustShowOrder looks at what a run has left.
func (p *process) mustShowOrder(t *testing.T, id string) {
	t.Helper()
	project, err := p.SCM.Project(t.Context(), "apps/shop")
	if err != nil {
		t.Fatal(err)
	}
	f, err := p.SCM.File(t.Context(), project.ID, "order.txt", "main")
	if err != nil || string(f.Content) != orderedText {
		t.Errorf("a real run gives %q, %v", f.Content, err)
	}
	task := p.ask(t, http.MethodGet, "/api/scaffolder/v2/tasks/"+id, "", nil).Body.String()
	for _, want := range []string{
		`"parameters":{"regions":` + orderedRegions + `,"name":"shop"}`,
		`"input":{"values":{"name":"${{ parameters.name }}","regions":"${{ parameters.regions }}","envs":{"prod":{"zone":"b","accounts":[{"nr":1,"id":2}]},"dev":null,"acceptance":`,
	} {
		if !strings.Contains(task, want) {
			t.Errorf("the task has no %s:\n%s", want, task)
		}
	}
	events := p.ask(t, http.MethodGet, "/api/scaffolder/v2/tasks/"+id+"/events", "", nil).Body.String()
	if text, _ := json.Marshal(orderedRegions); !strings.Contains(events, string(text)) {
		t.Errorf("the output is not in order:\n%s", events)
	}
}

// dryRun gives the file that the template leaves when it is tried as its text says.
func (p *process) dryRun(t *testing.T, text string) string {
	t.Helper()
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(text), &node); err != nil {
		t.Fatal(err)
	}
	body := `{"template":` + jsonOf(t, node.Content[0]) + `,"values":{"regions":` + orderedRegions + `,"name":"shop"},"directoryContents":[{"path":"skeleton/order.txt","base64Content":"` +
		base64.StdEncoding.EncodeToString([]byte(orderedSkeleton)) + `"}]}`
	answer := p.ask(t, http.MethodPost, "/api/scaffolder/v2/dry-run", body, nil)
	var made struct {
		DirectoryContents []struct{ Base64Content []byte }
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &made); err != nil || answer.Code != http.StatusOK || len(made.DirectoryContents) != 1 {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	return string(made.DirectoryContents[0].Base64Content)
}

// jsonOf writes YAML as JSON, its keys where they are.
func jsonOf(t *testing.T, n *yaml.Node) string {
	t.Helper()
	var parts []string
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			name, err := json.Marshal(n.Content[i].Value)
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, string(name)+":"+jsonOf(t, n.Content[i+1]))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case yaml.SequenceNode:
		for _, item := range n.Content {
			parts = append(parts, jsonOf(t, item))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	var v any
	if err := n.Decode(&v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
