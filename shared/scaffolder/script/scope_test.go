package script

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// TestWhereExpressionsSeeWhat has a step that asks for things in each of its places. Secrets
// are for actions alone; what an administrator of Backstage may give is there, and empty.
func TestWhereExpressionsSeeWhat(t *testing.T) {
	t.Parallel()
	engine, err := templating.New(templating.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(engine)
	if err != nil {
		t.Fatal(err)
	}
	sc := NewScope(Context{Task: "op-1", Secrets: map[string]string{"TOKEN": "a reference"}})
	const ask = "${{ secrets.TOKEN }}"
	message := keyorder.Object{Map: map[string]any{"message": ask}}
	for name, c := range map[string]struct {
		step template.Step
		want []Call
	}{
		"an input":            {template.Step{Input: message}, []Call{{"s", map[string]any{"message": "a reference"}}}},
		"an if":               {template.Step{If: ask}, nil},
		"an each":             {template.Step{Each: []any{ask}, Input: keyorder.Object{Map: map[string]any{"v": "${{ each.value }}"}}}, []Call{{"s/0", map[string]any{"v": "a reference"}}}},
		"the if of a round":   {template.Step{Each: []any{1.0}, If: ask, Input: message}, []Call{{"s/0", map[string]any{"message": "a reference"}}}},
		"no if of rounds":     {template.Step{Each: []any{1.0}, If: ""}, []Call{{"s/0", map[string]any{}}}},
		"an empty if":         {template.Step{If: ""}, nil},
		"no environments":     {template.Step{If: "${{ environments is defined }}"}, nil},
		"the environment":     {template.Step{If: "${{ environment.parameters is defined and environment.secrets is defined }}"}, []Call{{"s", map[string]any{}}}},
		"what is not in it":   {template.Step{If: "${{ environment.parameters.region }}"}, nil},
		"another step's each": {template.Step{If: "${{ each is defined }}"}, nil},
	} {
		c.step.ID = "s"
		got, _, err := r.Calls(t.Context(), c.step, sc)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
	out, err := r.Output(t.Context(), keyorder.Object{Map: map[string]any{"alone": ask, "among": "[" + ask + "]"}}, sc)
	if err != nil {
		t.Fatal(err)
	}
	if shown, err := json.Marshal(out); err != nil || string(shown) != `{"among":"[]"}` {
		t.Errorf("the output: %s, %v", shown, err)
	}
}
