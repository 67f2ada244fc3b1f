package httpapi_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/wire"
)

// scaffolderRig is the whole system with the templates of the recordings in its catalog.
type scaffolderRig struct {
	http.Handler
	system *wire.System
	gitlab string // URL
}

// program is a caller that is no person, as that of the recordings was.
type program struct{}

// Authenticate lets everybody in.
func (program) Authenticate(context.Context, []string) (auth.Principal, error) {
	return auth.Principal{EntityRef: "service:default/recorder", Kind: auth.Service}, nil
}

// newScaffolder starts the system.
func newScaffolder(t testing.TB, who auth.Authenticator) *scaffolderRig {
	t.Helper()
	var portal, gitlab atomic.Pointer[http.Handler]
	rig := &scaffolderRig{gitlab: address(t, &gitlab)}
	system, err := wire.New(wire.Config{
		Dir: t.TempDir(), PortalURL: address(t, &portal), GitLabURL: rig.gitlab, Authenticator: who, Accounts: []string{"111111111111"},
		Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard(), JobDuration: time.Millisecond, Settle: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	portal.Store(&system.Portal)
	gitlab.Store(&system.GitLab)
	rig.Handler, rig.system = system.Portal, system
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- system.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("running: %v", err)
		}
		if err := system.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return rig
}

// address serves what handler holds.
func address(t testing.TB, handler *atomic.Pointer[http.Handler]) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handler.Load()).ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	return server.URL
}

// register puts templates into the catalog: each a folder with a template.yaml.
func (s *scaffolderRig) register(t testing.TB, files map[string][]byte) {
	t.Helper()
	if err := s.system.EnsureGroup(t.Context(), "platform", "internal"); err != nil {
		t.Fatal(err)
	}
	p, err := s.system.SCM.CreateProject(t.Context(), scm.NewProject{Namespace: "platform", Slug: "templates", DefaultBranch: "main", Visibility: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	commit := scm.NewCommit{Branch: "main", Message: "The templates of the recordings"}
	for name, content := range files {
		commit.Changes = append(commit.Changes, scm.Change{Action: scm.CreateFile, Path: name, Content: content})
	}
	if _, err := s.system.SCM.Commit(t.Context(), p.ID, commit); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Base(name) != "template.yaml" {
			continue
		}
		if got, err := s.system.Catalog.RegisterLocation(t.Context(), auth.GuestRef, s.gitlab+"/platform/templates/-/blob/main/"+name); err != nil || len(got.Problems) > 0 {
			t.Fatal(err, got.Problems)
		}
	}
}

// recordedTemplates gives the templates of the recordings with the files beside them.
func recordedTemplates(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	found, err := filepath.Glob("testdata/backstage/fixtures/templates/*/template.yaml")
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	for _, f := range found {
		if files[path.Base(path.Dir(f))+"/template.yaml"], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range goldenDryRun(t)["directoryContents"].([]any) {
		file := f.(map[string]any)
		content, err := base64.StdEncoding.DecodeString(file["base64Content"].(string))
		if err != nil {
			t.Fatal(err)
		}
		files["golden-template/"+file["path"].(string)] = content
	}
	files["golden-template/skeleton/link.md"] = files["golden-template/skeleton/README.md"] // a link that was left out
	return files
}

// goldenDryRun gives the recorded request that holds the skeletons.
func goldenDryRun(t testing.TB) map[string]any {
	t.Helper()
	raw, err := os.ReadFile("testdata/backstage/scaffolder/060-dryrun-golden-b.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r.Request.Body.(map[string]any)
}

// ask sends a request below /api/scaffolder and gives the answer; into may be nil.
func (s *scaffolderRig) ask(t testing.TB, method, path string, body, into any) int {
	t.Helper()
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		sent = bytes.NewReader(raw)
	}
	r := httptest.NewRequest(method, "/api/scaffolder"+path, sent)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	}
	return w.Code
}

// create starts a task and gives its id.
func (s *scaffolderRig) create(t testing.TB, template string, values map[string]any) string {
	t.Helper()
	var made struct{ ID string }
	if code := s.ask(t, http.MethodPost, "/v2/tasks", map[string]any{"templateRef": template, "values": values}, &made); code != http.StatusCreated {
		t.Fatalf("status %d", code)
	}
	return made.ID
}

// ended reads a task's stream to its end, which comes with the completion.
func (s *scaffolderRig) ended(t testing.TB, id string) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/scaffolder/v2/tasks/"+id+"/eventstream", nil))
	if !strings.Contains(w.Body.String(), "event: completion\n") {
		t.Fatalf("%s has not ended: %s", id, w.Body)
	}
}
