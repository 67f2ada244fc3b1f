package catalogapi_test

import (
	"context"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/catalogapi"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// catalogRig is a whole catalog over HTTP, reading from files that a test may change.
type catalogRig struct {
	http.Handler
	service *catalog.Service
	view    *view.View
	log     *changelog.Log
	files   *fixtureFiles
}

// fixtureServer serves Backstage's fixtures.
func fixtureServer(t *testing.T) *catalogRig {
	t.Helper()
	rig := newCatalog(t, ids.Random{}, clock.System{}, "../testdata/backstage/fixtures")
	rig.ingest(t)
	return rig
}

// ingest reads the files that catalogs are discovered by, as a push would have it.
func (c *catalogRig) ingest(t testing.TB) {
	t.Helper()
	if got, err := c.service.IngestProject(t.Context(), "fixtures", "main", true); err != nil || len(got.Problems) > 0 {
		t.Fatal(err, got.Problems)
	}
}

func newCatalog(t testing.TB, source ids.Source, c clock.Clock, dir string) *catalogRig {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "data"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	table, err := file.Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	rig := &catalogRig{files: &fixtureFiles{dir: dir, changed: map[string]string{}}}
	if rig.log, err = changelog.New(changelog.Config{Table: table, Clock: c, IDs: source}); err != nil {
		t.Fatal(err)
	}
	if rig.view, err = view.New(view.Deps{Log: rig.log, Clock: c, Logger: logging.Discard()}); err != nil {
		t.Fatal(err)
	}
	rig.service, err = catalog.New(catalog.Deps{Table: table, Source: rig.files, Clock: c, IDs: source, Log: logging.Discard(), Shown: rig.view})
	if err != nil {
		t.Fatal(err)
	}
	rig.Handler = rig.routes(t)
	return rig
}

func (c *catalogRig) routes(t testing.TB) http.Handler {
	t.Helper()
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: httpapitest.Guest{}, Logger: logging.Discard(), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	catalogapi.HandleEntities(rt, c.view)
	catalogapi.HandleUpkeep(rt, c.service)
	catalogapi.HandleLocations(rt, c.service)
	catalogapi.HandleValidation(rt, c.service)
	catalogapi.HandleAnalysis(rt, c.service)
	catalogapi.HandleOwn(rt, catalogapi.Own{View: c.view, History: c.log, Problems: c.service})
	return rt
}

const fixtureBase = "http://127.0.0.1:7099/"

// fixtureFiles serves a folder as a project of one commit, with changes that a test makes.
type fixtureFiles struct {
	dir string

	mu      sync.Mutex
	changed map[string]string
	commit  int
}

// set changes a file; "" takes it away.
func (s *fixtureFiles) set(name, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed[name] = content
	s.commit++
}

// restore undoes the changes of a file.
func (s *fixtureFiles) restore(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.changed, name)
	s.commit++
}

func (s *fixtureFiles) Resolve(_ context.Context, url string) (catalog.FileRef, error) {
	p, ok := strings.CutPrefix(url, fixtureBase)
	if !ok {
		return catalog.FileRef{}, errs.New(errs.Invalid, "not a URL of the fixtures")
	}
	return catalog.FileRef{Project: "fixtures", Branch: "main", Path: p}, nil
}

func (s *fixtureFiles) Relative(from catalog.FileRef, target string) (catalog.FileRef, error) {
	return from.Join(target)
}

func (s *fixtureFiles) URL(f catalog.FileRef) string { return fixtureBase + f.Path }

func (s *fixtureFiles) List(context.Context, string, string, string) ([]string, error) {
	return nil, errs.New(errs.Invalid, "the fixtures can't be listed")
}

func (s *fixtureFiles) Head(context.Context, string, string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "c0ffee" + strings.Repeat("0", s.commit), nil
}

func (s *fixtureFiles) Read(_ context.Context, f catalog.FileRef, _ string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	missing := errs.New(errs.NotFound, "no matching files found for "+fixtureBase+f.Path)
	if content, ok := s.changed[f.Path]; ok {
		if content == "" {
			return nil, missing
		}
		return []byte(content), nil
	}
	content, err := os.ReadFile(filepath.Join(s.dir, path.Clean("/"+f.Path)))
	if err != nil { // a folder and a name that is too long are no files either
		return nil, missing
	}
	return content, nil
}
