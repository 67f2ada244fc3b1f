package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/wire"
	"github.com/slipwayhq/slipway/test/e2e/everything"
)

// parkedWorld runs an application of the template that uses everything, which is cancelled
// when somebody else has just committed to its repository: it is parked. The text is all that
// was logged.
func parkedWorld(t *testing.T) (*process, *operations.Operation, *bytes.Buffer) {
	t.Helper()
	w, logged := newWorld(t), &bytes.Buffer{}
	w.settings = func(c *wire.Config) { c.Log = logging.New(logged, -4) }
	p := w.seeded(t)
	addEverything(t, p)
	p.stop(t)
	p = w.start(t, meddling("StartPipeline", func(host scm.Client) {
		w.pushTo(t, host, "apps/team-orders/orders", "main")
		running, _, err := p.Operations.List(context.Background(), "", 1)
		if err == nil {
			_, err = p.Operations.Cancel(as(context.Background(), "cancel"), running[0].ID)
		}
		if err != nil {
			t.Error(err)
		}
	}))
	o := p.run(t, everythingRequest("orders", false))
	if o.Status != operations.Parked || len(o.Problem.Left) == 0 {
		t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
	}
	return p, o, logged
}

// shown reads an operation as the API shows it.
func (p *process) shown(t *testing.T, id string) operations.Operation {
	t.Helper()
	var o operations.Operation
	if err := json.Unmarshal(p.ask(t, http.MethodGet, "/api/operations/"+id, "", nil).Body.Bytes(), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// mustNotTell looks for a secret where it must not be: in all that the system has stored, and
// in all that it has logged.
func mustNotTell(t *testing.T, p *process, logged *bytes.Buffer, secret string) {
	t.Helper()
	p.stop(t)
	read := 0
	err := filepath.WalkDir(p.world.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if read += len(body); bytes.Contains(body, []byte(secret)) {
			t.Errorf("%s holds the secret", path)
		}
		return err
	})
	if err != nil || read == 0 || logged.Len() == 0 || bytes.Contains(logged.Bytes(), []byte(secret)) {
		t.Errorf("%d bytes stored, %d logged, %v", read, logged.Len(), err)
	}
}

// variable gives what a CI/CD variable of a project holds.
func (w *world) variable(t *testing.T, project int64, key string) string {
	t.Helper()
	var v struct{ Value string }
	w.gitlabShows(t, fmt.Sprintf("/projects/%d/variables/%s", project, url.PathEscape(key)), &v)
	return v.Value
}

// gitlabShows asks GitLab's own API.
func (w *world) gitlabShows(t *testing.T, path string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.gitlabURL+"/api/v4"+path, nil)
	must(t, err)
	r.Header.Set("PRIVATE-TOKEN", w.token)
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	defer func() { _ = answer.Body.Close() }()
	must(t, json.NewDecoder(answer.Body).Decode(into))
}

// A frontend's button sends no secrets with a retry: those of a parked task are still there.
func TestAParkedApplicationIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	p, parked, logged := parkedWorld(t)
	o := p.shown(t, parked.ID)
	if !slices.Equal(o.Secrets, []string{everything.Secret}) || !slices.Contains(o.Sealed, everything.Secret) || len(o.Sealed) < 2 || o.SealedUntil == nil || time.Until(*o.SealedUntil) < 6*24*time.Hour {
		t.Errorf("%v of %v are kept until %v", o.Sealed, o.Secrets, o.SealedUntil)
	}
	var same struct{ ID string }
	if code := p.scaffold(t, http.MethodPost, "/"+o.ID+"/retry", `{}`, &same); code != http.StatusCreated || same.ID != o.ID {
		t.Fatal(code, same)
	}
	again := p.ended(t, o.ID)
	if again.Status != operations.Succeeded || again.Attempt != 1 || again.Sealed != nil {
		t.Fatalf("%+v, %+v", again, again.Problem)
	}
	project, err := p.SCM.Project(t.Context(), "apps/team-orders/orders")
	must(t, err)
	if got := p.world.variable(t, project.ID, "DEPLOY_KEY"); got != "hunter2-orders" {
		t.Errorf("DEPLOY_KEY is %q", got)
	}
	want, got := whole(), tracesOf(t, p, "orders")
	want.Commits++ // theirs
	if got.Running, want.Triggered = 0, got.Triggered; got != want {
		t.Errorf("\nwant %+v\ngot  %+v", want, got)
	}
	mustNotTell(t, p, logged, "hunter2-orders")
}

// Whoever was in the way has made room: the operation is closed, and nothing is left of it.
func TestAParkedApplicationIsClosed(t *testing.T) {
	t.Parallel()
	p, o, logged := parkedWorld(t)
	deleteProject(t, "apps/team-orders/orders")(p.SCM)
	if w := p.ask(t, http.MethodPost, "/api/operations/"+o.ID+"/cancel", "", nil); w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	ended := p.ended(t, o.ID)
	mustBeWholeOrGone(t, p, "orders", ended)
	if ended.Status != operations.Failed || ended.Sealed != nil {
		t.Errorf("%+v", ended)
	}
	mustNotTell(t, p, logged, "hunter2-orders")
}

// Nothing is kept of an operation that has failed: who retries it is told what to give.
func TestARetryOfAFailedApplicationAsksForItsSecrets(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	addEverything(t, p)
	o := p.run(t, everythingRequest("orders", true))
	if w := p.ask(t, http.MethodPost, "/api/operations/"+o.ID+"/retry", `{}`, nil); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"pointer":"#/secrets/deploy_key"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	var refused struct{ Error struct{ Message string } }
	if code := p.scaffold(t, http.MethodPost, "/"+o.ID+"/retry", `{}`, &refused); code != http.StatusBadRequest || !strings.Contains(refused.Error.Message, "/secrets/deploy_key is needed") {
		t.Errorf("%d %+v", code, refused)
	}
	if code := p.scaffold(t, http.MethodPost, "/"+o.ID+"/retry", `{"secrets":{"deploy_key":"hunter2-anew"}}`, &refused); code != http.StatusCreated {
		t.Fatal(code, refused)
	}
	again := p.ended(t, o.ID) // its pipeline fails again
	if mustBeWholeOrGone(t, p, "orders", again); again.Attempt != 1 || again.Status != operations.Failed {
		t.Errorf("%+v, %+v", again, again.Problem)
	}
}
