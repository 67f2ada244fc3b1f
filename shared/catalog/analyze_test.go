package catalog_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/catalogtest"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// A repository is analyzed by its page, whatever part of it is looked at, and by its files.
func TestRepositoriesOfGitLabAreAnalyzed(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "apps")
	g.Project(t, "apps/orders", map[string]string{
		"catalog-info.yaml": `{apiVersion: backstage.io/v1alpha1, kind: System, metadata: {name: orders}, spec: {owner: x}}`,
		"other.yaml":        `{apiVersion: backstage.io/v1alpha1, kind: System, metadata: {name: other}, spec: {owner: x}}`,
	})
	g.Project(t, "apps/mono", map[string]string{
		"services/a/catalog-info.yaml":    `{apiVersion: backstage.io/v1alpha1, kind: System, metadata: {name: a}, spec: {owner: x}}`,
		"services/b/catalog-info.yaml":    `{apiVersion: backstage.io/v1alpha1, kind: System, metadata: {name: b}, spec: {owner: x}}`,
		"services/c/my-catalog-info.yaml": `{apiVersion: backstage.io/v1alpha1, kind: System, metadata: {name: c}, spec: {owner: x}}`,
	})
	g.Project(t, "apps/empty", map[string]string{"README.md": "x"})
	c := catalogtest.New(t, g)
	catalogtest.Register(t, c, g, "apps/orders", "catalog-info.yaml")
	blob := g.URL + "/apps/orders/-/blob/main/"
	for target, want := range map[string]string{
		"/apps/orders":                          blob + "catalog-info.yaml orders registered",
		"/apps/orders/":                         blob + "catalog-info.yaml orders registered",
		"/apps/orders.git":                      blob + "catalog-info.yaml orders registered",
		"/apps/orders/-/tree/main":              blob + "catalog-info.yaml orders registered",
		"/apps/orders/-/issues?x=y#z":           blob + "catalog-info.yaml orders registered",
		"/apps/orders/-/blob/main/other.yaml":   blob + "other.yaml other",
		"/apps/mono/-/tree/main/services/b/":    g.URL + "/apps/mono/-/blob/main/services/b/catalog-info.yaml b",
		"/apps/mono/-/tree/main/services/c":     "mono apps/mono",
		"/apps/empty":                           "empty apps/empty",
		"/apps/nothing":                         "nothing",
		"/apps/orders/-/blob/main/nowhere.yaml": "orders apps/orders",
	} {
		got, err := c.Analyze(t.Context(), g.URL+target, "catalog-info.yaml")
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		if diff := cmp.Diff(want, summary(got)); diff != "" {
			t.Errorf("%s: %s", target, diff)
		}
	}
	if got, err := c.Analyze(t.Context(), g.URL+"/apps/orders", "other.yaml"); err != nil || summary(got) != blob+"other.yaml other" {
		t.Error(summary(got), err)
	}
	if got, err := c.Analyze(t.Context(), g.URL+"/apps/mono", ""); err != nil || len(got.Existing) != 2 || len(got.Generate) > 0 {
		t.Error(got, err)
	}
	if _, err := c.Analyze(t.Context(), "apps/orders", ""); !errors.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func summary(a catalog.Analysis) string {
	if len(a.Existing) == 1 && len(a.Generate) == 0 {
		found := a.Existing[0].Target + " " + a.Existing[0].Entity.Name()
		if a.Existing[0].IsRegistered {
			found += " registered"
		}
		return found
	}
	if len(a.Generate) != 1 || len(a.Existing) > 0 {
		return "something else"
	}
	e := a.Generate[0].Entity
	if slug := e.Annotation("gitlab.com/project-slug"); slug != "" {
		return e.Name() + " " + slug
	}
	return e.Name()
}
