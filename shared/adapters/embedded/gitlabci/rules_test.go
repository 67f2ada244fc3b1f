package gitlabci_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

func TestJobRules(t *testing.T) {
	t.Parallel()
	src := listed{
		files:   files{"Dockerfile": "", "svc/a/main.go": "", "docs/x.md": ""},
		changed: []string{"svc/a/main.go", "docs/deep/er/y.md"},
	}
	for _, tc := range []struct {
		rules string
		runs  bool
	}{
		{`[{ if: $CI_COMMIT_BRANCH == "main" }]`, true},
		{`[{ if: $CI_COMMIT_BRANCH =~ /^rel/ }]`, false},
		{`[{ if: $CI, when: never }, { when: always }]`, false},
		{`[{ changes: [svc/**/*.go] }]`, true},
		{`[{ changes: { paths: ["docs/*.md"] } }]`, false},
		{`[{ changes: ["docs/**/*.{txt,md}"] }]`, true},
		{`[{ changes: ["docs/**"] }]`, true},
		{`[{ exists: [Dockerfile] }]`, true},
		{`[{ exists: ["*.md"] }]`, false},
		{`[{ exists: ["**/*.md"] }]`, true},
		{`[{ exists: ["svc/[a-c]/main.go"] }]`, true},
		{`[{ exists: ["svc/[!a-c]/main.go"] }]`, false},
		{`[{ if: $CI, exists: [missing] }]`, false},
		{`[{ exists: ["$CI_COMMIT_TITLE", Dockerfile] }]`, true},
	} {
		src := listed{files: files{gitlabci.DefaultConfigPath: "j: { script: x, rules: " + tc.rules + " }"}, changed: src.changed}
		for _, f := range []string{"Dockerfile", "svc/a/main.go", "docs/x.md"} {
			src.files[f] = ""
		}
		_, err := gitlabci.Compile(src, push())
		if runs := err == nil; runs != tc.runs || (err != nil && !errors.Is(err, gitlabci.ErrNoJobs)) {
			t.Errorf("%s: %v, want it to run: %v", tc.rules, err, tc.runs)
		}
	}
}

func TestRulesSetTheJob(t *testing.T) {
	t.Parallel()
	p := mustCompile(t, ci(`
a: { script: x, rules: [{ when: manual }] }
b: { script: x, when: manual }
c: { script: x, rules: [{ when: manual, allow_failure: true }] }
d: { script: x, allow_failure: { exit_codes: [3, 4] } }
e: { script: x, rules: [{ when: delayed, start_in: 30 minutes, interruptible: true }] }
f: { script: x, rules: [{ if: $CI, needs: [a] }] }
`), push())
	type set struct {
		When, StartIn string
		Allow         bool
		Codes         []int
		Interruptible bool
		Needs         []string
	}
	for name, want := range map[string]set{
		"a": {When: "manual"},
		"b": {When: "manual", Allow: true},
		"c": {When: "manual", Allow: true},
		"d": {When: "on_success", Codes: []int{3, 4}},
		"e": {When: "delayed", StartIn: "30 minutes", Interruptible: true},
		"f": {When: "on_success", Needs: []string{"a"}},
	} {
		j := job(t, p, name)
		got := set{j.When, j.StartIn, j.AllowFailure, j.AllowFailureCodes, j.Interruptible, j.Needs}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestOnlyAndExcept(t *testing.T) {
	t.Parallel()
	tag := push()
	tag.Tag, tag.Ref = true, "v1.2"
	mr := push()
	mr.Source, mr.Ref = "merge_request_event", "refs/merge-requests/1/head"
	for _, tc := range []struct {
		keys            string
		branch, tag, mr bool
	}{
		{"", true, true, false},
		{"only: [main]", true, false, false},
		{"only: [tags]", false, true, false},
		{"only: ['/^v\\d/']", false, true, false},
		{"only: ['/^V\\d/i']", false, true, false},
		{"only: [merge_requests]", false, false, true},
		{"only: [pushes]", true, true, false},
		{"except: [tags]", true, false, false},
		{"only: ['main@apps/orders']", true, false, false},
		{"only: ['main@apps/other']", false, false, false},
		{"only: { refs: [branches], variables: [$CI == 'no'] }", false, false, false},
		{"only: { variables: [$CI == 'true'] }", true, true, true},
		{"except: { variables: [$CI] }", false, false, false},
	} {
		for name, run := range map[string]struct {
			trigger gitlabci.Trigger
			want    bool
		}{"branch": {push(), tc.branch}, "tag": {tag, tc.tag}, "mr": {mr, tc.mr}} {
			_, err := gitlabci.Compile(ci("j:\n  script: x\n  "+tc.keys+"\n"), run.trigger)
			if got := err == nil; got != run.want || (err != nil && !errors.Is(err, gitlabci.ErrNoJobs)) {
				t.Errorf("%q on %s: %v, want it to run: %v", tc.keys, name, err, run.want)
			}
		}
	}
}

func TestExceptBesideWorkflowRules(t *testing.T) {
	t.Parallel()
	mr := push()
	mr.Source, mr.Ref = "merge_request_event", "refs/merge-requests/1/head"
	text := "workflow: { rules: [{ when: always }] }\nj: { script: x, except: [tags] }"
	if got := names(mustCompile(t, ci(text), mr)); len(got) != 1 {
		t.Errorf("with workflow:rules there is no default for only, but %q run", got)
	}
}

func TestLintWarnsAboutDoublePipelines(t *testing.T) {
	t.Parallel()
	lint := gitlabci.Lint(ci("j: { script: x, rules: [{ if: $A }, { when: always }] }"), push())
	if !lint.Valid || len(lint.Warnings) != 1 {
		t.Fatalf("lint = %+v", lint)
	}
	lint = gitlabci.Lint(ci("workflow: { rules: [{ when: always }] }\nj: { script: x, rules: [{ if: $A }, { when: always }] }"), push())
	if len(lint.Warnings) != 0 {
		t.Errorf("with workflow:rules: %q", lint.Warnings)
	}
}
