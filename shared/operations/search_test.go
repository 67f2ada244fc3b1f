package operations_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// various gives operations of several types, people and ends, oldest first.
func various(t *testing.T, b *bench) []*operations.Operation {
	t.Helper()
	var all []*operations.Operation
	for i := range 24 {
		r := operations.Request{Type: "thing.make", Input: json.RawMessage(fmt.Sprintf(`"component:default/a%d"`, i))}
		if i%3 == 0 {
			r.Type = "thing.run"
		}
		o, err := b.ops.Accept(as([]string{"user:default/ann", "user:default/bob"}[i%2]), r)
		if err != nil {
			t.Fatal(err)
		}
		if i%6 > 0 {
			b.begin(t, o.ID)
		}
		switch i % 6 {
		case 2:
			if _, err := b.ops.Succeed(t.Context(), o.ID, nil); err != nil {
				t.Fatal(err)
			}
		case 3:
			b.compensate(t, o.ID)
		case 4:
			b.cancel(t, o.ID)
			b.compensate(t, o.ID)
		case 5:
			b.cancel(t, o.ID)
		}
		if o, err = b.ops.Get(t.Context(), o.ID); err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
		b.clock.Advance(time.Millisecond)
	}
	return all
}

// statusOf is what a search knows an operation by.
func statusOf(o *operations.Operation) string {
	if o.Cancelled != nil && o.Status.Ended() {
		return "cancelled"
	}
	return string(o.Status)
}

// model answers a query from a list, oldest first.
func model(all []*operations.Operation, q operations.Query) ([]string, int) {
	in := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	var found []*operations.Operation
	for _, o := range all {
		if in(q.Types, o.Type) && in(q.Actors, o.Actor) && in(q.Statuses, statusOf(o)) {
			found = append(found, o)
		}
	}
	slices.SortStableFunc(found, func(a, b *operations.Operation) int {
		order := 0
		switch q.Order {
		case "status":
			order = strings.Compare(statusOf(a), statusOf(b))
		case "created_by":
			order = strings.Compare(a.Actor, b.Actor)
		default:
			order = a.Created.Compare(b.Created)
		}
		if !q.Ascending {
			order = -order
		}
		if order == 0 {
			order = b.Created.Compare(a.Created)
		}
		return order
	})
	ids := []string{}
	for i, o := range found {
		if i >= q.Offset && len(ids) < q.Limit {
			ids = append(ids, o.ID)
		}
	}
	return ids, len(found)
}

func TestSearchFindsWhatAModelFinds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	all := various(t, b)
	some := func(values ...string) *rapid.Generator[[]string] {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(values), 0, 3, rapid.ID[string])
	}
	rapid.Check(t, func(r *rapid.T) {
		q := operations.Query{
			Types:    some("thing.make", "thing.run", "nope").Draw(r, "types"),
			Actors:   some("user:default/ann", "user:default/bob", "user:default/eve").Draw(r, "actors"),
			Statuses: some("accepted", "running", "succeeded", "compensating", "failed", "parked", "cancelled").Draw(r, "statuses"),
			Offset:   rapid.IntRange(0, 30).Draw(r, "offset"), Limit: rapid.IntRange(1, 30).Draw(r, "limit"),
			Order: rapid.SampledFrom([]string{"", "created_at", "status", "created_by"}).Draw(r, "order"), Ascending: rapid.Bool().Draw(r, "ascending"),
		}
		got, err := b.ops.Search(t.Context(), q)
		if err != nil {
			r.Fatal(err)
		}
		ids := []string{}
		for _, o := range got.Items {
			ids = append(ids, o.ID)
		}
		want, total := model(all, q)
		if diff := cmp.Diff(want, ids); diff != "" || got.Total != total {
			r.Fatalf("%d in all, want %d\n%s", got.Total, total, diff)
		}
	})
}

// A search follows every change of an operation, also back.
func TestSearchSeesWhatHasChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	for _, c := range []struct {
		status string
		change func()
	}{
		{"running", func() {}}, {"compensating", func() { b.cancel(t, id) }}, {"cancelled", func() { b.compensate(t, id) }},
		{"accepted", func() { b.retry(t, id) }}, {"running", func() { b.begin(t, id) }}, {"failed", func() { b.compensate(t, id) }},
	} {
		c.change()
		got, err := b.ops.Search(t.Context(), operations.Query{Statuses: []string{c.status}, Limit: 10})
		if err != nil || got.Total != 1 || len(got.Items) != 1 || got.Items[0].ID != id || string(got.Items[0].Input) == "" {
			t.Errorf("%s: %+v, %v", c.status, got, err)
		}
	}
}

func TestSearchRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, q := range map[string]operations.Query{
		"no limit": {}, "too much": {Limit: 1001}, "negative limit": {Limit: -1}, "negative offset": {Offset: -1, Limit: 1}, "order": {Limit: 1, Order: "target"},
	} {
		if _, err := b.ops.Search(t.Context(), q); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := b.ops.Search(t.Context(), operations.Query{Limit: 1000}); err != nil || got.Items == nil || len(got.Items)+got.Total > 0 {
		t.Errorf("nothing yet: %+v, %v", got, err)
	}
}

func TestManyOperationsShareATarget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var ids []string
	for range 3 {
		o, err := b.ops.Accept(as("user:default/ann"), operations.Request{Type: "thing.run", Input: json.RawMessage(`{}`)})
		if err != nil || !o.Shared {
			t.Fatalf("%+v, %v", o, err)
		}
		ids = append(ids, o.ID)
	}
	// One that ends, or is retried, takes nothing from the others, nor from who has the
	// target for itself.
	own, err := b.ops.Accept(as("user:default/ann"), operations.Request{Type: "thing.make", Input: json.RawMessage(`"template:default/t"`)})
	if err != nil {
		t.Fatal(err)
	}
	b.compensate(t, ids[0])
	b.retry(t, ids[0])
	again := operations.Request{Type: "thing.make", Input: json.RawMessage(`"template:default/t"`)}
	if _, err := b.ops.Accept(as("user:default/bob"), again); !errors.Is(err, errs.Conflict) {
		t.Errorf("the target of %s was given away: %v", own.ID, err)
	}
}
