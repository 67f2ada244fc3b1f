package catalog_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestIngestionFollowsTheFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": documents(component("orders", "1"), component("orders-job", "1"))})
	f.ingest(t, "apps/orders")
	want := map[string]string{"component:default/orders": "1", "component:default/orders-job": "1"}
	if diff := cmp.Diff(want, f.refs(t)); diff != "" {
		t.Fatal(diff)
	}
	before, err := f.Entity(context.Background(), "Component:Default/ORDERS")
	if err != nil {
		t.Fatal(err)
	}

	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "2")})
	got := f.ingest(t, "apps/orders")
	if diff := cmp.Diff([]string{"component:default/orders-job"}, got.Deleted); diff != "" {
		t.Fatal(diff)
	}
	after, err := f.Entity(context.Background(), "component:orders")
	if err != nil {
		t.Fatal(err)
	}
	if after.UID() != before.UID() || after.Metadata["description"] != "2" {
		t.Fatalf("uid %s → %s: %v", before.UID(), after.UID(), after.Metadata["description"])
	}

	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": ""})
	f.ingest(t, "apps/orders")
	if left := f.refs(t); len(left) > 0 {
		t.Fatalf("the file is gone, but there are %v", left)
	}
}

func TestIngestionSaysWhereAnEntityCameFrom(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{".backstage/catalog-info.yaml": component("orders", "")})
	f.ingest(t, "apps/orders")
	e, err := f.Entity(context.Background(), "component:default/orders")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		entity.AnnotationLocation:       "url:https://git.test/apps/orders/-/blob/main/.backstage/catalog-info.yaml",
		entity.AnnotationOriginLocation: "url:https://git.test/apps/orders/-/blob/main/.backstage/catalog-info.yaml",
		entity.AnnotationSourceLocation: "url:https://git.test/apps/orders/-/tree/main/.backstage/",
		entity.AnnotationViewURL:        "https://git.test/apps/orders/-/blob/main/.backstage/catalog-info.yaml",
		entity.AnnotationEditURL:        "https://git.test/apps/orders/-/edit/main/.backstage/catalog-info.yaml",
		entity.AnnotationProjectSlug:    "apps/orders",
		entity.AnnotationInstance:       "git.test",
	}
	if diff := cmp.Diff(want, e.Metadata["annotations"]); diff != "" {
		t.Fatal(diff)
	}
}

func TestUnchangedContentWritesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "1")})
	f.ingest(t, "apps/orders")
	f.ingest(t, "apps/orders")
	f.host.push("apps/orders", "main", map[string]string{"README.md": "more"})
	if got := f.ingest(t, "apps/orders"); len(got.Upserted)+len(got.Deleted) > 0 {
		t.Fatalf("nothing changed, but %+v", got)
	}
	log := f.changes(t)
	if len(log) != 1 || log[0].Seq != 1 || log[0].Action != changelog.Upsert {
		t.Fatalf("the log holds %+v", log)
	}
}

func TestNothingIsDeletedWithoutEvidence(t *testing.T) {
	t.Parallel()
	good := documents(component("orders", "1"), component("orders-job", "1"))
	for name, c := range map[string]struct {
		content string // of the next commit, "" to leave it
		trouble error
		gone    []string
	}{
		"the host does not answer":   {trouble: errs.New(errs.Unavailable, "no answer")},
		"the host throttles":         {trouble: errs.New(errs.RateLimited, "slow down")},
		"the token is refused":       {trouble: errs.New(errs.Unauthenticated, "no")},
		"the branch can't be found":  {trouble: errs.New(errs.NotFound, "no such branch")},
		"the file is no YAML":        {content: "kind: [Component"},
		"one document is no YAML":    {content: component("orders", "1") + "---\nkind: [Component"},
		"one document has no name":   {content: component("orders", "1") + "---\nkind: Component\n"},
		"the entity is invalid":      {content: component("orders", "1") + "---\n" + strings.Replace(component("orders-job", "2"), "owner: team-a", "owner: 7", 1)},
		"the document is really out": {content: component("orders", "1"), gone: []string{"component:default/orders-job"}},
		"another is invalid": {gone: []string{"component:default/orders-job"},
			content: component("orders", "1") + "---\n" + strings.Replace(component("third", "2"), "owner: team-a", "owner: 7", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": good})
			f.ingest(t, "apps/orders")
			if c.content != "" {
				f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": c.content})
			}
			f.host.failing(func(call string) error {
				if strings.HasPrefix(call, "head") {
					return c.trouble
				}
				return nil
			})
			got, err := f.IngestProject(context.Background(), "apps/orders", "main", true)
			if !errors.Is(err, c.trouble) || (err == nil) != (c.trouble == nil) {
				t.Fatalf("error %v, want %v", err, c.trouble)
			}
			if diff := cmp.Diff(c.gone, got.Deleted); diff != "" {
				t.Fatal(diff)
			}
			if want := 2 - len(c.gone); len(f.refs(t)) != want {
				t.Fatalf("%d entities are left, want %d", len(f.refs(t)), want)
			}
		})
	}
}

func TestTheFirstSourceKeepsAnEntity(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/first", "main", map[string]string{"catalog-info.yaml": component("shared", "first")})
	f.host.push("apps/second", "main", map[string]string{"catalog-info.yaml": documents(component("shared", "second"), component("own", "second"))})
	f.ingest(t, "apps/first")
	got := f.ingest(t, "apps/second")
	want := []entity.Problem{{
		Target: "https://git.test/apps/second/-/blob/main/catalog-info.yaml", Ref: "component:default/shared",
		Document: 1, Line: 3, Column: 12, Pointer: "/metadata/name",
		Message: "the entity belongs to url:https://git.test/apps/first/-/blob/main/catalog-info.yaml",
	}}
	if diff := cmp.Diff(want, got.Problems); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]string{"component:default/own"}, got.Entities); diff != "" {
		t.Fatal(diff)
	}
	f.host.push("apps/second", "main", map[string]string{"catalog-info.yaml": ""})
	f.ingest(t, "apps/second")
	if diff := cmp.Diff(map[string]string{"component:default/shared": "first"}, f.refs(t)); diff != "" {
		t.Fatal(diff)
	}
	f.host.push("apps/second", "main", map[string]string{"catalog-info.yaml": component("shared", "second")})
	f.host.push("apps/first", "main", map[string]string{"catalog-info.yaml": ""})
	f.ingest(t, "apps/first")
	f.ingest(t, "apps/second")
	if diff := cmp.Diff(map[string]string{"component:default/shared": "second"}, f.refs(t)); diff != "" {
		t.Fatal(diff)
	}
}

// An ingestion that read its head before another one wrote must not win over it.
func TestAnOlderCommitNeverOverwritesANewerOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "1")})
	f.ingest(t, "apps/orders")
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "2")})
	late := false
	f.host.failing(func(call string) error {
		if call != "read apps/orders catalog-info.yaml" || late {
			return nil
		}
		late = true // the first reader knows commit 2 and is held up while commit 3 is pushed and read
		f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "3")})
		f.ingest(t, "apps/orders")
		return nil
	})
	f.ingest(t, "apps/orders")
	if diff := cmp.Diff(map[string]string{"component:default/orders": "3"}, f.refs(t)); diff != "" {
		t.Fatal(diff)
	}
}

func TestAFileLargerThanATransaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var docs []string
	for i := range 120 {
		docs = append(docs, component("app-"+strings.Repeat("x", i/26)+string(rune('a'+i%26)), "1"))
	}
	f.host.push("apps/many", "main", map[string]string{"catalog-info.yaml": documents(docs...)})
	if got := f.ingest(t, "apps/many"); len(got.Upserted) != 120 || len(got.Problems) > 0 {
		t.Fatalf("%d written, problems %v", len(got.Upserted), got.Problems)
	}
	f.host.push("apps/many", "main", map[string]string{"catalog-info.yaml": docs[0]})
	if got := f.ingest(t, "apps/many"); len(got.Deleted) != 119 || len(f.refs(t)) != 1 {
		t.Fatalf("%d deleted", len(got.Deleted))
	}
	log := f.changes(t)
	if len(log) != 239 {
		t.Fatalf("%d changes in the log", len(log))
	}
	for i, c := range log {
		if c.Seq != int64(i+1) {
			t.Fatalf("change %d has the number %d", i+1, c.Seq)
		}
	}
}

func TestChangesNameTheirActor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "1")})
	ctx := correlation.With(context.Background(), correlation.IDs{Actor: "user:default/jane"})
	if _, err := f.IngestProject(ctx, "apps/orders", "main", true); err != nil {
		t.Fatal(err)
	}
	log := f.changes(t)
	if len(log) != 1 {
		t.Fatal(log)
	}
	want := changelog.Origin{Owner: "url:https://git.test/apps/orders/-/blob/main/catalog-info.yaml", Commit: "commit-1"}
	if diff := cmp.Diff(want, log[0].Origin); diff != "" || log[0].Actor != "user:default/jane" {
		t.Fatal(log[0].Actor, diff)
	}
}
