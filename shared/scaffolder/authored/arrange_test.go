package authored

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

var names = rapid.SampledFrom([]string{"a", "b", "c", "A", "z", "10", "9", "", "$yaml", "properties", "~", "ä", "on", "<b>"})

// value draws a value of JSON's types.
func value(r *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 6).Draw(r, "kind")
	if depth == 0 {
		kind %= 4
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(r, "bool")
	case 2:
		return float64(rapid.IntRange(-5, 5).Draw(r, "number"))
	case 3:
		return names.Draw(r, "text")
	case 4:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(r, "items") {
			list = append(list, value(r, depth-1))
		}
		return list
	}
	return object(r, depth)
}

func object(r *rapid.T, depth int) map[string]any {
	out := map[string]any{}
	for _, name := range rapid.SliceOfNDistinct(names, 0, 6, rapid.ID).Draw(r, "names") {
		out[name] = value(r, depth-1)
	}
	return out
}

// shuffled gives a value as the file may have it: keys in any order, some gone, some new,
// some with another value.
func shuffled(r *rapid.T, v any) any {
	switch v := v.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		keys = append(keys, "new")
		out := templating.Object{}
		for _, k := range rapid.Permutation(keys).Draw(r, "order") {
			switch rapid.IntRange(0, 9).Draw(r, "fate") {
			case 0:
			case 1:
				out = append(out, templating.Member{Name: k, Value: arrange(value(r, 1), descriptor.Order{})})
			default:
				out = append(out, templating.Member{Name: k, Value: shuffled(r, v[k])})
			}
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, shuffled(r, item))
		}
		return out[:rapid.IntRange(len(out)/2, len(out)).Draw(r, "rest")]
	}
	return v
}

// orderOf writes a value into a file and reads the order of that.
func orderOf(r *rapid.T, v any) descriptor.Order {
	text, err := json.Marshal(templating.Object{
		{Name: "kind", Value: "Template"}, {Name: "metadata", Value: templating.Object{{Name: "name", Value: "x"}}}, {Name: "spec", Value: v},
	})
	if err != nil {
		r.Fatal(err)
	}
	o, found := descriptor.OrderOf(text, entity.Ref{Kind: "Template", Namespace: "default", Name: "x"})
	if !found {
		r.Fatalf("no order of %s", text)
	}
	return member(o, "spec")
}

func TestOnlyTheOrderIsTakenFromTheFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		content := object(r, 4)
		given, _ := json.Marshal(content)
		file := shuffled(r, content)
		got := arrange(content, orderOf(r, file))
		text, err := json.Marshal(got)
		if err != nil {
			r.Fatal(err)
		}
		var back any
		if err := json.Unmarshal(text, &back); err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(any(content), back); diff != "" {
			r.Fatalf("another content: %s", diff)
		}
		if now, _ := json.Marshal(content); string(now) != string(given) {
			r.Fatal("what was given is changed")
		}
		if wrong := misplaced(got, file); wrong != "" {
			r.Fatalf("%s in %s, by %v", wrong, text, file)
		}
		if sorted, _ := json.Marshal(arrange(content, descriptor.Order{})); string(sorted) != string(given) {
			r.Fatalf("without order %s is %s", given, sorted)
		}
	})
}

// misplaced looks for a key that is not where the file has it.
func misplaced(got, file any) string {
	switch got := got.(type) {
	case templating.Object:
		written, _ := file.(templating.Object)
		place := func(name string) int {
			if i := slices.IndexFunc(written, func(m templating.Member) bool { return m.Name == name }); i >= 0 {
				return i
			}
			return len(written)
		}
		for i, m := range got {
			if i > 0 {
				before := got[i-1].Name
				if a, b := place(before), place(m.Name); a > b || a == b && before >= m.Name {
					return fmt.Sprintf("%q before %q", before, m.Name)
				}
			}
			if wrong := misplaced(m.Value, written.Get(m.Name)); wrong != "" {
				return wrong
			}
		}
	case []any:
		written, _ := file.([]any)
		for i, item := range got {
			var other any
			if i < len(written) {
				other = written[i]
			}
			if wrong := misplaced(item, other); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}
