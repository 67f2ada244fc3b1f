package catalog_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
)

// A push is being followed up while the operation that registered the file is undone.
func TestAFileThatIsReleasedWhileItIsReadStaysOut(t *testing.T) {
	t.Parallel()
	f := seedPlatform(t)
	ctx := correlation.With(context.Background(), correlation.IDs{OperationID: "op-1", Actor: "user:default/jane"})
	if _, err := f.RegisterLocation(ctx, "user:default/jane", platformFile); err != nil {
		t.Fatal(err)
	}
	for at := 1; ; at++ {
		calls := 0
		f.host.failing(func(string) error {
			if calls++; calls != at {
				return nil
			}
			return f.RemoveEntities(ctx, "op-1", platformFile)
		})
		f.ingest(t, "platform/catalog")
		f.host.failing(nil)
		if calls < at {
			return // every call of the host has had its turn
		}
		if diff := cmp.Diff(map[string]string{}, f.refs(t)); diff != "" {
			t.Fatalf("released at call %d, came back: %s", at, diff)
		}
		if _, err := f.RegisterLocation(ctx, "user:default/jane", platformFile); err != nil {
			t.Fatal(err)
		}
	}
}

// A file that was deleted by mistake and restored is read again: its location is still
// registered.
func TestARegisteredFileThatComesBackIsReadAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const target = base + "apps/orders/-/blob/main/deploy/info.yaml"
	f.host.push("apps/orders", "main", map[string]string{"deploy/info.yaml": component("orders", "1")})
	if _, err := f.RegisterLocation(context.Background(), "user:default/jane", target); err != nil {
		t.Fatal(err)
	}
	f.host.push("apps/orders", "main", map[string]string{"deploy/info.yaml": ""})
	f.ingest(t, "apps/orders")
	if _, there := f.refs(t)["component:default/orders"]; there {
		t.Fatal("an entity outlives its file")
	}
	f.host.push("apps/orders", "main", map[string]string{"deploy/info.yaml": component("orders", "2")})
	f.ingest(t, "apps/orders")
	if f.refs(t)["component:default/orders"] != "2" {
		t.Error("the file came back, its entity did not")
	}
	loc, err := f.LocationByTarget(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.RemoveLocation(context.Background(), "user:default/jane", loc.ID, catalog.Guard{}); err != nil {
		t.Fatal(err)
	}
	if left := f.refs(t); len(left) > 0 {
		t.Errorf("removing the location left %v", left)
	}
}

// Browsers drop control characters and blanks in front of a URL's scheme, and tabs and
// line breaks within it.
func TestAnnotationsHoldNoScriptsInDisguise(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		"javascript:alert(1)", " JavaScript:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "\r\njavascript\t:alert(1)",
		"\x01javascript:alert(1)", "\u001f \tj\ra\nvascript:alert(1)",
	} {
		f := newFixture(t)
		annotated := `{apiVersion: backstage.io/v1alpha1, kind: Component, spec: {type: service, lifecycle: x, owner: team-a},
  metadata: {name: orders, annotations: {backstage.io/view-url: ` + quoted(script) + `}}}`
		f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": annotated})
		f.ingest(t, "apps/orders")
		e, err := f.Entity(context.Background(), "component:default/orders")
		if err != nil {
			t.Fatalf("%q: %v", script, err)
		}
		if got := e.Annotation(entity.AnnotationViewURL); got != "about:blank" {
			t.Errorf("%q is shown as %q", script, got)
		}
	}
}

// quoted writes a text as JSON, which YAML reads.
func quoted(s string) string {
	body, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(body)
}
