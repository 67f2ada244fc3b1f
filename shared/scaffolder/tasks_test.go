package scaffolder_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

func replaceHost(text, base string) string {
	u, err := url.Parse(base)
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(text, "HOST", u.Host)
}

func skeleton(ci string) map[string]string {
	files := map[string]string{"catalog-info.yaml": component, "README.md": "# ${{ values.name }}\n"}
	if ci != "" {
		files[".gitlab-ci.yml"] = ci
	}
	return files
}

// TestAnApplicationIsCreatedOnceHoweverOftenTasksRun runs every task twice, as retries
// after a lost answer do.
func TestAnApplicationIsCreatedOnceHoweverOftenTasksRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep+publishStep+registerStep, skeleton(passing))
	id := w.accept(t, map[string]any{"name": "orders", "environments": []any{"qa", "dev"}})
	w.run(t, id, "Prepare", "Prepare", "Plan", "Plan")
	for next := `{"next":"step"}`; next == `{"next":"step"}`; {
		next = w.run(t, id, "RunStep")
	}
	if next := w.run(t, id, "RunStep"); next != `{"next":"pipeline"}` {
		t.Errorf("the steps are followed by %s", next)
	}
	w.run(t, id, "StartPipeline", "StartPipeline")
	w.pipelineEnds(t)
	for _, token := range []string{"t1", "t2"} {
		if _, err := w.call(t, id, "AwaitPipeline", map[string]any{"token": token}); err != nil {
			t.Fatal(err)
		}
	}
	w.run(t, id, "ConfirmCatalog", "ConfirmCatalog", "Complete", "Complete")
	w.checkCreated(t, id)
}

func (w *world) checkCreated(t *testing.T, id string) {
	t.Helper()
	o := w.operation(t, id)
	var out scaffolder.Output
	if err := json.Unmarshal(o.Output, &out); err != nil {
		t.Fatal(err)
	}
	web := w.URL + "/apps/orders"
	want := scaffolder.Output{
		Project: "apps/orders", WebURL: web, CloneURL: web + ".git", PipelineURL: out.PipelineURL, Entities: []string{"component:default/orders"},
		Template: keyorder.Object{Map: map[string]any{"text": []any{map[string]any{"content": "orders at " + web}}}},
	}
	if diff := cmp.Diff(want, out); diff != "" || o.Status != operations.Succeeded || !strings.HasPrefix(out.PipelineURL, web+"/-/pipelines/") {
		t.Errorf("%s: %s", o.Status, diff)
	}
	type line struct{ ID, Name, Status string }
	var got []line
	for _, s := range o.Steps {
		got = append(got, line{s.ID, s.Name, string(s.Status)})
	}
	steps := []line{
		{"resolve", "Resolve template and environments", "completed"}, {"plan", "Plan", "completed"}, {"template/fetch", "Render", "completed"},
		{"template/publish", "publish:gitlab", "completed"}, {"template/register", "Register", "completed"}, {"pipeline", "Start the pipeline", "completed"},
		{"await-pipeline", "Wait for the pipeline", "completed"}, {"catalog", "Check the catalog", "completed"},
	}
	if diff := cmp.Diff(steps, got); diff != "" {
		t.Error(diff)
	}
	if d := o.Step("resolve").Detail; !strings.HasSuffix(d, "; dev (111111111111) → qa (222222222222)") {
		t.Errorf("resolved %q", d)
	}
	project, _ := w.pipeline(t)
	hooks, err := w.Client.Hooks(t.Context(), project)
	if err != nil || len(hooks) != 1 {
		t.Errorf("%d hooks, %v", len(hooks), err)
	}
	if _, err := w.spaces.Load(t.Context(), id); !errors.Is(err, errs.NotFound) {
		t.Errorf("the workspace is left: %v", err)
	}
	entries, err := w.ops.Ledger(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var made []operations.Effect
	for _, e := range entries {
		made = append(made, e.Effect)
	}
	if diff := cmp.Diff(o.Plan.Effects, made, cmpopts.SortSlices(func(a, b operations.Effect) bool { return a.ID < b.ID })); diff != "" {
		t.Errorf("what was done is not what was planned: %s", diff)
	}
}

func TestStepsThatAreNotWantedAreSkipped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		steps, ci string
		next      string
		statuses  string
		effects   int
	}{
		"if is false":              {strings.Replace(fetchStep, "id: fetch,", "id: fetch, if: false,", 1), "", "catalog", "skipped", 0},
		"if renders to nothing":    {strings.Replace(fetchStep, "id: fetch,", "id: fetch, if: '${{ parameters.tests }}',", 1), "", "catalog", "skipped", 0},
		"if is an empty list":      {strings.Replace(fetchStep, "id: fetch,", "id: fetch, if: '${{ parameters.none }}',", 1), "", "catalog", "skipped", 0},
		"if is true":               {strings.Replace(fetchStep, "id: fetch,", "id: fetch, if: '${{ parameters.name == \"orders\" }}',", 1), "", "catalog", "completed", 0},
		"published without CI":     {fetchStep + publishStep, "", "catalog", "completed completed", 3},
		"published with CI":        {fetchStep + publishStep, passing, "pipeline", "completed completed", 4},
		"nothing is published":     {fetchStep, passing, "catalog", "completed", 0},
		"publishing is not wanted": {fetchStep + strings.Replace(publishStep, "id: publish,", "id: publish, if: '${{ steps.fetch.output.x }}',", 1), passing, "catalog", "completed skipped", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.steps, skeleton(c.ci))
			id := w.accept(t, map[string]any{"name": "orders", "none": []any{}})
			w.run(t, id, "Prepare", "Plan")
			out := ""
			for range strings.Count(c.steps, "- {id:") {
				out = w.run(t, id, "RunStep")
			}
			o := w.operation(t, id)
			var statuses []string
			for _, s := range o.Steps[2:] {
				statuses = append(statuses, string(s.Status))
			}
			if out != `{"next":"`+c.next+`"}` || strings.Join(statuses, " ") != c.statuses || len(o.Plan.Effects) != c.effects {
				t.Errorf("goes on with %s, steps %v, %d effects", out, statuses, len(o.Plan.Effects))
			}
		})
	}
}

// fickle plans one project and then wants to make another.
type fickle struct{}

func (fickle) ID() string { return actions.PublishGitLabID }

func (fickle) effect(visibility string) operations.Effect {
	e, err := effects.NewProject("publish/project", effects.ProjectParams{Namespace: "apps", Slug: "orders", DefaultBranch: "main", Visibility: visibility})
	if err != nil {
		panic(err)
	}
	return e
}

func (f fickle) Plan(context.Context, actions.Call) (actions.Planned, error) {
	return actions.Planned{Effects: []operations.Effect{f.effect("private")}}, nil
}

func (f fickle) Run(ctx context.Context, c actions.Call) (actions.Result, error) {
	_, err := c.Apply(ctx, f.effect("public"))
	return actions.Result{}, err
}

func TestOnlyWhatWasPlannedIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, publishStep, nil, fickle{})
	id := w.accept(t, map[string]any{"name": "orders"})
	w.run(t, id, "Prepare", "Plan")
	_, err := w.call(t, id, "RunStep", nil)
	if e := named(t, err, "Slipway.Conflict"); !strings.Contains(e.Cause, "gitlab.project apps/orders is not in the plan") {
		t.Error(e)
	}
	if _, err := w.Client.Project(t.Context(), "apps/orders"); !errors.Is(err, errs.NotFound) {
		t.Errorf("it was made: %v", err)
	}
}

func TestWhatWasResolvedStaysResolved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep, skeleton(""))
	id := w.accept(t, map[string]any{"name": "orders"})
	if _, err := w.ops.Begin(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	w.run(t, id, "Prepare")
	before := w.operation(t, id)
	p, err := w.Client.Project(t.Context(), "platform/templates")
	if err != nil {
		t.Fatal(err)
	}
	w.Push(t, p, "update", map[string]string{"service/skeleton/README.md": "changed"})
	w.run(t, id, "Prepare", "Plan", "RunStep")
	files, err := w.spaces.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if f, _ := files.Get("README.md"); string(f.Content) != "# orders\n" || string(w.operation(t, id).Resolved) != string(before.Resolved) {
		t.Errorf("the operation follows the template: %q", f.Content)
	}
}

func TestTasksRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep+publishStep, skeleton(passing))
	id := w.accept(t, map[string]any{"name": "orders"})
	for task := range w.tasks {
		for name, in := range map[string]struct{ input, want string }{
			"not an object":     {`[]`, "Slipway.Invalid"},
			"no operation":      {`{}`, "Slipway.NotFound"},
			"unknown operation": {`{"operationId":"nope"}`, "Slipway.NotFound"},
			"wrong type":        {`{"operationId":7}`, "Slipway.Invalid"},
		} {
			if _, err := w.tasks[task](t.Context(), json.RawMessage(in.input)); err == nil || !strings.HasPrefix(err.Error(), in.want+": ") {
				t.Errorf("%s with %s: %v", task, name, err)
			}
		}
	}
	for _, early := range []struct{ task, want string }{
		{"Plan", "Slipway.Internal"}, {"RunStep", "Slipway.Internal"}, {"StartPipeline", "Slipway.Conflict"}, {"AwaitPipeline", "Slipway.NotFound"}, {"PollPipeline", "Slipway.Conflict"},
	} {
		if _, err := w.call(t, id, early.task, nil); err == nil || !strings.HasPrefix(err.Error(), early.want+": ") {
			t.Errorf("%s before its time: %v", early.task, err)
		}
	}
	if _, err := scaffolder.NewTasks(scaffolder.TaskDeps{}); err == nil {
		t.Error("tasks were made of nothing")
	}
}

// FuzzTaskCall gives the tasks inputs of any form: none panics or answers without a name.
func FuzzTaskCall(f *testing.F) {
	for _, seed := range []string{`{}`, `{"operationId":"x","failure":{"Error":7}}`, `{"operationId":"OP#1","token":null}`, `[`, `{"failure":{"Cause":"{"}}`} {
		f.Add([]byte(seed))
	}
	w := newWorld(f, fetchStep, nil)
	f.Fuzz(func(t *testing.T, in []byte) {
		for name, task := range w.tasks {
			if _, err := task(t.Context(), in); err == nil || !strings.HasPrefix(err.Error(), "Slipway.") {
				t.Fatalf("%s: %v", name, err)
			}
		}
	})
}
