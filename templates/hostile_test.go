package templates_test

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// hostile are texts that try to get out of where a value stands: YAML, shell, Go, GitLab's
// variables, Markdown, and characters that parsers disagree about.
var hostile = []string{
	"\"\nscript: [curl evil]\n#", "x\" evil: \"y", "x' evil: 'y", "$(curl evil)", "`curl evil`", "${CI_JOB_TOKEN}", "$CI_JOB_TOKEN", "$[[ inputs.x ]]",
	"%{x}", "!reference [.deploy, script]", "*anchor", "&anchor", "---", "...", "? x", "<<: *deploy", "\u2028evil: 1", "\u0085evil: 1", "\u2029evil: 1",
	"\ufeff", "\ufffe", "\uffff", "\x7f", "\u0080", "\u009f", "\\u0000", "\U0001F600", "\U0010ffff", "a\\", "</script>", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>",
	"${{ values.name }}", "{{ 1 }}", "{% include '/etc/passwd' %}", "{# x #}", "/* */", "// x", "*/ package evil", "'; rm -rf / #", "\"; rm -rf / #", "|\n  x", ">-", "~", "null", "yes", "0x1f", "1e3", "",
}

// Whatever a form value is, the form refuses it or the files keep their structure and give
// the value back.
func TestHostileDescriptionsStayTexts(t *testing.T) {
	t.Parallel()
	clean := pipelineOf(t, orders(), standardEnvironments())
	for _, text := range hostile {
		values := map[string]any{"name": "orders", "description": text}
		if _, err := fill(t, readTemplate(t), values); err != nil {
			continue
		}
		files := render(t, values, standardEnvironments())
		documents, problems := descriptor.Parse(content(t, files, "catalog-info.yaml"), descriptor.Options{})
		if len(problems) > 0 || len(documents) != 1 || documents[0].Entity.Metadata["description"] != text || documents[0].Entity.Name() != "orders" {
			t.Errorf("%q: %+v, %v", text, documents, problems)
		}
		if diff := cmp.Diff(clean, pipelineOf(t, values, standardEnvironments())); diff != "" {
			t.Errorf("%q changes the pipeline: %s", text, diff)
		}
	}
}

func pipelineOf(t *testing.T, values map[string]any, environments []any) map[string]any {
	t.Helper()
	var pipeline map[string]any
	if err := yaml.Unmarshal(content(t, render(t, values, environments), ".gitlab-ci.yml"), &pipeline); err != nil {
		t.Fatal(err)
	}
	return pipeline
}

// Fields of environments are the platform team's, yet may hold anything.
func TestHostileEnvironmentsStayTexts(t *testing.T) {
	t.Parallel()
	clean := pipelineOf(t, orders(), standardEnvironments())
	for _, text := range hostile {
		environments := standardEnvironments()
		dev := environments[0].(map[string]any)
		dev["shortName"], dev["category"] = text, text
		dev["providers"].([]any)[0].(map[string]any)["stackName"] = text
		got := pipelineOf(t, orders(), environments)
		if len(got) != len(clean) {
			t.Errorf("%q changes the jobs: %v", text, got)
		}
		job := got["deploy-dev"].(map[string]any)
		variables := job["variables"].(map[string]any)
		want := text
		if want == "" {
			want = "dev"
		}
		if variables["STAGE"] != want || (text != "" && variables["PROVIDER_STACK"] != text) || len(job) != 7 {
			t.Errorf("%q: %v", text, job)
		}
	}
}

func TestHostileOwnersAndRepositoriesAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		for _, field := range []string{"owner", "repository", "name"} {
			for _, value := range []string{text, "gitlab.example.com?owner=" + text, "group:default/" + text} {
				_, err := fill(t, readTemplate(t), map[string]any{"name": "orders", field: value})
				if err == nil && strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'`$;|&<>*{}#", r) }) {
					t.Errorf("%s: %q is taken", field, value)
				}
				if err != nil && len(errs.Fields(err)) == 0 {
					t.Errorf("%s: %q: %v", field, value, err)
				}
			}
		}
	}
}
