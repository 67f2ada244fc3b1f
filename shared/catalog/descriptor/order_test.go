package descriptor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// paths gives all keys of a document in their order, each with the way to it.
func paths(o descriptor.Order, way string) []string {
	var out []string
	for name, within := range o.Members() {
		out = append(append(out, way+name), paths(within, way+name+".")...)
	}
	for i := 0; o.Item(i) != (descriptor.Order{}); i++ {
		out = append(out, paths(o.Item(i), way)...)
	}
	return out
}

const unsorted = `kind: Template
apiVersion: scaffolder.backstage.io/v1beta3
metadata: {title: T, name: Mine}
spec:
  zeta: &z {b: 1, a: 2}
  alpha: [{y: 1, x: 2}, text, *z]
  parameters: {$yaml: ./form.yaml}
`

func TestTheOrderOfKeysIsThatOfTheFile(t *testing.T) {
	t.Parallel()
	mine := entity.Ref{Kind: "template", Namespace: "default", Name: "mine"}
	want := []string{
		"kind", "apiVersion", "metadata", "metadata.title", "metadata.name", "spec", "spec.zeta", "spec.zeta.b", "spec.zeta.a",
		"spec.alpha", "spec.alpha.y", "spec.alpha.x", "spec.alpha.b", "spec.alpha.a", "spec.parameters", "spec.parameters.$yaml",
	}
	other := component("mine", "of another kind") + "---\n" + strings.Replace(unsorted, "name: Mine", "name: mine, namespace: other", 1) + "---\n"
	for name, file := range map[string]string{
		"alone": unsorted, "with others": other + unsorted + "---\n" + component("x", ""), "after a broken one": "kind: [\n---\n" + unsorted,
		"of a Windows editor": strings.ReplaceAll(unsorted, "\n", "\r\n"),
	} {
		got, found := descriptor.OrderOf([]byte(file), mine)
		if diff := cmp.Diff(want, paths(got, "")); !found || diff != "" {
			t.Errorf("%s: %t %s", name, found, diff)
		}
		if o := got.Item(-1); len(paths(o, "")) > 0 {
			t.Errorf("%s: there is an item before the first", name)
		}
	}
	for name, file := range map[string]string{
		"nothing": "", "others": other, "broken": unsorted + "  x: [\n", "a list": "[a]", "text": "\xff", "too long": unsorted + strings.Repeat("#", descriptor.MaxFileBytes),
		"too many": unsorted + strings.Repeat("---\na: b\n", 500), "twice": unsorted + "  zeta: 1\n", "endless": unsorted + "  self: &s [*s]\n",
		"too many values": unsorted + "  many: [" + strings.Repeat("1,", 100_001) + "]\n",
	} {
		if got, found := descriptor.OrderOf([]byte(file), mine); found || len(paths(got, "")) > 0 {
			t.Errorf("%s: %v", name, paths(got, ""))
		}
	}
}

// FuzzOrderOf holds the order of every entity of a file against the entity: the same keys.
func FuzzOrderOf(f *testing.F) {
	f.Add([]byte(unsorted + "---\n" + component("x", "")))
	f.Add([]byte("metadata: {name: x, labels: &l {b: c, a: d}, annotations: *l}\nspec: {type: s, owner: o, more: [{z: 1, a: [*l]}], lifecycle: l}\nkind: Component\napiVersion: backstage.io/v1alpha1\n"))
	f.Add([]byte("a: &a [*a]\n---\n<<: {}\n...\n" + unsorted + "  ? [a]\n  : b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		documents, problems := descriptor.Parse(data, descriptor.Options{})
		for _, d := range documents {
			o, found := descriptor.OrderOf(data, d.Entity.Ref())
			if !found {
				t.Fatalf("%s is not found", d.Entity.Ref())
			}
			if len(problems) > 0 {
				continue // a broken document before may be meant to be the same entity
			}
			parts := map[string]map[string]any{"metadata": d.Entity.Metadata, "spec": d.Entity.Spec}
			for name, within := range o.Members() {
				if part, there := parts[name]; there {
					sameKeys(t, part, within)
				}
			}
		}
	})
}

func sameKeys(t *testing.T, v any, o descriptor.Order) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		seen := 0
		for name, within := range o.Members() {
			inner, there := v[name]
			if !there {
				t.Fatalf("%q is not in %v", name, v)
			}
			seen++
			sameKeys(t, inner, within)
		}
		if seen != len(v) {
			t.Fatalf("%d of the keys of %v are known", seen, v)
		}
	case []any:
		for i, item := range v {
			sameKeys(t, item, o.Item(i))
		}
	}
}

func TestAWalkEndsEarly(t *testing.T) {
	t.Parallel()
	o, _ := descriptor.OrderOf([]byte(unsorted), entity.Ref{Kind: "Template", Namespace: "default", Name: "mine"})
	var seen []string
	for name := range o.Members() {
		if seen = append(seen, name); len(seen) == 2 {
			break
		}
	}
	if !slices.Equal(seen, []string{"kind", "apiVersion"}) {
		t.Error(seen)
	}
}
