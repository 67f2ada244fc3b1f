package catalog_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const ordersFile = "https://git.test/apps/orders/-/blob/main/catalog-info.yaml"

// problems gives all that is listed, as text by target.
func (f fixture) problems(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	q := catalog.ProblemQuery{Limit: 1} // so that paging is part of every test
	for {
		page, err := f.Problems(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Items {
			if p.Since.IsZero() {
				t.Errorf("%s has had problems since never", p.Target)
			}
			for _, each := range p.Problems {
				out[p.Target] = append(out[p.Target], each.String())
			}
		}
		if q.After = page.Next; page.Next == "" {
			return out
		}
	}
}

func TestProblemsAreListedUntilTheyAreMended(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": documents(component("orders", "1"), "kind: [\n")})
	f.host.push("apps/other", "main", map[string]string{"catalog-info.yaml": documents(component("orders", "mine"), component("other", ""))})
	f.ingest(t, "apps/orders")
	f.ingest(t, "apps/other")
	got := f.problems(t)
	if len(got) != 2 || !strings.Contains(got[ordersFile][0], "not valid YAML") {
		t.Fatalf("problems %v", got)
	}
	other := strings.Replace(ordersFile, "orders", "other", 1)
	if diff := cmp.Diff([]string{"component:default/orders, line 3, /metadata/name: the entity belongs to url:" + ordersFile}, got[other]); diff != "" {
		t.Fatal(diff)
	}
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders-2", "")})
	f.ingest(t, "apps/orders")
	f.ingest(t, "apps/other")
	if left := f.problems(t); len(left) > 0 {
		t.Fatalf("mended, but there are %v", left)
	}
	if f.refs(t)["component:default/orders"] != "mine" {
		t.Fatal("the second file did not get the entity that the first one gave up")
	}
}

// What is listed of a file that is written in several transactions is in step as well.
func TestProblemsOfALargeFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	docs := []string{"kind: [\n"}
	for n := range 60 {
		docs = append(docs, component("part-"+string(rune('a'+n%26))+strings.Repeat("x", n/26), "1"))
	}
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": documents(docs...)})
	f.ingest(t, "apps/orders")
	if got := f.problems(t); len(got[ordersFile]) != 1 {
		t.Fatalf("problems %v", got)
	}
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": strings.ReplaceAll(documents(docs[1:]...), `"1"`, `"2"`)})
	f.ingest(t, "apps/orders")
	if left := f.problems(t); len(left) > 0 {
		t.Fatalf("mended, but there are %v", left)
	}
}

func TestRefreshReadsAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("platform/all", "main", map[string]string{"catalog-info.yaml": location("all", "https://git.test/apps/orders/-/blob/main/catalog-info.yaml")})
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "1")})
	reg, err := f.RegisterLocation(context.Background(), "user:default/jane", platformAll)
	if err != nil {
		t.Fatal(err)
	}
	for n, ref := range []string{"component:default/orders", "Location:default/All", reg.Location.EntityRef} {
		want := strings.Repeat("+", n+1)
		f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", want)})
		if err := f.Refresh(context.Background(), "user:default/jane", ref); err != nil {
			t.Fatal(err)
		}
		if got := f.refs(t)["component:default/orders"]; got != want {
			t.Fatalf("after refreshing %s the entity says %q, want %q", ref, got, want)
		}
	}
	if err := f.Refresh(context.Background(), "", "component:default/nope"); !errors.Is(err, errs.NotFound) {
		t.Fatalf("refreshing what is not there: %v", err)
	}
}

const platformAll = "https://git.test/platform/all/-/blob/main/catalog-info.yaml"

func TestALocationMoves(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := context.Background()
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "1")})
	f.host.push("apps/other", "main", map[string]string{"catalog-info.yaml": component("other", "1")})
	reg, err := f.RegisterLocation(ctx, "", ordersFile)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(ordersFile, "orders", "other", 1)
	if _, err := f.UpdateLocation(ctx, "", reg.Location.ID, other, "stale"); !errors.Is(err, errs.PreconditionFailed) {
		t.Fatalf("with a stale etag: %v", err)
	}
	moved, err := f.UpdateLocation(ctx, "", reg.Location.ID, other, reg.Location.ETag())
	if err != nil || moved.ID != reg.Location.ID || moved.EntityRef != reg.Location.EntityRef || moved.ETag() == reg.Location.ETag() {
		t.Fatalf("moved to %+v, %v", moved, err)
	}
	want := map[string]string{"component:default/other": "1", reg.Location.EntityRef: ""}
	if diff := cmp.Diff(want, f.refs(t)); diff != "" {
		t.Fatal(diff)
	}
	if of, err := f.LocationOf(ctx, "Component:default/other"); err != nil || of.ID != reg.Location.ID {
		t.Fatalf("the location of other is %+v, %v", of, err)
	}
	again, err := f.RegisterLocation(ctx, "", ordersFile)
	if err != nil || again.Existed {
		t.Fatalf("the old target is not free: %+v, %v", again, err)
	}
	if _, err := f.UpdateLocation(ctx, "", reg.Location.ID, ordersFile, ""); !errors.Is(err, errs.Conflict) {
		t.Fatalf("moving to a registered target: %v", err)
	}
	if err := f.RemoveLocation(ctx, "", reg.Location.ID, catalog.Guard{}); err != nil {
		t.Fatal(err)
	}
	if _, left := f.refs(t)[reg.Location.EntityRef]; left {
		t.Fatal("the entity of the removed location is still there")
	}
}
