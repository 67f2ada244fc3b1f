package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const platformFile = base + "platform/catalog/-/blob/main/all.yaml"

func seedPlatform(t *testing.T) fixture {
	t.Helper()
	f := newFixture(t)
	f.host.push("platform/catalog", "main", map[string]string{
		"all.yaml":            location("all", "./teams/a.yaml", "./teams/b.yaml"),
		"teams/a.yaml":        documents(component("a", "1"), location("deeper", "../more/c.yaml")),
		"teams/b.yaml":        component("b", "1"),
		"more/c.yaml":         component("c", "1"),
		"never/mentioned.yml": component("never", "1"),
	})
	return f
}

func TestRegisteringFollowsLocations(t *testing.T) {
	t.Parallel()
	f := seedPlatform(t)
	ctx := correlation.With(context.Background(), correlation.IDs{OperationID: "op-1"})
	reg, err := f.RegisterLocation(ctx, "user:default/jane", platformFile)
	if err != nil || reg.Existed || len(reg.Problems) > 0 {
		t.Fatal(err, reg)
	}
	want := map[string]string{
		"component:default/a": "1", "component:default/b": "1", "component:default/c": "1",
		"location:default/all": "", "location:default/deeper": "", reg.Location.EntityRef: "",
	}
	if diff := cmp.Diff(want, f.refs(t)); diff != "" {
		t.Fatal(diff)
	}
	c, err := f.Entity(ctx, "component:c")
	if err != nil || c.Annotation(entity.AnnotationOriginLocation) != "url:"+platformFile {
		t.Fatalf("origin %q: %v", c.Annotation(entity.AnnotationOriginLocation), err)
	}

	again, err := f.RegisterLocation(ctx, "user:default/jane", platformFile)
	if err != nil || !again.Existed || again.Location.ID != reg.Location.ID || len(again.Upserted) > 0 {
		t.Fatalf("registering again gives %+v, %v", again, err)
	}
	all, err := f.Locations(ctx)
	if err != nil || len(all) != 1 || all[0].OperationID != "op-1" || all[0].Actor != "user:default/jane" {
		t.Fatalf("locations %+v, %v", all, err)
	}
}

func TestAPushReachesFollowedFiles(t *testing.T) {
	t.Parallel()
	f := seedPlatform(t)
	if _, err := f.RegisterLocation(context.Background(), "user:default/jane", platformFile); err != nil {
		t.Fatal(err)
	}
	f.host.push("platform/catalog", "main", map[string]string{"more/c.yaml": component("c", "2"), "all.yaml": location("all", "./teams/a.yaml")})
	got := f.ingest(t, "platform/catalog")
	if diff := cmp.Diff([]string{"component:default/b"}, got.Deleted); diff != "" {
		t.Fatal(diff)
	}
	shown := f.refs(t)
	if shown["component:default/c"] != "2" || shown["component:default/a"] != "1" {
		t.Fatal(shown)
	}
	f.host.push("platform/catalog", "main", map[string]string{"teams/a.yaml": ""})
	f.ingest(t, "platform/catalog")
	if _, still := f.refs(t)["component:default/a"]; still {
		t.Fatal("an entity outlives its file")
	}
}

func TestRemovingALocationTakesItsEntitiesOut(t *testing.T) {
	t.Parallel()
	f := seedPlatform(t)
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "1")})
	f.ingest(t, "apps/orders")
	ctx := correlation.With(context.Background(), correlation.IDs{OperationID: "op-1", Actor: "user:default/jane"})
	if _, err := f.RegisterLocation(ctx, "user:default/jane", platformFile); err != nil {
		t.Fatal(err)
	}
	if err := f.RemoveEntities(ctx, "op-2", platformFile); !errors.Is(err, errs.Conflict) {
		t.Fatalf("another operation removes the location: %v", err)
	}
	for range 2 { // a compensation may be repeated
		if err := f.RemoveEntities(ctx, "op-1", platformFile); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"component:default/orders": "1"}, f.refs(t)); diff != "" {
			t.Fatal(diff)
		}
	}
	if _, err := f.LocationByTarget(ctx, platformFile); !errors.Is(err, errs.NotFound) {
		t.Fatalf("the location is still there: %v", err)
	}
	if reg, err := f.RegisterLocation(ctx, "user:default/jane", platformFile); err != nil || reg.Existed {
		t.Fatalf("registering after removal gives %+v, %v", reg, err)
	}
}

func TestRefusedLocationsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/x", "main", map[string]string{
		"empty.yaml":  "# nothing\n",
		"bad.yaml":    "kind: [x",
		"wrong.yaml":  strings.Replace(component("x", ""), "owner: team-a", "owner: ''", 1),
		"binary.yaml": "\xff\xfe",
	})
	for target, want := range map[string]errs.Kind{
		base + "apps/x/-/blob/main/empty.yaml":                  errs.Invalid,
		base + "apps/x/-/blob/main/bad.yaml":                    errs.Invalid,
		base + "apps/x/-/blob/main/wrong.yaml":                  errs.Invalid,
		base + "apps/x/-/blob/main/binary.yaml":                 errs.Invalid,
		base + "apps/x/-/blob/main/nope.yaml":                   errs.NotFound,
		base + "apps/x/-/blob/nope/bad.yaml":                    errs.NotFound,
		"https://169.254.169.254/latest/meta-data":              errs.Invalid,
		base + "apps/x/-/blob/main/" + strings.Repeat("x", 800): errs.Invalid,
	} {
		if _, err := f.RegisterLocation(context.Background(), "user:default/jane", target); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %s", target, err, want)
		}
	}
	if all, err := f.Locations(context.Background()); err != nil || len(all)+len(f.refs(t)) > 0 {
		t.Fatal("something was left behind", all, err)
	}
}

func TestOddTargetsAreProblemsOfTheirOwn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/x", "main", map[string]string{
		"all.yaml":  location("all", "../outside.yaml", "/", "./a\\b", "file:///etc/passwd", "./nope.yaml", "./all.yaml", "./good.yaml"),
		"good.yaml": component("good", "1"),
	})
	reg, err := f.RegisterLocation(context.Background(), "user:default/jane", base+"apps/x/-/blob/main/all.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range reg.Problems {
		got = append(got, p.Message)
	}
	want := []string{
		"the target ../outside.yaml: leads out of the repository",
		"the target /: leads out of the repository",
		`the target ./a\b: must be a URL or a path`,
		"the target file:///etc/passwd: not a URL of this host",
		"there is no such file",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if f.refs(t)["component:default/good"] != "1" {
		t.Fatal("a good target suffers from its neighbours")
	}
}

func TestALocationWithTooManyTargets(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var targets []string
	for i := range 300 {
		targets = append(targets, fmt.Sprintf("./f%d.yaml", i))
	}
	targets = append(targets, "./"+strings.Repeat("x", 800))
	f.host.push("apps/x", "main", map[string]string{"all.yaml": location("all", targets...), "f0.yaml": component("first", "1")})
	reg, err := f.RegisterLocation(context.Background(), "user:default/jane", base+"apps/x/-/blob/main/all.yaml")
	if err != nil || f.refs(t)["component:default/first"] != "1" {
		t.Fatal(err)
	}
	if n := len(reg.Problems); n < 100 || n > 400 {
		t.Fatalf("%d problems", n)
	}
}

// A webhook may bring a file in before the creation registers it.
func TestALocationAdoptsADiscoveredFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "1")})
	f.ingest(t, "apps/orders")
	ctx := correlation.With(context.Background(), correlation.IDs{OperationID: "op-1"})
	target := base + "apps/orders/-/blob/main/catalog-info.yaml"
	reg, err := f.RegisterLocation(ctx, "user:default/jane", target)
	if err != nil || len(reg.Problems) > 0 {
		t.Fatal(err, reg.Problems)
	}
	if diff := cmp.Diff([]string{"component:default/orders"}, reg.Entities); diff != "" {
		t.Fatal(diff)
	}
	if err := f.RemoveEntities(ctx, "op-1", target); err != nil {
		t.Fatal(err)
	}
	if left := f.refs(t); len(left) > 0 {
		t.Fatal(left)
	}
}
