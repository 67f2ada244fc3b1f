// Package portaltest is a whole portal in one process, with the templates of the recordings in
// its catalog, for tests of what HTTP shows of tasks and operations.
package portaltest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
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
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/wire"
)

// Portal is the whole system with the templates of the recordings in its catalog.
type Portal struct {
	http.Handler
	System *wire.System
	GitLab string // URL
}

// Program is a caller that is no person, as that of the recordings was.
type Program struct{}

// Authenticate lets everybody in.
func (Program) Authenticate(context.Context, []string) (auth.Principal, error) {
	return auth.Principal{EntityRef: "service:default/recorder", Kind: auth.Service}, nil
}

// New starts the system.
func New(t testing.TB, who auth.Authenticator) *Portal {
	t.Helper()
	var portal, gitlab atomic.Pointer[http.Handler]
	rig := &Portal{GitLab: address(t, &gitlab)}
	system, err := wire.New(wire.Config{
		Dir: t.TempDir(), PortalURL: address(t, &portal), GitLabURL: rig.GitLab, Authenticator: who, Accounts: []string{"111111111111"},
		Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard(), JobDuration: time.Millisecond, Settle: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	portal.Store(&system.Portal)
	gitlab.Store(&system.GitLab)
	rig.Handler, rig.System = system.Portal, system
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

// Register puts templates into the catalog: each a folder with a template.yaml.
func (p *Portal) Register(t testing.TB, files map[string][]byte) {
	t.Helper()
	if err := p.System.EnsureGroup(t.Context(), "platform", "internal"); err != nil {
		t.Fatal(err)
	}
	project, err := p.System.SCM.CreateProject(t.Context(), scm.NewProject{Namespace: "platform", Slug: "templates", DefaultBranch: "main", Visibility: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	commit := scm.NewCommit{Branch: "main", Message: "The templates of the recordings"}
	for name, content := range files {
		commit.Changes = append(commit.Changes, scm.Change{Action: scm.CreateFile, Path: name, Content: content})
	}
	if _, err := p.System.SCM.Commit(t.Context(), project.ID, commit); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Base(name) != "template.yaml" {
			continue
		}
		if got, err := p.System.Catalog.RegisterLocation(t.Context(), auth.GuestRef, p.GitLab+"/platform/templates/-/blob/main/"+name); err != nil || len(got.Problems) > 0 {
			t.Fatal(err, got.Problems)
		}
	}
}

// RecordedTemplates gives the templates of the recordings with the files beside them.
func RecordedTemplates(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	found, err := filepath.Glob("../testdata/backstage/fixtures/templates/*/template.yaml")
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	for _, f := range found {
		if files[path.Base(path.Dir(f))+"/template.yaml"], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range RecordedDryRun(t)["directoryContents"].([]any) {
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

// RecordedDryRun gives the recorded request that holds the skeletons.
func RecordedDryRun(t testing.TB) map[string]any {
	t.Helper()
	raw, err := os.ReadFile("../testdata/backstage/scaffolder/060-dryrun-golden-b.json")
	if err != nil {
		t.Fatal(err)
	}
	var r httpapitest.Recording
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r.Request.Body.(map[string]any)
}

// Ask sends a request below /api/scaffolder and gives the answer; into may be nil.
func (p *Portal) Ask(t testing.TB, method, path string, body, into any) int {
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
	p.ServeHTTP(w, r)
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	}
	return w.Code
}

// Create starts a task and gives its id.
func (p *Portal) Create(t testing.TB, template string, values map[string]any) string {
	t.Helper()
	var made struct{ ID string }
	if code := p.Ask(t, http.MethodPost, "/v2/tasks", map[string]any{"templateRef": template, "values": values}, &made); code != http.StatusCreated {
		t.Fatalf("status %d", code)
	}
	return made.ID
}

// Ended reads a task's stream to its end, which comes with the completion.
func (p *Portal) Ended(t testing.TB, id string) {
	t.Helper()
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/scaffolder/v2/tasks/"+id+"/eventstream", nil))
	if !strings.Contains(w.Body.String(), "event: completion\n") {
		t.Fatalf("%s has not ended: %s", id, w.Body)
	}
}

// Begun waits until the first step of a task is being worked on.
func (p *Portal) Begun(t *testing.T, id string) {
	t.Helper()
	for after := 0; ; {
		var list []struct {
			ID   int
			Body struct{ Status string }
		}
		if code := p.Ask(t, http.MethodGet, fmt.Sprintf("/v2/tasks/%s/events?after=%d", id, after), nil, &list); code != http.StatusOK {
			t.Fatalf("waiting: %d", code)
		}
		for _, e := range list {
			if after = e.ID; e.Body.Status == "processing" {
				return
			}
		}
	}
}

// Post sends JSON, or nothing, to the portal.
func (p *Portal) Post(path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}
