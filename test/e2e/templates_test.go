package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// The steps that a sound template has.
const (
	soundFetch    = `{id: fetch, action: fetch:template, input: {url: ./skeleton, values: {name: "${{ parameters.name }}"}}}`
	soundPublish  = `{id: publish, action: publish:gitlab, input: {repoUrl: "HOST?owner=apps&repo=${{ parameters.name }}"}}`
	soundRegister = `{id: register, action: catalog:register, input: {repoContentsUrl: "${{ steps.publish.output.repoContentsUrl }}"}}`
	soundEntity   = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: \"${{ values.name }}\"}\nspec: {type: service, lifecycle: experimental, owner: group:default/platform}\n"
	soundPipeline = "build:\n  script: [echo done]\n"
)

// broken is a template that can't work, and what whoever uses it is told: when asking, or
// in the operation's problem.
type broken struct {
	name   string
	steps  []string
	files  map[string]string // of the skeleton, over the sound ones; "" leaves one out
	asking string
	says   string
}

func brokenTemplates() []broken {
	sound := []string{soundFetch, soundPublish, soundRegister}
	return []broken{
		{name: "unknown-action", steps: []string{soundFetch, `{id: x, action: deploy:nowhere, input: {}}`}, asking: "deploy:nowhere"},
		{name: "no-skeleton", steps: []string{strings.Replace(soundFetch, "./skeleton", "./nothing", 1), soundPublish, soundRegister},
			says: `the template's folder "./nothing" does not exist in platform/templates`},
		{name: "way-out", steps: []string{strings.Replace(soundFetch, "./skeleton", "../../../platform", 1), soundPublish, soundRegister},
			says: "a template's url leads out of the template's repository"},
		{name: "another-site", steps: []string{strings.Replace(soundFetch, "./skeleton", "https://169.254.169.254/latest", 1), soundPublish, soundRegister},
			says: "url is a folder or file of the portal's own GitLab"},
		{name: "nothing-made", steps: []string{soundPublish}, says: "there is nothing to publish: the steps before left no file"},
		{name: "proposed-nowhere", steps: []string{soundFetch, `{id: propose, action: "publish:gitlab:merge-request", input: {repoUrl: 'HOST?owner=apps&repo=nowhere', branchName: b, title: T}}`},
			says: `step "propose": GitLab has no project apps/nowhere, or not for this token, and no step makes it`},
		{name: "published-twice", steps: []string{soundFetch, soundPublish, strings.Replace(soundPublish, "id: publish", "id: again", 1)},
			says: "two steps of the template make the same gitlab.project apps/published-twice-app"},
		{name: "another-branch-name", steps: []string{soundFetch, strings.Replace(soundPublish, "repoUrl:", "defaultBranch: 'a b', repoUrl:", 1)}, says: "defaultBranch is not the name of a branch"},
		{name: "no-catalog-file", steps: sound, files: map[string]string{"catalog-info.yaml": ""}, says: "catalog-info.yaml"},
		{name: "bad-catalog-file", steps: sound, files: map[string]string{"catalog-info.yaml": "kind: [\n"}, says: "the document is not valid YAML"},
		{name: "two-entities-one-bad", steps: sound, files: map[string]string{"catalog-info.yaml": soundEntity + "---\napiVersion: v1\nkind: Nonsense\n"}, says: "the catalog does not take all that the file holds"},
		{name: "bad-pipeline", steps: sound, files: map[string]string{".gitlab-ci.yml": "build:\n  stage: [nowhere\n"}, says: "starting a pipeline of project"},
		{name: "no-job", steps: sound, files: map[string]string{".gitlab-ci.yml": "build:\n  script: [echo]\n  rules: [{if: '$NOTHING', when: always}]\n"}, says: "starting a pipeline of project"},
		{name: "bad-expression", steps: sound, files: map[string]string{"README.md": "${{ values.name | nothing }}"}, says: "nothing"},
		{name: "endless", steps: sound, files: map[string]string{"README.md": "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}x{% endfor %}{% endfor %}{% endfor %}"}, says: "README.md"},
		{name: "prying", steps: sound, files: map[string]string{"README.md": "${{ values.constructor.constructor('return process')() }}"}, says: "README.md"},
	}
}

// add commits the template and registers it.
func (b broken) add(t *testing.T, p *process) {
	t.Helper()
	yaml := fmt.Sprintf("apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: %s}\nspec:\n  type: service\n  owner: group:default/platform\n  parameters: {properties: {name: {type: string}}}\n  steps:\n", b.name)
	for _, step := range b.steps {
		yaml += "    - " + step + "\n"
	}
	files := map[string]string{"skeleton/catalog-info.yaml": soundEntity, "skeleton/.gitlab-ci.yml": soundPipeline, "skeleton/README.md": "# ${{ values.name }}\n"}
	for name, body := range b.files {
		files["skeleton/"+name] = body
	}
	files["template.yaml"] = strings.ReplaceAll(yaml, "HOST", strings.TrimPrefix(p.world.gitlabURL, "http://"))
	commit := scm.NewCommit{Branch: "main", Message: "Add " + b.name + " [skip ci]"}
	for name, body := range files {
		if body != "" {
			commit.Changes = append(commit.Changes, scm.Change{Action: scm.CreateFile, Path: b.name + "/" + name, Content: []byte(body)})
		}
	}
	project, err := p.SCM.Project(t.Context(), "platform/templates")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.SCM.Commit(t.Context(), project.ID, commit); err != nil {
		t.Fatal(err)
	}
	made, err := p.Catalog.RegisterLocation(t.Context(), "user:default/guest", p.world.gitlabURL+"/platform/templates/-/blob/main/"+b.name+"/template.yaml")
	if err != nil || len(made.Problems) > 0 {
		t.Fatalf("%s: %+v, %v", b.name, made.Problems, err)
	}
}

// TestTemplatesThatCannotWork uses templates that are wrong in every step: whoever uses
// them is told what, and nothing is left.
func TestTemplatesThatCannotWork(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	sound := broken{name: "sound", steps: []string{soundFetch, soundPublish, soundRegister}}
	sound.add(t, p)
	if o := p.run(t, usingTemplate(sound.name)); o.Status != operations.Succeeded {
		t.Fatalf("the sound template ended as %s: %+v", o.Status, o.Problem)
	}
	for _, b := range brokenTemplates() {
		b.add(t, p)
		o, err := p.Operations.Accept(as(t.Context(), b.name), usingTemplate(b.name))
		if b.asking != "" {
			if fields := errs.Fields(err); len(fields) != 1 || fields[0].Pointer != "/input/template" || !strings.Contains(fields[0].Message, b.asking) {
				t.Errorf("%s: asking for it is told %v %v", b.name, err, fields)
			}
			mustBeClean(t, p, b.name+"-app")
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", b.name, err)
			continue
		}
		ended := p.ended(t, o.ID)
		mustHaveFailed(t, p, b.name+"-app", ended, b.says)
		mustBeAudited(t, p, ended)
	}
}

func usingTemplate(name string) operations.Request {
	r := requestWith(map[string]any{"name": name + "-app"})
	r.Input = []byte(fmt.Sprintf(`{"template":%q,"values":{"name":%q}}`, name, name+"-app"))
	return r
}
