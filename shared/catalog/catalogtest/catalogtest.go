// Package catalogtest makes catalogs for the tests of other packages: the real one, on an
// embedded table, reading from an embedded GitLab. It tests nothing itself.
package catalogtest

import (
	"path/filepath"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/gitlabsource"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// New makes an empty catalog that reads from g.
func New(t testing.TB, g *gitlabtest.GitLab) *catalog.Service {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(t.TempDir(), "catalog.db"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	entities, err := file.Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	source, err := gitlabsource.New(gitlabsource.Config{Base: g.URL, Projects: g.Client, Repositories: g.Client})
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.New(catalog.Deps{Table: entities, Source: source, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Register registers a file of a project's branch main, which must be valid.
func Register(t testing.TB, c *catalog.Service, g *gitlabtest.GitLab, project, file string) {
	t.Helper()
	made, err := c.RegisterLocation(t.Context(), "user:default/guest", g.URL+"/"+project+"/-/blob/main/"+file)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range made.Problems {
		t.Fatalf("%s: %s", file, p)
	}
}
