package gitlabci_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

func TestExtendsAnchorsAndReferences(t *testing.T) {
	t.Parallel()
	p := mustCompile(t, ci(`
.env: &env
  variables: { A: base, B: base }
.tools:
  before_script: [setup one, setup two]
.one: { image: one, variables: { B: one }, tags: [x] }
.two: { extends: .one, image: two }
build:
  <<: *env
  stage: build
  script: [go build]
test:
  extends: [.env, .two]
  variables: { C: test }
  script:
    - !reference [.tools, before_script]
    - [go test, [nested]]
`), push())
	if got := job(t, p, "build").Variables; !cmp.Equal(got, map[string]string{"A": "base", "B": "base"}) {
		t.Errorf("merge key: %v", got)
	}
	j := job(t, p, "test")
	want := gitlabci.Job{
		Name: "test", Stage: "test", When: "on_success", Image: "two", Tags: []string{"x"},
		Script:    []string{"setup one", "setup two", "go test", "nested"},
		Variables: map[string]string{"A": "base", "B": "one", "C": "test"},
	}
	if diff := cmp.Diff(want, j); diff != "" {
		t.Errorf("extends (-want +got):\n%s", diff)
	}
}

func TestIncludes(t *testing.T) {
	t.Parallel()
	src := listed{files: files{
		gitlabci.DefaultConfigPath: "include:\n  - local: /ci/*.yml\n  - local: ci/typed/deploy.yaml\n    inputs: { where: qa, count: 2 }\n" +
			"  - { local: never.yml, rules: [{ if: $NEVER }] }\nbuild: { image: own }\n",
		"ci/a.yml":             "build: { script: a, image: a }",
		"ci/b.yml":             "include: ci/typed/inner.yml\nlint: { script: b }",
		"ci/typed/inner.yml":   "inner: { script: i }",
		"ci/typed/deploy.yaml": "spec: { inputs: { where: , count: { type: number } } }\n---\n\"deploy-$[[ inputs.where ]]\": { script: d, parallel: \"$[[ inputs.count ]]\" }",
	}}
	p := mustCompile(t, src, push())
	if diff := cmp.Diff([]string{"build", "inner", "lint", "deploy-qa 1/2", "deploy-qa 2/2"}, names(p)); diff != "" {
		t.Error(diff)
	}
	if got := job(t, p, "build"); got.Image != "own" || got.Script[0] != "a" {
		t.Errorf("the project's own file must win: %+v", got)
	}
	lint := gitlabci.Lint(src, push())
	if diff := cmp.Diff([]string{"ci/a.yml", "ci/b.yml", "ci/typed/inner.yml", "ci/typed/deploy.yaml"}, lint.Includes); diff != "" {
		t.Error(diff)
	}
}

func TestIncludeThatIncludesItself(t *testing.T) {
	t.Parallel()
	lint := gitlabci.Lint(files{gitlabci.DefaultConfigPath: "include: a.yml\nb: {script: x}", "a.yml": "include: [a.yml, a.yml]"}, push())
	if lint.Valid {
		t.Error("a file that includes itself is accepted")
	}
}

func TestInputs(t *testing.T) {
	t.Parallel()
	text := `
spec:
  inputs:
    name: { default: world }
    list: { type: array, default: [a, b] }
    flag: { type: boolean, default: false }
    n: { type: number, default: 1 }
---
job:
  script: $[[ inputs.list ]]
  allow_failure: $[[ inputs.flag ]]
  retry: $[[ inputs.n ]]
  variables:
    GREETING: "hello $[[ inputs.name | truncate(0,3) ]] $[[ inputs.n ]]"
    RAW: { value: "$[[ inputs.name | expand_vars ]]", expand: false }
`
	tr := push()
	tr.Inputs = map[string]any{"flag": true, "n": float64(2), "name": "$CI_COMMIT_REF_NAME!"}
	j := job(t, mustCompile(t, ci(text), tr), "job")
	want := gitlabci.Job{
		Name: "job", Stage: "test", When: "on_success", AllowFailure: true, Retry: 2, Script: []string{"a", "b"},
		Variables: map[string]string{"GREETING": "hello $CI 2", "RAW": "main!"}, RawVariables: []string{"RAW"},
	}
	if diff := cmp.Diff(want, j); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	tr.Inputs = map[string]any{"other": "x", "flag": "yes"}
	_, err := gitlabci.Compile(ci(text), tr)
	if diff := cmp.Diff([]string{"unknown input arguments: other", "`flag` input: provided value is not a boolean"}, gitlabci.Reasons(err)); diff != "" {
		t.Error(diff)
	}
}

func TestMatrixAndNeedsOfItsParts(t *testing.T) {
	t.Parallel()
	p := mustCompile(t, ci(`
build:
  stage: build
  script: x
  parallel: { matrix: [{ OS: [linux, mac], ARCH: arm64 }, { OS: win }] }
shard: { stage: build, script: x, parallel: 2 }
all: { script: x, needs: [build] }
one: { script: x, needs: [{ job: build, parallel: { matrix: [{ OS: mac, ARCH: arm64 }] } }, { job: shard, artifacts: false }] }
`), push())
	want := []string{"build: [linux, arm64]", "build: [mac, arm64]", "build: [win]"}
	if diff := cmp.Diff(want, job(t, p, "all").Needs); diff != "" {
		t.Error(diff)
	}
	one := job(t, p, "one")
	if diff := cmp.Diff([]string{"build: [mac, arm64]", "shard 1/2", "shard 2/2"}, one.Needs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"build: [mac, arm64]"}, one.ArtifactsFrom); diff != "" {
		t.Error(diff)
	}
	cell := map[string]string{"OS": "mac", "ARCH": "arm64", "CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3"}
	if diff := cmp.Diff(cell, job(t, p, "build: [mac, arm64]").Variables); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultsAndInheritance(t *testing.T) {
	t.Parallel()
	p := mustCompile(t, ci(`
default: { image: base, tags: [a], retry: 1 }
variables: { X: global, Y: global }
all: { script: x, variables: { Y: own } }
some: { script: x, inherit: { default: [image], variables: [X] } }
none: { script: x, inherit: { default: false, variables: false } }
down: { trigger: apps/other }
`), push())
	for name, want := range map[string]gitlabci.Job{
		"all":  {Image: "base", Tags: []string{"a"}, Retry: 1, Variables: map[string]string{"X": "global", "Y": "own"}, Script: []string{"x"}},
		"some": {Image: "base", Variables: map[string]string{"X": "global"}, Script: []string{"x"}},
		"none": {Script: []string{"x"}},
		"down": {Bridge: true, Variables: map[string]string{"X": "global", "Y": "global"}},
	} {
		want.Name, want.Stage, want.When = name, "test", "on_success"
		if diff := cmp.Diff(want, job(t, p, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestVariablePrecedenceAndExpansion(t *testing.T) {
	t.Parallel()
	tr := push()
	tr.Variables["TARGET"] = "given"
	tr.Variables["CI_COMMIT_TITLE"] = "costs $TARGET"
	p := mustCompile(t, ci(`
workflow: { name: "$CI_COMMIT_TITLE for $APP", rules: [{ if: $CI, variables: { APP: from-rule } }] }
variables: { TARGET: file, APP: orders, GROUP: "$APP-$${x}-%TARGET%" }
job:
  script: x
  resource_group: $GROUP
  environment: { name: review/$APP, url: "https://$APP.example.com/$CI_JOB_ID" }
  rules: [{ if: $TARGET == "given" && $APP == "from-rule", variables: { EXTRA: "1" } }]
`), tr)
	if p.Name != "costs $TARGET for from-rule" {
		t.Errorf("Name = %q: predefined values are not to be expanded again", p.Name)
	}
	j := job(t, p, "job")
	want := gitlabci.Environment{Name: "review/from-rule", Action: "start", DeploymentTier: "development", URL: "https://from-rule.example.com/$CI_JOB_ID"}
	if diff := cmp.Diff(want, *j.Environment); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if j.ResourceGroup != "from-rule-$${x}-given" {
		t.Errorf("ResourceGroup = %q", j.ResourceGroup)
	}
	if j.Variables["TARGET"] != "given" || j.Variables["EXTRA"] != "1" {
		t.Errorf("Variables = %v", j.Variables)
	}
}
