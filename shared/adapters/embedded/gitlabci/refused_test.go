package gitlabci_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

// refused are files that GitLab's linter turns down, with what it says.
var refused = []struct {
	name, yaml string
	want       []string
}{
	{"empty", " \n", []string{"Please provide content of .gitlab-ci.yml"}},
	{"not a mapping", "just text", []string{"Invalid configuration format"}},
	{"no job", "stages: [a]", []string{"jobs config should contain at least one visible job"}},
	{"only hidden jobs", ".a: {script: x}", []string{"jobs config should contain at least one visible job"}},
	{"no script", "build: {stage: build}", []string{"jobs build config should implement the script:, run:, or trigger: keyword"}},
	{"job is text", "build: make", []string{"jobs build config should implement the script:, run:, or trigger: keyword"}},
	{"empty script", "build: {script: []}", []string{"jobs:build script can't be blank"}},
	{"script of numbers", "build: {script: [1]}", []string{"jobs:build:script config should be a string or a nested array of strings up to 10 levels deep"}},
	{"unknown keys", "build: {script: x, foo: 1, bar: 2}", []string{"jobs:build config contains unknown keys: foo, bar"}},
	{"script in a trigger job", "t: {trigger: a/b, image: x}", []string{"jobs:t config contains unknown keys: image"}},
	{"unknown default key", "default: {script: x}\nb: {script: x}", []string{"default config contains unknown keys: script"}},
	{"default twice", "default: {image: a}\nimage: b\nb: {script: x}", []string{"image is defined in top-level and `default:` entry"}},
	{"wrong default once", "default: {retry: 9}\na: {script: x}\nb: {script: x}", []string{"default:retry config must be less than or equal to 2"}},
	{"unknown stage", "b: {stage: x, script: x}", []string{"b job: chosen stage x does not exist; available stages are .pre, build, test, deploy, .post"}},
	{"unknown need", "b: {script: x, needs: [a]}", []string{"b job: undefined need: a"}},
	{"later need", "a: {stage: deploy, script: x}\nb: {stage: build, script: x, needs: [a]}", []string{"b job: need a is not defined in current or prior stages"}},
	{"needs twice", "a: {script: x}\nb: {script: x, needs: [a, a]}", []string{"b has the following needs duplicated: a."}},
	{"needs itself", "a: {script: x, needs: [a]}", []string{"The pipeline has circular dependencies: self-dependency: a"}},
	{"cycle", "a: {script: x, needs: [b]}\nb: {script: x, needs: [c]}\nc: {script: x, needs: [a]}", []string{`The pipeline has circular dependencies: topological sort failed: ["a" "b" "c"]`}},
	{"needs a text", "a: {script: x, needs: b}", []string{"jobs:a:needs config can only be a hash or an array"}},
	{"unknown dependency", "b: {script: x, dependencies: [a]}", []string{"b job: undefined dependency: a"}},
	{"dependency outside needs", "a: {script: x}\nc: {script: x}\nb: {script: x, needs: [a], dependencies: [c]}", []string{"jobs:b dependencies the c should be part of needs"}},
	{"tier", "b: {script: x, environment: {name: p, deployment_tier: prod}}", []string{"jobs:b:environment deployment tier must be one of production, staging, testing, development, other"}},
	{"environment action", "b: {script: x, environment: {name: p, action: go}}", []string{"jobs:b:environment action should be start, stop, prepare, verify, or access"}},
	{"environment without name", "b: {script: x, environment: {url: p}}", []string{"jobs:b:environment name can't be blank"}},
	{"stop job", "b: {script: x, environment: {name: p, on_stop: c}}", []string{"b job: on_stop job c is not defined"}},
	{"token without audience", "b: {script: x, id_tokens: {T: {}}}", []string{"jobs:b:id_tokens:T config missing required keys: aud"}},
	{"when", "b: {script: x, when: manuel}", []string{"jobs:b when should be one of: on_success, on_failure, always, manual, delayed"}},
	{"when in a rule", "b: {script: x, rules: [{when: manuel}]}", []string{"jobs:b:rules:rule when should be one of: on_success, on_failure, always, never, manual, delayed"}},
	{"unknown rule key", "b: {script: x, rules: [{unless: x}]}", []string{"jobs:b:rules:rule config contains unknown keys: unless"}},
	{"rules and only", "b: {script: x, only: [main], rules: [{when: always}]}", []string{"jobs:b config key may not be used with `rules`: only"}},
	{"start_in without delay", "b: {script: x, start_in: 1 day}", []string{"jobs:b start in must be blank"}},
	{"delay without start_in", "b: {script: x, when: delayed}", []string{"jobs:b start in should be a duration"}},
	{"timeout", "b: {script: x, timeout: soon}", []string{"jobs:b:timeout config should be a duration"}},
	{"retry", "b: {script: x, retry: {max: 3}}", []string{"jobs:b:retry max must be less than or equal to 2"}},
	{"parallel", "b: {script: x, parallel: 201}", []string{"jobs:b:parallel config must be between 1 and 200"}},
	{"matrix too large", "b: {script: x, parallel: {matrix: [{A: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15], B: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}]}}", []string{"jobs:b:parallel:matrix config generates too many jobs (maximum is 200)"}},
	{"matrix twice the same", "b: {script: x, parallel: {matrix: [{A: 1}, {A: 1}]}}", []string{"jobs:b: [1] config has several jobs with this name"}},
	{"boolean variable", "variables: {A: true}\nb: {script: x}", []string{"variables:A variable definition must be either a string or a hash"}},
	{"variable data", "b: {script: x, variables: {A: {value: x, options: [x]}}}", []string{"jobs:b:variables:A config uses invalid data keys: options"}},
	{"unknown base", "b: {script: x, extends: .a}", []string{"b: unknown keys in `extends` (.a)"}},
	{"extends circle", ".a: {extends: .b}\n.b: {extends: .a}\nb: {script: x, extends: .a}", []string{".a: circular dependency detected in `extends`"}},
	{"unknown reference", "b: {script: !reference [.a, script]}", []string{`!reference [".a", "script"] could not be found`}},
	{"reference circle", ".a: {script: [!reference [.b, script]]}\n.b: {script: [!reference [.a, script]]}\nb: {script: x}", []string{`!reference [".b", "script"] is part of a circular chain or nested too deep`}},
	{"expression", "b: {script: x, rules: [{if: '$A = 1'}]}", []string{"jobs:b:rules:rule if invalid expression syntax: unknown lexeme found"}},
	{"remote include", "include: https://example.com/x.yml\nb: {script: x}", []string{"include:remote is not supported by the embedded GitLab: it has no access to other projects or hosts; copy the file into the repository and use include:local"}},
	{"missing include", "include: /x.yml\nb: {script: x}", []string{"Local file `x.yml` does not exist!"}},
	{"include not YAML", "include: /x.txt\nb: {script: x}", []string{"Included file `x.txt` does not have YAML extension!"}},
	{"missing input", "spec: {inputs: {a: }}\n---\nb: {script: x}", []string{"`a` input: required value has not been provided"}},
	{"unknown input", "spec: {inputs: {a: {default: x}}}\n---\nb: {script: '$[[ inputs.c ]]'}", []string{"unknown interpolation key: `c`"}},
	{"default of another type", "spec: {inputs: {a: {type: number, default: x}}}\n---\nb: {script: x}", []string{"`a` input: default value is not a number"}},
	{"default not an option", "spec: {inputs: {a: {options: [x, y], default: z}}}\n---\nb: {script: x}", []string{"`a` input: `z` cannot be used because it is not in the list of allowed options"}},
	{"unknown function", "spec: {inputs: {a: {default: x}}}\n---\nb: {script: '$[[ inputs.a | upcase ]]'}", []string{"no function matching `upcase`: check that the function name, arguments, and types are correct"}},
	{"conditional input", "spec: {inputs: {a: {default: x, rules: []}}}\n---\nb: {script: x}", []string{"header:spec:inputs:a config contains unknown keys: rules"}},
	{"three documents", "a: 1\n---\nb: 1\n---\nc: 1", []string{"the file has 3 YAML documents, a header and the configuration are allowed"}},
	{"self-referring variable", "variables: {A: $B, B: $A}\nb: {script: x, resource_group: $A}", []string{"b: a variable refers to itself or expands to too much"}},
	{"all mistakes at once", "a: {script: x, foo: 1}\nb: {stage: x, script: x}", []string{
		"jobs:a config contains unknown keys: foo",
		"b job: chosen stage x does not exist; available stages are .pre, build, test, deploy, .post",
	}},
}

func TestRefusedInGitLabsWords(t *testing.T) {
	t.Parallel()
	for _, tc := range refused {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := gitlabci.Compile(ci(tc.yaml), push())
			var refusal *gitlabci.ConfigError
			if !errors.As(err, &refusal) {
				t.Fatalf("Compile = %v, want a ConfigError", err)
			}
			if diff := cmp.Diff(tc.want, refusal.Messages); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			lint := gitlabci.Lint(ci(tc.yaml), push())
			if diff := cmp.Diff(tc.want, lint.Errors); diff != "" || lint.Valid {
				t.Errorf("lint says valid=%v (-want +got):\n%s", lint.Valid, diff)
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	t.Parallel()
	_, err := gitlabci.Compile(files{}, push())
	if diff := cmp.Diff([]string{"Missing CI config file"}, gitlabci.Reasons(err)); diff != "" {
		t.Error(diff)
	}
	other := push()
	other.ConfigPath = "ci/main.yml"
	if _, err := gitlabci.Compile(files{"ci/main.yml": "a: {script: x}"}, other); err != nil {
		t.Errorf("another path: %v", err)
	}
}

func TestNeedsOfAJobThatRulesLeftOut(t *testing.T) {
	t.Parallel()
	text := "build: {script: x, rules: [{if: $NEVER}]}\ndeploy: {script: x, needs: [{job: build, optional: OPT}]}"
	_, err := gitlabci.Compile(ci(strings.ReplaceAll(text, "OPT", "false")), push())
	want := []string{"'deploy' job needs 'build' job, but 'build' does not exist in the pipeline. " +
		"This might be because of the only, except, or rules keywords. " +
		"To need a job that sometimes does not exist in the pipeline, use needs:optional."}
	if diff := cmp.Diff(want, gitlabci.Reasons(err)); diff != "" {
		t.Error(diff)
	}
	p := mustCompile(t, ci(strings.ReplaceAll(text, "OPT", "true")), push())
	if j := job(t, p, "deploy"); len(j.Needs) != 0 || !j.HasNeeds {
		t.Errorf("optional need: Needs = %q, HasNeeds = %v", j.Needs, j.HasNeeds)
	}
}

func TestInputsForAFileWithoutHeader(t *testing.T) {
	t.Parallel()
	given := push()
	given.Inputs = map[string]any{"a": "x"}
	_, err := gitlabci.Compile(ci("b: {script: x}"), given)
	want := []string{"Given inputs not defined in the `spec` section of the included configuration file"}
	if diff := cmp.Diff(want, gitlabci.Reasons(err)); diff != "" {
		t.Error(diff)
	}
}

func TestNothingToRun(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"all left out":      "a: {script: x, rules: [{when: never}]}",
		"no rule matches":   "a: {script: x, rules: [{if: $NEVER}]}",
		"only .pre is left": "a: {stage: .pre, script: x}",
		"workflow":          "workflow: {rules: [{if: $NEVER}]}\na: {script: x}",
	} {
		_, err := gitlabci.Compile(ci(text), push())
		if !errors.Is(err, gitlabci.ErrNoJobs) {
			t.Errorf("%s: %v", name, err)
		}
		if lint := gitlabci.Lint(ci(text), push()); !lint.Valid || len(lint.Warnings) == 0 {
			t.Errorf("%s: lint = %+v", name, lint)
		}
	}
}
