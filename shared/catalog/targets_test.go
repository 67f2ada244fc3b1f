package catalog_test

import (
	"context"
	"errors"
	"fmt"
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

// said gives problems as lines, without the part of their files that is always the same.
func said(ps []entity.Problem) []string {
	var out []string
	for _, p := range ps {
		out = append(out, strings.TrimPrefix(p.Target, base)+" "+p.String())
	}
	return out
}

func (f fixture) register(t *testing.T, target string) catalog.Registration {
	t.Helper()
	reg, err := f.RegisterLocation(context.Background(), "user:default/jane", base+target)
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

func optionally(doc string) string {
	return strings.Replace(doc, "spec: {", "spec: {presence: optional, ", 1)
}

func TestWildcardsFollowTheTree(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/mono", "main", map[string]string{
		"catalog-info.yaml":                    documents(component("root", "1"), location("services", `"./services/*/catalog-info.yaml"`, `"./**/catalog-info.yaml"`), optionally(location("none", `"./libs/*.yaml"`))),
		"services/a/catalog-info.yaml":         component("a", "1"),
		"services/b/catalog-info.yaml":         component("b", "1"),
		"services/b/deep/er/catalog-info.yaml": component("deeper", "1"),
		"services/.hidden/catalog-info.yaml":   component("hidden", "1"),
		"services/readme.md":                   "no entity",
	})
	reg := f.register(t, "apps/mono/-/blob/main/catalog-info.yaml")
	shown := f.refs(t)
	for _, name := range []string{"root", "a", "b", "deeper"} {
		if shown["component:default/"+name] != "1" {
			t.Errorf("%s is not there: %v, %v", name, shown, said(reg.Problems))
		}
	}
	if len(shown) != 7 {
		t.Errorf("there are %v", shown)
	}
	f.host.push("apps/mono", "main", map[string]string{
		"services/a/catalog-info.yaml": "", "services/c/catalog-info.yaml": component("c", "1"), "libs/x.yaml": component("x", "1"), "services/b/catalog-info.yaml": component("b", "2"),
	})
	got := f.ingest(t, "apps/mono")
	if diff := cmp.Diff([]string{"component:default/b", "component:default/c", "component:default/x"}, got.Upserted); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"component:default/a"}, got.Deleted); diff != "" {
		t.Error(diff)
	}
}

func TestWildcardsOfARegisteredURL(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/mono", "main", map[string]string{"a/x.yaml": component("a", "1"), "b/x.yaml": component("b", "1")})
	reg := f.register(t, "apps/mono/-/blob/main/*/x.yaml")
	if len(f.refs(t)) != 3 || len(reg.Entities) != 2 {
		t.Errorf("%v %+v", f.refs(t), reg)
	}
	if _, err := f.RegisterLocation(context.Background(), "user:default/jane", base+"apps/mono/-/blob/main/*/y.yaml"); !errors.Is(err, errs.Invalid) {
		t.Errorf("a pattern that matches nothing: %v", err)
	}
	f.host.push("apps/mono", "main", map[string]string{"a/x.yaml": "", "b/x.yaml": ""})
	if got := f.ingest(t, "apps/mono"); len(got.Deleted) != 2 || len(got.Problems) != 1 || got.Problems[0].Message != "no file matches" {
		t.Errorf("%+v", got)
	}
	f.host.push("apps/mono", "main", map[string]string{"c/x.yaml": component("c", "1")})
	if got := f.ingest(t, "apps/mono"); len(got.Upserted) != 1 || len(got.Problems) > 0 {
		t.Errorf("%+v", got)
	}
	if err := f.RemoveLocation(context.Background(), "user:default/jane", reg.Location.ID, catalog.Guard{}); err != nil || len(f.refs(t)) > 0 {
		t.Errorf("%v is left: %v", f.refs(t), err)
	}
}

func TestWildcardsThatMatchTooMuch(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	files := map[string]string{"catalog-info.yaml": location("all", `"./x/*.yaml"`)}
	for i := range 201 {
		files[fmt.Sprintf("x/%03d.yaml", i)] = component(fmt.Sprintf("c-%03d", i), "1")
	}
	f.host.push("apps/mono", "main", files)
	reg := f.register(t, "apps/mono/-/blob/main/catalog-info.yaml")
	if len(reg.Problems) == 0 || !strings.Contains(reg.Problems[0].Message, "more than 200") || f.refs(t)["component:default/c-000"] != "1" {
		t.Errorf("%v", said(reg.Problems))
	}
}

// A listing that fails says nothing about the files.
func TestNothingIsDeletedWhenTheTreeCanNotBeListed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/mono", "main", map[string]string{"catalog-info.yaml": location("all", `"./x/*.yaml"`), "x/a.yaml": component("a", "1")})
	f.register(t, "apps/mono/-/blob/main/catalog-info.yaml")
	f.host.failing(func(call string) error {
		if strings.HasPrefix(call, "list") {
			return errs.New(errs.RateLimited, "slow down")
		}
		return nil
	})
	got, err := f.IngestProject(context.Background(), "apps/mono", "main", true)
	if !errors.Is(err, errs.RateLimited) || len(got.Deleted) > 0 || f.refs(t)["component:default/a"] != "1" {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestAMissingFileStaysKnown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.host.push("apps/far", "main", map[string]string{"other.yaml": component("other", "1")})
	f.host.push("apps/x", "main", map[string]string{"catalog-info.yaml": documents(
		location("needs", base+"apps/far/-/blob/main/one.yaml"), optionally(location("wants", base+"apps/far/-/blob/main/two.yaml")))})
	reg := f.register(t, "apps/x/-/blob/main/catalog-info.yaml")
	if diff := cmp.Diff([]string{"apps/far/-/blob/main/one.yaml there is no such file"}, said(reg.Problems)); diff != "" {
		t.Error(diff)
	}
	f.host.push("apps/far", "main", map[string]string{"one.yaml": component("one", "1"), "two.yaml": component("two", "1")})
	if got := f.ingest(t, "apps/far"); len(got.Upserted) != 2 || len(got.Problems) > 0 {
		t.Errorf("what appeared is not read: %+v", got)
	}
	f.host.push("apps/far", "main", map[string]string{"one.yaml": "", "two.yaml": ""})
	got := f.ingest(t, "apps/far")
	if diff := cmp.Diff([]string{"apps/far/-/blob/main/one.yaml there is no such file"}, said(got.Problems)); diff != "" || len(got.Deleted) != 2 {
		t.Error(diff, got.Deleted)
	}
	f.host.push("apps/x", "main", map[string]string{"catalog-info.yaml": component("x", "1")})
	f.ingest(t, "apps/x")
	if page, err := f.Problems(context.Background(), catalog.ProblemQuery{Limit: 10}); err != nil || len(page.Items) > 0 {
		t.Errorf("problems of what nobody names any more: %+v, %v", page, err)
	}
}

// Once the platform is asked for by name it may define anything, as far as it leads within
// its own project.
func TestTheConfiguredLocationMayDefineThePlatform(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ruled, err := catalog.New(catalog.Deps{Table: f.table, Source: f.host, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard(), PlatformGroups: []string{"platform"}})
	if err != nil {
		t.Fatal(err)
	}
	user := func(name string) string {
		return "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: " + name + "}\nspec: {memberOf: []}\n"
	}
	f.host.push("org/people", "main", map[string]string{"all.yaml": documents(user("one"), location("all", "./two.yaml", base+"apps/x/-/blob/main/three.yaml")), "two.yaml": user("two")})
	f.host.push("apps/x", "main", map[string]string{"three.yaml": documents(user("three"), component("x", "1"))})
	const target = base + "org/people/-/blob/main/all.yaml"
	for range 2 { // by somebody first, then by the platform
		if reg, err := ruled.RegisterLocation(context.Background(), "user:default/jane", target); err != nil || len(reg.Problems) != 3 || f.refs(t)["component:default/x"] != "1" {
			t.Fatal(said(reg.Problems), err)
		}
	}
	reg, err := ruled.ConfigureLocation(context.Background(), "user:default/ops", target)
	if err != nil || !reg.Existed || len(reg.Problems) != 1 || reg.Problems[0].Ref != "user:default/three" {
		t.Fatal(said(reg.Problems), err)
	}
	if _, err := ruled.UpdateLocation(context.Background(), "user:default/jane", reg.Location.ID, base+"apps/x/-/blob/main/three.yaml", ""); err != nil {
		t.Fatal(err)
	}
	if shown := f.refs(t); len(shown) != 2 || shown["component:default/x"] != "1" {
		t.Errorf("a location that somebody moved keeps the platform's rights: %v", shown)
	}
}
