package script

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// begun gives a reader, and the scope of a template of which one step is done.
func begun(t *testing.T) (*Reader, *Scope) {
	t.Helper()
	engine, err := templating.New(templating.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(engine)
	if err != nil {
		t.Fatal(err)
	}
	sc := NewScope(Context{Task: "op-1", User: "user:default/ann", Values: keyorder.Object{Map: map[string]any{"name": "orders", "list": []any{"a", 1.0}}}})
	sc.SetOutput("publish", map[string]any{"url": "http://g/orders"})
	return r, sc
}

func TestRenderKeepsTypesAndDropsWhatIsUndefined(t *testing.T) {
	t.Parallel()
	tasks, sc := begun(t)
	in := map[string]any{
		"a": "${{ parameters.name }}", "gone": "${{ parameters.nope }}", "n": 7.0, "b": true, "null": nil,
		"deep": map[string]any{"list": []any{"${{ parameters.list }}", "${{ parameters.nope }}", map[string]any{"gone": "${{ parameters.nope }}"}}},
	}
	want := map[string]any{
		"a": "orders", "n": 7.0, "b": true, "null": nil,
		"deep": templating.Object{{Name: "list", Value: []any{[]any{"a", 1.0}, nil, templating.Object{}}}},
	}
	got, err := tasks.renderInput(t.Context(), template.Step{ID: "s", Input: keyorder.Object{Map: in}}, sc)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	sc.SetOutput("later", map[string]any{"n": 3})
	if got, err := tasks.render(t.Context(), "x", "${{ steps.later.output.n }}", sc); got != 3.0 || err != nil {
		t.Errorf("a new output: %v, %v", got, err)
	}
}

func TestWhatCanNotBeRenderedIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	tasks, sc := begun(t)
	in := map[string]any{"k": []any{"${{ a. }}", "${{ parameters.name }}"}, "f": "${{ parameters.name | nofilter }}"}
	got, err := tasks.renderInput(t.Context(), template.Step{ID: "s", Input: keyorder.Object{Map: in}}, sc)
	want := map[string]any{"k": []any{"${{ a. }}", "orders"}, "f": "${{ parameters.name | nofilter }}"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	kept := strings.Join(*sc.kept, "\n")
	if !strings.Contains(kept, "steps.s.input.k[0]:1:") || !strings.Contains(kept, `unknown filter "nofilter"`) {
		t.Errorf("noted: %s", kept)
	}
	_, err = tasks.renderInput(t.Context(), template.Step{ID: "s", Input: keyorder.Object{Map: map[string]any{"k": "${{ range(1000000000) }}"}}}, sc)
	if !errors.Is(err, errs.TooLarge) {
		t.Errorf("beyond a limit: %v", err)
	}
}

// TestRenderNeverInventsKeys renders inputs of any shape: what comes out has only keys that
// the template gave, and plain data comes out as it is.
func TestRenderNeverInventsKeys(t *testing.T) {
	t.Parallel()
	tasks, sc := begun(t)
	leaf := rapid.OneOf(
		rapid.Map(rapid.StringMatching(`[a-z ${}%#]{0,8}`), func(s string) any { return s }),
		rapid.SampledFrom([]any{nil, true, 1.5, "${{ parameters.name }}", "${{ parameters.nope }}", "${{ steps.publish.output.url }}"}),
	)
	rapid.Check(t, func(r *rapid.T) {
		in := map[string]any{}
		for i := range rapid.IntRange(0, 5).Draw(r, "keys") {
			in[fmt.Sprintf("k%d", i)] = rapid.OneOf(leaf, rapid.Map(rapid.SliceOfN(leaf, 0, 3), func(l []any) any { return l })).Draw(r, "value")
		}
		got, err := tasks.renderInput(t.Context(), template.Step{ID: "s", Input: keyorder.Object{Map: in}}, sc)
		if err != nil {
			return // a text that is not a template
		}
		for k, v := range got {
			given, there := in[k]
			if !there || v == (templating.Undefined{}) {
				r.Fatalf("%s is %v", k, v)
			}
			if text, ok := given.(string); (!ok || !strings.ContainsAny(text, "{}%#")) && !cmp.Equal(given, v) {
				if _, list := given.([]any); !list {
					r.Fatalf("%s was %v and is %v", k, given, v)
				}
			}
			if list, ok := given.([]any); ok && len(list) != len(v.([]any)) {
				r.Fatalf("%s had %d parts and has %v", k, len(list), v)
			}
		}
	})
}

func TestWanted(t *testing.T) {
	t.Parallel()
	tasks, sc := begun(t)
	for name, c := range map[string]struct {
		condition any
		want      bool
	}{
		"none": {nil, true}, "true": {true, true}, "false": {false, false}, "zero": {0.0, false}, "number": {2.0, true},
		"empty text": {"", false}, "text": {"no", true}, "an undefined value": {"${{ parameters.nope }}", false},
		"list": {"${{ parameters.list }}", true}, "comparison": {"${{ parameters.name == 'orders' }}", true}, "negation": {"${{ not parameters.name }}", false},
		"always": {"${{ always() }}", true}, "failure": {"${{ failure() }}", false}, "failure of none or name": {"${{ failure() or parameters.name }}", true},
	} {
		got, err := tasks.wanted(t.Context(), template.Step{ID: "s", If: c.condition}, sc)
		if got != c.want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	sc.failed = true
	for condition, want := range map[any]bool{
		nil: false, true: false, "${{ parameters.name }}": false, "${{ 'always()' }}": false, "${{ always }}": false, "always()": false,
		"${{ always() }}": true, "${{ failure() }}": true, "${{ failure() and parameters.name }}": true, "${{ failure() and parameters.nope }}": false, "${{ not failure() }}": false,
	} {
		if got, err := tasks.wanted(t.Context(), template.Step{ID: "s", If: condition}, sc); got != want || err != nil {
			t.Errorf("after a failure, %v: %v, %v", condition, got, err)
		}
	}
	sc.failed = false
	_, err := tasks.wanted(t.Context(), template.Step{ID: "s", If: "${{ ( }}"}, sc)
	if errs.KindOf(err) != errs.Invalid || !strings.Contains(errs.Message(err), "steps.s.if:1:") {
		t.Errorf("a mistake: %v", err)
	}
	if truthy(math.NaN()) || truthy([]any{}) || !truthy(map[string]any{}) {
		t.Error("truth is not JavaScript's")
	}
}
