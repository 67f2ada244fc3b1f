package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/scaffolder/template/lint"
)

const mistaken = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: x}
spec:
  type: service
  steps:
    - {id: a, action: 'debug:log', if: false}
    - {id: b, action: 'debug:lag'}
`

func TestTemplateLint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad, good := filepath.ToSlash(filepath.Join(dir, "bad.yaml")), filepath.Join("..", "..", "templates", "serverless-api", "template.yaml")
	if err := os.WriteFile(bad, []byte(mistaken), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	run := func(args ...string) int {
		out.Reset()
		errOut.Reset()
		return exitCode(templateCommand(t.Context(), args, nil, &out, &errOut), &errOut)
	}
	if code := run("lint", good); code != 0 || out.Len() > 0 {
		t.Errorf("a good one: exit %d\n%s", code, &out)
	}
	want := bad + ":7:40: warning: this step never runs: its if is always false\n" +
		bad + `:8:23: error: there is no action "debug:lag" (did you mean "debug:log"?)` + "\n"
	if code := run("lint", good, bad); code != 1 || errOut.Len() > 0 {
		t.Errorf("exit %d, %s", code, &errOut)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	var found []lint.Finding
	if code := run("lint", "--json", bad); code != 1 || json.Unmarshal(out.Bytes(), &found) != nil || len(found) != 2 || found[1].Pointer != "/spec/steps/1/action" {
		t.Errorf("as JSON: exit %d\n%s", code, &out)
	}
	for want, args := range map[int][][]string{2: {nil, {"lint"}, {"check"}, {"lint", "--nope"}, {"eval", "x"}, {"eval", "--host", "x"}}, 1: {{"lint", "/nonexistent.yaml"}, {"eval", "--host", "x=svn"}}} {
		for _, a := range args {
			if code := run(a...); code != want || errOut.Len() == 0 {
				t.Errorf("%v: exit %d, %s", a, code, &errOut)
			}
		}
	}
}
