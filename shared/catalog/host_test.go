package catalog_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// host is a source code host in memory: projects with branches of commits.
type host struct {
	mu       sync.Mutex
	branches map[string][]string          // "project branch" → commits, newest last
	files    map[string]map[string]string // commit → path → content
	commits  int
	// trouble, when set, may fail a call: "head project", "read project path".
	trouble func(call string) error
}

var _ catalog.Source = (*host)(nil)

func newHost() *host {
	return &host{branches: map[string][]string{}, files: map[string]map[string]string{}}
}

// push makes a commit; a file without content is deleted.
func (h *host) push(project, branch string, changes map[string]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.commits++
	id, key := fmt.Sprintf("commit-%d", h.commits), project+" "+branch
	tree := map[string]string{}
	if old := h.branches[key]; len(old) > 0 {
		maps.Copy(tree, h.files[old[len(old)-1]])
	}
	for path, content := range changes {
		if content == "" {
			delete(tree, path)
			continue
		}
		tree[path] = content
	}
	h.files[id] = tree
	h.branches[key] = append(h.branches[key], id)
}

func (h *host) failing(f func(call string) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trouble = f
}

func (h *host) call(what string) error {
	h.mu.Lock()
	f := h.trouble
	h.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(what)
}

const base = "https://git.test/"

func (h *host) Resolve(_ context.Context, url string) (catalog.FileRef, error) {
	if err := h.call("resolve " + url); err != nil {
		return catalog.FileRef{}, err
	}
	rest, ok := strings.CutPrefix(url, base)
	project, file, blob := strings.Cut(rest, "/-/blob/")
	branch, path, cut := strings.Cut(file, "/")
	if !ok || !blob || !cut {
		return catalog.FileRef{}, errs.New(errs.Invalid, "not a URL of this host")
	}
	return catalog.FileRef{Project: project, Branch: branch, Path: path}, nil
}

func (h *host) Relative(from catalog.FileRef, target string) (catalog.FileRef, error) {
	return from.Join(target)
}

func (h *host) List(_ context.Context, project, commit, folder string) ([]string, error) {
	if err := h.call("list " + project); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for path := range h.files[commit] {
		if folder == "" || strings.HasPrefix(path, folder+"/") {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (h *host) URL(f catalog.FileRef) string {
	return base + f.Project + "/-/blob/" + f.Branch + "/" + f.Path
}

func (h *host) Head(_ context.Context, project, ref string) (string, error) {
	if err := h.call("head " + project); err != nil {
		return "", err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	commits := h.branches[project+" "+ref]
	if len(commits) == 0 {
		return "", errs.New(errs.NotFound, "there is no such branch")
	}
	return commits[len(commits)-1], nil
}

func (h *host) Read(_ context.Context, f catalog.FileRef, commit string) ([]byte, error) {
	if err := h.call("read " + f.Project + " " + f.Path); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	content, ok := h.files[commit][f.Path]
	if !ok {
		return nil, errs.New(errs.NotFound, "there is no such file")
	}
	return []byte(content), nil
}

// fixture is a catalog on its own table with its own host.
type fixture struct {
	*catalog.Service
	host  *host
	table table.Table
	log   *changelog.Log
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "data"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	tab, err := file.Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	h := newHost()
	log, err := changelog.New(changelog.Config{Table: tab, Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	return fixture{Service: instance(t, tab, h), host: h, table: tab, log: log}
}

// instance makes another catalog over the same table, as another process would.
func instance(t *testing.T, tab table.Table, h *host) *catalog.Service {
	t.Helper()
	c, err := catalog.New(catalog.Deps{Table: tab, Source: h, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ingest reads a project's main branch and fails the test when that fails.
func (f fixture) ingest(t *testing.T, project string) catalog.Ingested {
	t.Helper()
	got, err := f.IngestProject(context.Background(), project, "main", true)
	if err != nil {
		t.Fatalf("ingesting %s: %v", project, err)
	}
	return got
}

// refs gives the description of every stored entity by its ref.
func (f fixture) refs(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := f.log.Entities(context.Background(), func(r changelog.Record) error {
		description, _ := r.Entity.Metadata["description"].(string)
		out[r.Entity.Ref().String()] = description
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// changes gives the whole log.
func (f fixture) changes(t *testing.T) (out []changelog.Change) {
	t.Helper()
	err := f.log.Since(context.Background(), 0, func(c changelog.Change) error {
		out = append(out, c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// component is a document.
func component(name, description string) string {
	return fmt.Sprintf(`apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: %s, description: %q}
spec: {type: service, lifecycle: production, owner: team-a}
`, name, description)
}

func location(name string, targets ...string) string {
	return fmt.Sprintf(`apiVersion: backstage.io/v1alpha1
kind: Location
metadata: {name: %s}
spec: {targets: [%s]}
`, name, strings.Join(targets, ", "))
}

func documents(docs ...string) string { return strings.Join(docs, "---\n") }
