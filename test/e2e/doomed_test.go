package e2e

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scm"
)

// doomedTemplate makes a project whose pipeline fails.
const doomedTemplate = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: doomed
spec:
  type: service
  owner: group:default/platform
  parameters:
    - properties:
        name: {type: string}
  steps:
    - id: fetch
      action: fetch:template
      input:
        url: ./skeleton
        values:
          name: ${{ parameters.name }}
    - id: publish
      action: publish:gitlab
      input:
        repoUrl: HOST?owner=apps&repo=${{ parameters.name }}
        defaultBranch: main
    - id: register
      action: catalog:register
      input:
        repoContentsUrl: ${{ steps.publish.output.repoContentsUrl }}
`

const doomedPipeline = `build:
  script:
    - echo about to fail
    - exit 1
`

const doomedCatalogInfo = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ${{ values.name }}
spec:
  type: service
  lifecycle: experimental
  owner: group:default/platform
`

func addDoomedTemplate(t *testing.T, p *process) {
	t.Helper()
	target := commitDoomedTemplate(t, p.SCM, p.world.gitlabURL)
	made, err := p.Catalog.RegisterLocation(t.Context(), "user:default/guest", target)
	if err != nil || len(made.Problems) > 0 {
		t.Fatalf("%+v, %v", made.Problems, err)
	}
}

// commitDoomedTemplate adds the template to the templates project and gives its URL.
func commitDoomedTemplate(t *testing.T, host scm.Client, gitlabURL string) string {
	t.Helper()
	project, err := host.Project(t.Context(), "platform/templates")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"doomed/template.yaml":              strings.ReplaceAll(doomedTemplate, "HOST", strings.TrimPrefix(gitlabURL, "http://")),
		"doomed/skeleton/.gitlab-ci.yml":    doomedPipeline,
		"doomed/skeleton/catalog-info.yaml": doomedCatalogInfo,
	}
	commit := scm.NewCommit{Branch: "main", Message: "Add a template that fails"}
	for name, body := range files {
		commit.Changes = append(commit.Changes, scm.Change{Action: scm.CreateFile, Path: name, Content: []byte(body)})
	}
	if _, err := host.Commit(t.Context(), project.ID, commit); err != nil {
		t.Fatal(err)
	}
	return gitlabURL + "/platform/templates/-/blob/main/doomed/template.yaml"
}

func doomedRequest(name string) operations.Request {
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: "doomed", Values: map[string]any{"name": name}})
	if err != nil {
		panic(err)
	}
	return operations.Request{Type: scaffolder.CreateAppType, Input: input}
}

func TestAPipelineThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.seeded(t)
	defer p.stop(t)
	addDoomedTemplate(t, p)
	o, err := p.Operations.Accept(as(t.Context(), "doomed"), doomedRequest("doomed-1"))
	if err != nil {
		t.Fatal(err)
	}
	ended := p.ended(t, o.ID)
	if ended.Status != operations.Failed || !bytes.Contains([]byte(ended.Problem.Message), []byte("the pipeline ended as failed")) {
		t.Fatalf("ended as %s: %+v", ended.Status, ended.Problem)
	}
	mustBeClean(t, p, "doomed-1")
	mustBeAudited(t, p, ended)
	// The name is free again.
	if o := p.create(t, "doomed-1"); o.Status != operations.Succeeded {
		t.Errorf("the second attempt ended as %s: %+v", o.Status, o.Problem)
	}
}
