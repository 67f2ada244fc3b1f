package catalog_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

func api(name, definition string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: " + name + "}\nspec:\n  type: openapi\n  lifecycle: production\n  owner: team-a\n  definition:\n    $text: " + definition + "\n"
}

func TestPlaceholdersAreReadAtTheSameCommit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{
		"docs/catalog-info.yaml": documents(api("near", "../api.yaml"), api("far", base+"apps/other/-/blob/main/api.yaml"), api("missing", "./nope.yaml"), api("wild", "'./*.yaml'")),
		"api.yaml":               "openapi: 1\n",
	})
	f.host.push("apps/other", "main", map[string]string{"api.yaml": "openapi: far\n"})
	pushed := false
	f.host.failing(func(call string) error {
		if call == "read apps/orders docs/catalog-info.yaml" && !pushed {
			pushed = true // between the two reads
			f.host.push("apps/orders", "main", map[string]string{"api.yaml": "openapi: 2\n"})
		}
		return nil
	})
	reg, err := f.RegisterLocation(context.Background(), "user:default/jane", base+"apps/orders/-/blob/main/docs/catalog-info.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"apps/orders/-/blob/main/docs/catalog-info.yaml api:default/missing, line 29, /spec/definition: $text ./nope.yaml: there is no such file",
		"apps/orders/-/blob/main/docs/catalog-info.yaml api:default/wild, line 39, /spec/definition: $text ./*.yaml: must be one file, without wildcards",
	}
	if diff := cmp.Diff(want, said(reg.Problems)); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{"near": "openapi: 2\n", "far": "openapi: far\n"} {
		e, err := f.Entity(context.Background(), "api:default/"+name)
		if err != nil || e.SpecText("definition") != want {
			t.Errorf("%s: %q, %v", name, e.SpecText("definition"), err)
		}
	}
}

// What GitLab does not say for the moment is no problem of the document: the whole file is
// read again later, and everything stays.
func TestAPlaceholderThatGitLabWithholdsChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": documents(api("orders", "./api.yaml"), component("orders", "1")), "api.yaml": "1"})
	f.ingest(t, "apps/orders")
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": documents(api("orders", "./api.yaml"), component("orders", "2")), "api.yaml": "2"})
	f.host.failing(func(call string) error {
		if call == "read apps/orders api.yaml" {
			return errs.New(errs.Unavailable, "no answer")
		}
		return nil
	})
	if _, err := f.IngestProject(context.Background(), "apps/orders", "main", true); !errors.Is(err, errs.Unavailable) || f.refs(t)["component:default/orders"] != "1" {
		t.Errorf("%v %v", err, f.refs(t))
	}
}

func (f fixture) status(t *testing.T, ref string) []string {
	t.Helper()
	e, err := f.Entity(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	if e.Status != nil {
		for _, item := range e.Status.Items {
			if item.Type != entity.ProcessingStatus || item.Level != "error" || item.Error.Name != "InputError" {
				t.Errorf("%+v", item)
			}
			out = append(out, item.Error.Message)
		}
	}
	return out
}

func TestABrokenDocumentKeepsItsEntityAndSaysSo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	good := documents(component("orders", "1"), component("job", "1"), location("more", "./more.yaml"))
	f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": good, "more.yaml": component("more", "1")})
	f.ingest(t, "apps/orders")
	const jobs, orders = "component:default/job", "component:default/orders"
	for _, c := range []struct {
		name, content string
		job, orders   []string
	}{
		{"an invalid field", strings.Replace(good, "metadata: {name: job, description: \"1\"}", "metadata: {name: job, title: 7}", 1),
			[]string{"component:default/job, line 8, /metadata/title: must be a non-empty string"}, nil},
		{"no YAML at all", "kind: [", []string{"line 1: the document is not valid YAML: did not find expected node content"}, []string{"line 1: the document is not valid YAML: did not find expected node content"}},
		{"one of the documents is no YAML", documents(component("orders", "1"), "kind: [\n"), []string{"line 6: the document is not valid YAML: did not find expected node content"}, nil},
		{"a tag that nobody knows", documents(component("orders", "1"), strings.Replace(component("job", "2"), "type: service", "type: !x service", 1)),
			[]string{"component:default/job, line 9, /spec/type: the tag !x is not supported"}, nil},
		{"too large", good + "# " + strings.Repeat("x", 1<<20), []string{"the file takes 1048992 bytes, more than 1048576"}, []string{"the file takes 1048992 bytes, more than 1048576"}},
		{"good again", good, nil, nil},
	} {
		f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": c.content})
		got := f.ingest(t, "apps/orders")
		if len(got.Deleted) > 0 && c.name != "a tag that nobody knows" || f.refs(t)[jobs] != "1" || f.refs(t)[orders] != "1" {
			t.Errorf("%s: deleted %v, shown %v", c.name, got.Deleted, f.refs(t))
		}
		if diff := cmp.Diff(c.job, f.status(t, jobs)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if diff := cmp.Diff(c.orders, f.status(t, orders)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if again := f.ingest(t, "apps/orders"); len(again.Upserted)+len(again.Deleted) > 0 {
			t.Errorf("%s: reading again changes %v %v", c.name, again.Upserted, again.Deleted)
		}
	}
}

func TestALocationShowsWhichTargetsItCanNotFollow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/x", "main", map[string]string{"all.yaml": location("all", "../out.yaml", "./good.yaml"), "good.yaml": component("good", "1")})
	f.register(t, "apps/x/-/blob/main/all.yaml")
	want := []string{"location:default/all, line 4, /spec/targets/0: the target ../out.yaml: leads out of the repository"}
	if diff := cmp.Diff(want, f.status(t, "location:default/all")); diff != "" {
		t.Error(diff)
	}
	f.host.push("apps/x", "main", map[string]string{"all.yaml": location("all", "./good.yaml")})
	f.ingest(t, "apps/x")
	if left := f.status(t, "location:default/all"); len(left) > 0 {
		t.Errorf("a mended location still says %q", left)
	}
}

func TestKindsOfThePlatform(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	kinds, err := entity.Builtin().With([]entity.Kind{{Name: "Gadget", APIVersions: []string{"example.com/v1"},
		Fields:    []entity.Field{{Name: "owner", Type: entity.Text, Required: true}, {Name: "parts", Type: entity.Texts}},
		Relations: []entity.RelationRule{{Field: "parts", Type: "madeOf", Reverse: "partFor", Kind: "Gadget"}}}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.New(catalog.Deps{Table: f.table, Source: f.host, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard(), Kinds: kinds})
	if err != nil {
		t.Fatal(err)
	}
	gadget := "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: g}\nspec: {owner: team-a, parts: [z, a]}\n"
	f.host.push("apps/x", "main", map[string]string{"g.yaml": documents(gadget, strings.Replace(gadget, "owner: team-a, ", "", 1))})
	reg, err := c.RegisterLocation(context.Background(), "user:default/jane", base+"apps/x/-/blob/main/g.yaml")
	if err != nil || len(reg.Entities) != 1 || len(reg.Problems) != 1 || reg.Problems[0].Pointer != "/spec/owner" {
		t.Fatal(said(reg.Problems), err)
	}
	e, err := c.Entity(context.Background(), "gadget:default/g")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "z"}, e.SpecTexts("parts")); diff != "" {
		t.Error(diff)
	}
	if _, err := f.RegisterLocation(context.Background(), "user:default/jane", base+"apps/x/-/blob/main/g.yaml?"); !errors.Is(err, errs.NotFound) && !errors.Is(err, errs.Invalid) {
		t.Errorf("a catalog without the kind takes it: %v", err)
	}
}
