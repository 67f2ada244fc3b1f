package view_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/catalog/view"
)

// told gives the refs of changes.
func told(c view.Changes) (changed, removed []string) {
	for _, d := range c.Changed {
		changed = append(changed, d.Ref())
	}
	slices.Sort(changed)
	slices.Sort(c.Removed)
	return changed, c.Removed
}

func documents(t testing.TB, v *view.View, since int64) view.Changes {
	t.Helper()
	c, err := v.Documents(t.Context(), since)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDocumentsTellsWhatHasChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.view(t)
	empty := documents(t, v, 0)
	if empty.Version == 0 || !empty.Whole || len(empty.Changed) != 0 {
		t.Fatalf("an empty catalog is told as %+v", empty)
	}
	b.put(t, map[string][]string{"a": nil, "b": nil})
	first := documents(t, v, empty.Version)
	if changed, _ := told(first); first.Whole || !slices.Equal(changed, []string{"component:default/a", "component:default/b"}) {
		t.Fatalf("the first entities are told as %+v", first)
	}
	b.put(t, map[string][]string{"c": nil})
	b.remove(t, "component:default/a")
	second := documents(t, v, first.Version)
	changed, removed := told(second)
	if !slices.Equal(changed, []string{"component:default/c"}) || !slices.Equal(removed, []string{"component:default/a"}) {
		t.Fatalf("changed %v, removed %v", changed, removed)
	}
	queries := b.table.queries.Load()
	if c := documents(t, v, second.Version); c.Version != second.Version || len(c.Changed)+len(c.Removed) > 0 {
		t.Errorf("nothing has happened, told is %+v", c)
	}
	if n := b.table.queries.Load() - queries; n != 1 {
		t.Errorf("that nothing has happened took %d queries", n)
	}
	// A version of another life of the table is answered with everything.
	if c := documents(t, v, second.Version+1000); !c.Whole || len(c.Changed) != 2 {
		t.Errorf("a version of the future is told %+v", c)
	}
}

// Whoever keeps what the feed tells has the catalog, however far apart it asks.
func TestDocumentsAddUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	writer, v := b.view(t), b.view(t)
	kept, at := map[string]string{}, int64(0)
	rapid.Check(t, func(r *rapid.T) {
		for range rapid.IntRange(0, 3).Draw(r, "writes") {
			name := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(r, "name")
			if rapid.Bool().Draw(r, "remove") {
				b.remove(t, "component:default/"+name)
			} else {
				b.put(t, map[string][]string{name: rapid.SliceOfN(rapid.SampledFrom([]string{"component:default/x", "component:default/y"}), 0, 1).Draw(r, "needs")})
			}
		}
		c := documents(t, v, at)
		if c.Whole {
			clear(kept)
		}
		for _, ref := range c.Removed {
			delete(kept, ref)
		}
		for _, d := range c.Changed {
			kept[d.Ref()] = d.ETag()
		}
		at = c.Version
		want := map[string]string{}
		for _, d := range documents(t, writer, 0).Changed {
			want[d.Ref()] = d.ETag()
		}
		if diff := cmp.Diff(want, kept); diff != "" {
			r.Fatalf("kept is not what there is (-want +kept):\n%s", diff)
		}
	})
}
