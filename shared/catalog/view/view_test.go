package view_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// bench is a change log on its own table, with a hand-set clock.
type bench struct {
	table *counting
	log   *changelog.Log
	clock *handSet
}

// handSet is a clock that stands still until it is set.
type handSet struct {
	clock.System
	now atomic.Int64
}

func (h *handSet) Now() time.Time { return time.Unix(h.now.Load(), 0) }

// counting counts queries.
type counting struct {
	table.Table
	queries atomic.Int64
}

func (c *counting) Query(ctx context.Context, q table.Query) (table.Page, error) {
	c.queries.Add(1)
	return c.Table.Query(ctx, q)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{clock: &handSet{}}
	b.clock.now.Store(1_000_000)
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "data"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	stored, err := file.Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	b.table = &counting{Table: stored}
	if b.log, err = changelog.New(changelog.Config{Table: b.table, Clock: b.clock, IDs: ids.Random{}}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) view(t *testing.T, change ...func(*view.Deps)) *view.View {
	t.Helper()
	d := view.Deps{Log: b.log, Clock: b.clock, Logger: logging.Discard()}
	for _, c := range change {
		c(&d)
	}
	v, err := view.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// put writes components, each with the refs it depends on.
func (b *bench) put(t testing.TB, components map[string][]string) {
	t.Helper()
	var intents []changelog.Intent
	for name, needs := range components {
		e := component(name, needs...)
		intents = append(intents, changelog.Intent{Ref: e.Ref().String(), Wish: changelog.Keep, Entity: &e, Origin: changelog.Origin{Owner: "test"}})
	}
	b.apply(t, intents...)
}

func (b *bench) remove(t testing.TB, refs ...string) {
	t.Helper()
	for _, ref := range refs {
		b.apply(t, changelog.Intent{Ref: ref, Wish: changelog.Remove, Origin: changelog.Origin{Owner: "test"}})
	}
}

func (b *bench) apply(t testing.TB, intents ...changelog.Intent) {
	t.Helper()
	if _, err := b.log.Apply(context.Background(), intents, nil); err != nil {
		t.Fatal(err)
	}
}

func component(name string, needs ...string) entity.Entity {
	list := make([]any, 0, len(needs))
	for _, n := range needs {
		list = append(list, n)
	}
	return entity.Entity{APIVersion: "backstage.io/v1alpha1", Kind: "Component",
		Metadata: map[string]any{"name": name, "namespace": "default"},
		Spec:     map[string]any{"type": "service", "lifecycle": "production", "owner": "team-a", "dependsOn": list}}
}

// shown gives everything a reader shows, by ref.
func shown(t testing.TB, r view.Reader) map[string]map[string]any {
	t.Helper()
	docs, _, err := r.List(context.Background(), index.List{Limit: -1})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]any{}
	for _, d := range docs {
		var v map[string]any
		whole, err := d.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(whole, &v); err != nil {
			t.Fatal(err)
		}
		out[d.Ref()] = v
	}
	return out
}

// A view that followed the log shows what one built from scratch shows, at any moment, and
// the past shows what was shown then.
func TestAViewEqualsOneBuiltFromScratch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(r *rapid.T) {
		follower := b.view(t)
		names := rapid.SampledFrom([]string{"one", "two", "three", "four"})
		for range rapid.IntRange(1, 5).Draw(r, "steps") {
			b.clock.now.Add(10)
			if rapid.Bool().Draw(r, "remove") {
				b.remove(t, "component:default/"+names.Draw(r, "name"))
			} else {
				needs := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"component:one", "component:two", "component:gone"}), 0, 2, rapid.ID).Draw(r, "needs")
				b.put(t, map[string][]string{names.Draw(r, "name"): needs})
			}
			if rapid.Bool().Draw(r, "look") {
				shown(t, follower)
			}
		}
		want := shown(t, b.view(t))
		if diff := cmp.Diff(want, shown(t, follower)); diff != "" {
			r.Fatalf("-from scratch +followed\n%s", diff)
		}
		then := b.clock.Now()
		b.clock.now.Add(10)
		b.put(t, map[string][]string{"one": {"component:four"}})
		b.remove(t, "component:default/two")
		past, err := follower.AsOf(context.Background(), then)
		if err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(want, shown(t, past)); diff != "" {
			r.Fatalf("-shown then +shown of then\n%s", diff)
		}
	})
}

func TestThePastBeforeTheBeginningIsEmpty(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(t, map[string][]string{"one": nil})
	past, err := b.view(t).AsOf(context.Background(), b.clock.Now().Add(-time.Second))
	if err != nil || len(shown(t, past)) != 0 || past.Seq != 0 {
		t.Fatal(past, err)
	}
	if _, err := b.view(t).AsOf(context.Background(), b.clock.Now().Add(time.Second)); !errors.Is(err, errs.Invalid) {
		t.Fatalf("the future: %v", err)
	}
}

// Each question costs one query; with staleness allowed only the first of a while does.
func TestWhatAQuestionCosts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		staleness time.Duration
		want      int64
		fresh     bool
	}{
		"always fresh":     {0, 3, true},
		"a little behind":  {time.Minute, 0, false},
		"far behind again": {time.Second, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			v := b.view(t, func(d *view.Deps) { d.Staleness = c.staleness })
			shown(t, v)
			b.put(t, map[string][]string{"one": nil})
			b.clock.now.Add(2)
			before := b.table.queries.Load()
			var last index.Document
			for range 3 {
				d, err := v.ByRef(context.Background(), "component:default/one")
				if err != nil {
					t.Fatal(err)
				}
				last = d
			}
			if got := b.table.queries.Load() - before; got != c.want || last.Found() != c.fresh {
				t.Fatalf("%d queries, found: %t", got, last.Found())
			}
		})
	}
}

func TestTheGraph(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(t, map[string][]string{
		"db": {"component:app"}, "app": {"component:db", "component:gone"}, "web": {"component:app"}, "aside": nil,
	})
	v := b.view(t)
	for name, c := range map[string]struct {
		q         view.GraphQuery
		want      []string
		edges     int
		truncated bool
	}{
		"who is hit": {view.GraphQuery{From: "Component:db", Direction: view.Dependents}, []string{"db 0", "app 1", "web 2"}, 3, false},
		"one step":   {view.GraphQuery{From: "component:db", Direction: view.Dependents, Depth: 1}, []string{"db 0", "app 1"}, 2, true},
		"what it needs": {view.GraphQuery{From: "component:web", Direction: view.Dependencies},
			[]string{"web 0", "app 1", "db 2", "gone 2"}, 4, false},
		"owners": {view.GraphQuery{From: "component:aside", Direction: view.Dependencies, Types: []string{"OWNEDBY"}}, []string{"aside 0", "team-a 1"}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, err := v.Graph(context.Background(), c.q)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, n := range g.Nodes {
				ref, err := entity.ParseFullRef(n.Ref)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprintf("%s %d", ref.Name, n.Distance))
				if n.Document.Found() && !slices.Contains(n.Owners, "group:default/team-a") {
					t.Errorf("the owners of %s are %v", n.Ref, n.Owners)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" || len(g.Edges) != c.edges || g.Truncated != c.truncated {
				t.Fatalf("%d edges, truncated %t\n%s", len(g.Edges), g.Truncated, diff)
			}
		})
	}
	for _, q := range []view.GraphQuery{
		{From: "component:db", Direction: "sideways"}, {From: "db", Direction: view.Dependents},
		{From: "component:db", Direction: view.Dependents, Depth: view.MaxDepth + 1},
	} {
		if _, err := v.Graph(context.Background(), q); !errors.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func TestAncestry(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, step := range []struct{ name, parent string }{{"root", ""}, {"middle", "component:default/root"}, {"leaf", "component:default/middle"}} {
		e := component(step.name)
		b.apply(t, changelog.Intent{Ref: e.Ref().String(), Wish: changelog.Keep, Entity: &e, Origin: changelog.Origin{Owner: "test", Parent: step.parent}})
	}
	a, err := b.view(t).Ancestry(context.Background(), "component:default/leaf")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, i := range a.Items {
		got[i.Document.Ref()] = i.Parents
	}
	want := map[string][]string{"component:default/leaf": {"component:default/middle"}, "component:default/middle": {"component:default/root"}, "component:default/root": {}}
	if diff := cmp.Diff(want, got); diff != "" || a.RootRef != "component:default/leaf" {
		t.Fatal(a.RootRef, diff)
	}
	if _, err := b.view(t).Ancestry(context.Background(), "component:default/nope"); !errors.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
}
