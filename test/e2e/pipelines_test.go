package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

const failingPipeline = "build:\n  script: [exit 1]\n"

// asTask asks for a template as a task of Backstage's does.
func asTask(template, name string) operations.Request {
	return operations.Request{Type: scaffolder.RunTemplateType, Input: []byte(fmt.Sprintf(`{"template":%q,"values":{"name":%q}}`, template, name))}
}

// TestPipelinesAreTheProjectsOwnUnlessAwaited runs templates written for elsewhere: GitLab
// starts the first pipeline as on any commit, and whether it passes, fails or has no job is
// no reason to take the repository away again.
func TestPipelinesAreTheProjectsOwnUnlessAwaited(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	for name, ci := range map[string]string{"failing": failingPipeline, "jobless": "build:\n  script: [echo]\n  rules: [{if: '$NOTHING', when: always}]\n", "piped": soundPipeline} {
		broken{name: name, steps: []string{soundFetch, soundPublish, soundRegister}, files: map[string]string{".gitlab-ci.yml": ci}}.add(t, p)
		o := p.run(t, asTask(name, name+"-app"))
		if o.Status != operations.Succeeded {
			t.Errorf("%s: %s, %+v", name, o.Status, o.Problem)
			continue
		}
		if kinds := plannedKinds(o); slices.Contains(kinds, effects.PipelineKind) {
			t.Errorf("%s: planned %v", name, kinds)
		}
		project, err := p.SCM.Project(t.Context(), "apps/"+name+"-app")
		must(t, err)
		commits, err := p.SCM.Commits(t.Context(), project.ID, "main", 5)
		must(t, err)
		if len(commits) != 1 || strings.Contains(commits[0].Message, "[skip ci]") {
			t.Errorf("%s: %+v", name, commits)
		}
		if name != "jobless" {
			until(t, "GitLab starts the pipeline of "+name, func() bool {
				var started []struct{ Source string }
				p.world.gitlabShows(t, fmt.Sprintf("/projects/%d/pipelines", project.ID), &started)
				return len(started) == 1 && started[0].Source == "push"
			})
		}
	}
}

func plannedKinds(o *operations.Operation) (kinds []string) {
	for _, e := range o.Plan.Effects {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// TestATemplateOfTwoRepositories makes two repositories with a pipeline each: both pass and all
// is there, or one fails and nothing is.
func TestATemplateOfTwoRepositories(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	publish := func(id, suffix, from string) string {
		return fmt.Sprintf(`{id: %s, action: publish:gitlab, input: {repoUrl: "HOST?owner=apps&repo=${{ parameters.name }}%s", sourcePath: %s}}`, id, suffix, from)
	}
	steps := []string{soundFetch, publish("publish", "", "app"), publish("infra", "-infra", "infra"), soundRegister}
	for name, ci := range map[string]string{"pair": soundPipeline, "torn": failingPipeline} {
		files := map[string]string{"catalog-info.yaml": "", ".gitlab-ci.yml": "", "README.md": "", "app/catalog-info.yaml": soundEntity, "app/.gitlab-ci.yml": soundPipeline, "infra/.gitlab-ci.yml": ci}
		broken{name: name, steps: steps, files: files}.add(t, p)
		o := p.run(t, usingTemplate(name))
		if passes := name == "pair"; passes != (o.Status == operations.Succeeded) {
			t.Errorf("%s: %s, %+v", name, o.Status, o.Problem)
		}
		for _, project := range []string{"apps/" + name + "-app", "apps/" + name + "-app-infra"} {
			found, err := p.SCM.Project(t.Context(), project)
			if name == "torn" {
				if !errors.Is(err, errs.NotFound) {
					t.Errorf("%s is left: %v", project, err)
				}
				continue
			}
			must(t, err)
			if passed, err := p.SCM.PipelinesOf(t.Context(), found.ID, "main", 5); err != nil || len(passed) != 1 || !passed[0].Status.Passed() {
				t.Errorf("%s: %+v, %v", project, passed, err)
			}
		}
	}
}
