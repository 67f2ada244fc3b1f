package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/operations"
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
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: "template:default/sly", Values: map[string]any{"name": "sly-1"}})
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
