package scaffolder_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

// stepLine is a step of a template as a person follows it.
type stepLine struct{ ID, Status, Detail, Output string }

func stepLines(o *operations.Operation) []stepLine {
	var lines []stepLine
	for _, s := range o.Steps {
		if id, ofTemplate := strings.CutPrefix(s.ID, "template/"); ofTemplate {
			lines = append(lines, stepLine{id, string(s.Status), s.Detail, string(s.Output)})
		}
	}
	return lines
}

// through runs the template's steps to their end.
func (w *world) through(t *testing.T, id string) (string, error) {
	t.Helper()
	for {
		out, err := w.call(t, id, "RunStep", nil)
		if err != nil || string(out) != `{"next":"step"}` {
			return string(out), err
		}
	}
}

func logStep(id, more, message string) string {
	return "    - {id: " + id + ", action: \"debug:log\"" + more + ", input: {message: '" + message + "'}}\n"
}

func TestAStepRunsForEachValue(t *testing.T) {
	t.Parallel()
	steps := "    - {id: files, action: \"fetch:plain:file\", each: '${{ parameters.list }}', input: {url: ./skeleton/README.md, targetPath: '${{ each.key }}/${{ each.value.name }}.md'}}\n" +
		"    - {id: dirs, action: \"fs:readdir\", each: {b: '1', a: '0'}, if: '${{ each.key == \"a\" or parameters.name }}', input: {paths: ['${{ each.value }}']}}\n" +
		logStep("found", ", each: '${{ steps.dirs.output.files[1] }}'", "${{ each.value.path }} ${{ each.key }}") +
		logStep("never", ", each: '${{ parameters.none }}'", "${{ each.value }}") +
		logStep("some", ", each: [1, 2, 3], if: '${{ each.value is odd }}'", "n${{ each.value }}") +
		logStep("no", ", each: [1], if: false", "x")
	w := newWorld(t, steps, map[string]string{"README.md": "read me"})
	id := w.accept(t, map[string]any{"name": "orders", "list": []any{map[string]any{"name": "x"}, map[string]any{"name": "y"}}, "none": []any{}})
	w.run(t, id, "Prepare", "Plan")
	if next, err := w.through(t, id); err != nil || next != `{"next":"catalog"}` {
		t.Fatal(next, err)
	}
	entry := func(p, name string) string {
		return `[{"name":"` + name + `","path":"` + p + `","fullPath":"/workspace/` + p + `"}]`
	}
	want := []stepLine{
		{"files", "completed", "0/x.md; 1/y.md", "{}"},
		{"dirs", "completed", "1 file; 1 file", `{"files":[` + entry("1/y.md", "y.md") + `,` + entry("0/x.md", "x.md") + `],"folders":[[],[]]}`},
		{"found", "completed", "0/x.md 0", "{}"},
		{"never", "completed", "", "{}"},
		{"some", "completed", "n1; n3", "{}"},
		{"no", "skipped", "its if condition was false", ""},
	}
	if diff := cmp.Diff(want, stepLines(w.operation(t, id))); diff != "" {
		t.Error(diff)
	}
}

func TestEachNeedsAListOrAnObject(t *testing.T) {
	t.Parallel()
	for each, message := range map[string]string{
		"'${{ parameters.name }}'":   "must give a list or an object",
		"'${{ 7 }}'":                 "must give a list or an object",
		"'${{ steps.s.output.x }}'":  "gives no value",
		"'${{ range(2000) }}'":       "gives 2000 values",
		"'${{ parameters.name | '":   "steps.e.each:1:",
		"'text with ${{ 1 }} in it'": "must give a list or an object",
	} {
		w := newWorld(t, logStep("s", "", "x")+logStep("e", ", each: "+each, "y"), nil)
		id := w.accept(t, map[string]any{"name": "orders"})
		w.run(t, id, "Prepare", "Plan")
		if _, err := w.through(t, id); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v", each, err)
		}
	}
}

func TestAfterAFailureOnlyStepsRunThatAskForIt(t *testing.T) {
	t.Parallel()
	steps := logStep("one", "", "first") +
		"    - {id: two, action: \"fs:rename\", input: {files: [{from: nope, to: x}]}}\n" +
		logStep("three", "", "never") + logStep("onfail", ", if: '${{ failure() }}'", "after ${{ steps.one.output | dump }}") +
		logStep("fin", ", if: '${{ always() and parameters.name }}'", "finally") +
		strings.Replace(publishStep, "id: publish,", "id: publish, if: '${{ always() }}',", 1) +
		logStep("last", ", if: '${{ not failure() }}'", "never")
	w := newWorld(t, steps, nil)
	id := w.accept(t, map[string]any{"name": "orders"})
	w.run(t, id, "Prepare", "Plan")
	why := `there is no "nope" in the workspace`
	for range 2 { // again after a lost answer
		_, err := w.through(t, id)
		if e := named(t, err, "Slipway.NotFound"); e.Cause != why {
			t.Errorf("ends with %q", e.Cause)
		}
	}
	want := []stepLine{
		{"one", "completed", "first", "{}"},
		{"two", "failed", why, `{"kind":"NotFound","message":` + quoted(t, why) + `}`},
		{"three", "skipped", "a previous step failed", ""},
		{"onfail", "completed", "after {}", "{}"},
		{"fin", "completed", "finally", "{}"},
		{"publish", "failed", "", ""},
		{"last", "skipped", "its if condition was false", ""},
	}
	got := stepLines(w.operation(t, id))
	if !strings.Contains(got[5].Detail, "gitlab.project apps/orders is not made: a step has failed") {
		t.Errorf("an effect after a failure: %q", got[5].Detail)
	}
	got[5].Detail, got[5].Output = "", ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := w.Client.Project(t.Context(), "apps/orders"); !errors.Is(err, errs.NotFound) {
		t.Errorf("a project was made after the failure: %v", err)
	}
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	body, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// busy fails in a way that passes.
type busy struct{ actions.Action }

func (busy) ID() string { return actions.DebugWaitID }

func (busy) Plan(context.Context, actions.Call) (actions.Planned, error) {
	return actions.Planned{}, nil
}

func (busy) Run(context.Context, actions.Call) (actions.Result, error) {
	return actions.Result{}, errs.New(errs.Unavailable, "not now")
}

func TestWhatMayPassIsLeftToBeTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "    - {id: w, action: \"debug:wait\"}\n"+logStep("fin", ", if: '${{ always() }}'", "x"), nil, busy{})
	id := w.accept(t, map[string]any{"name": "orders"})
	w.run(t, id, "Prepare", "Plan")
	for range 2 {
		_, err := w.through(t, id)
		named(t, err, "Slipway.Unavailable")
	}
	if got := stepLines(w.operation(t, id)); len(got) != 1 || got[0].Status != "processing" {
		t.Errorf("steps %+v", got)
	}
}

func TestOutputItemsAreShownByTheirIf(t *testing.T) {
	t.Parallel()
	tail := "  output: {links: [{title: A, if: '${{ parameters.tests }}', url: a}, {title: B, if: '${{ parameters.name }}', url: '${{ parameters.name }}'}], text: [{title: T, if: '${{ parameters.none }}'}], if: kept}\n"
	w := newWorld(t, logStep("s", "", "x")+tail+"# ", nil)
	id := w.accept(t, map[string]any{"name": "orders", "tests": false, "none": []any{}})
	w.run(t, id, "Prepare", "Plan", "RunStep", "Complete")
	var out struct{ Template json.RawMessage }
	if err := json.Unmarshal(w.operation(t, id).Output, &out); err != nil {
		t.Fatal(err)
	}
	if got := string(out.Template); got != `{"links":[{"title":"B","url":"orders"}],"text":[],"if":"kept"}` {
		t.Errorf("output %s", got)
	}
}
