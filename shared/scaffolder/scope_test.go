package scaffolder

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder/script"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

func reader(t *testing.T) *script.Reader {
	t.Helper()
	engine, err := templating.New(templating.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := script.New(engine)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// running is an operation with a secret in every place that templates must not see.
func running() (*operations.Operation, resolved) {
	o := &operations.Operation{
		ID: "op-1", Secrets: []string{"token"}, Actor: "user:default/ann", RequestID: "hunter2", Machine: "hunter2", Target: "hunter2", Type: "hunter2",
		Input: json.RawMessage(`{"x":"hunter2"}`), Output: json.RawMessage(`{"x":"hunter2"}`),
		Steps: []operations.Step{
			{ID: "template/publish", Output: json.RawMessage(`{"url":"http://g/orders"}`), Detail: "hunter2"},
			{ID: "template/damaged", Output: json.RawMessage(`{`)},
			{ID: "template/silent"},
			{ID: "pipeline", Output: json.RawMessage(`{"x":"hunter2"}`)},
		},
	}
	return o, resolved{
		Template: &template.Template{Name: "hunter2"}, Values: keyorder.Object{Map: map[string]any{"name": "orders", "list": []any{"a", 1.0}}},
		User: json.RawMessage(`{"kind":"User"}`), Metadata: json.RawMessage(`{"name":"hunter2"}`),
		Environments: []environments.Environment{{Ref: "awsenvironment:default/dev", Name: "dev"}},
	}
}

func TestScopeHoldsWhatTemplatesMaySeeAndNothingElse(t *testing.T) {
	t.Parallel()
	tasks, sc := reader(t), newScope(running())
	for src, want := range map[string]any{
		"${{ parameters.name }}": "orders", "${{ parameters.list }}": []any{"a", 1.0}, "${{ user.ref }}": "user:default/ann",
		"${{ context.task.id }}": "op-1", "${{ environments[0].name }}": "dev", "${{ steps.publish.output.url }}": "http://g/orders",
		"a ${{ parameters.name }} b": "a orders b", "no template": "no template",
		"${{ steps.pipeline.output.x }}": templating.Undefined{}, "${{ steps.damaged.output.x }}": templating.Undefined{}, "${{ steps.silent.output }}": templating.Undefined{},
		"${{ secrets.token }}": "⟦secret:token⟧", "${{ secrets.other }}": templating.Undefined{}, "${{ user.entity.kind }}": "User", "${{ parameters.nope }}": templating.Undefined{}, "${{ template }}": templating.Undefined{}, "${{ input }}": templating.Undefined{},
	} {
		list, _, err := tasks.Calls(t.Context(), step{ID: "s", Input: keyorder.Object{Map: map[string]any{"v": src}}}, sc)
		if got, there := list[0].Input["v"]; err != nil || !cmp.Equal(want, got) && (there || want != any(templating.Undefined{})) {
			t.Errorf("%s: %#v, %v", src, got, err)
		}
	}
}

func TestNothingElseIsInScope(t *testing.T) {
	t.Parallel()
	list, _, err := reader(t).Calls(t.Context(), step{ID: "s", Input: keyorder.Object{Map: map[string]any{"v": "${{ [parameters, steps, secrets, user, context, environments] | dump }}"}}}, newScope(running()))
	if body, _ := json.Marshal(list[0].Input); err != nil || strings.Contains(string(body), "hunter2") || !strings.Contains(string(body), "orders") {
		t.Errorf("templates see %s, %v", body, err)
	}
}

func TestMeantEnvironments(t *testing.T) {
	t.Parallel()
	full, both := []any{"awsenvironment:default/dev", "AWSEnvironment:qa"}, []string{"awsenvironment:default/dev", "AWSEnvironment:qa"}
	for name, c := range map[string]struct {
		given    any
		created  []string // of an app.create
		pointers string
		run      []string // of a template.run
	}{
		"none": {nil, nil, "", nil}, "empty": {[]any{}, nil, "", nil}, "short": {[]any{"dev", "qa"}, []string{"dev", "qa"}, "", nil},
		"full": {full, both, "", both}, "of another kind": {[]any{"component:dev"}, []string{"component:dev"}, "", nil},
		"a text": {"dev", nil, "/environments", nil}, "an object": {map[string]any{}, nil, "/environments", nil},
		"mixed": {[]any{7.0, "dev", nil}, []string{"dev"}, "/environments/0 /environments/2", nil},
	} {
		refs, fields := MeantEnvironments(CreateAppType, map[string]any{"environments": c.given})
		var pointers []string
		for _, f := range fields {
			pointers = append(pointers, f.Pointer)
		}
		if !cmp.Equal(c.created, refs) || strings.Join(pointers, " ") != c.pointers {
			t.Errorf("%s: %v, %v", name, refs, fields)
		}
		if refs, fields := MeantEnvironments(RunTemplateType, map[string]any{"environments": c.given}); !cmp.Equal(c.run, refs) || fields != nil {
			t.Errorf("%s, run: %v, %v", name, refs, fields)
		}
	}
}
