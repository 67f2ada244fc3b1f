package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	embedded "github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/wire"
	"github.com/slipwayhq/slipway/shared/wire/demo"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// patience is how long anything may take to come to an end, on a busy machine, too.
const patience = 2 * time.Minute

// world is what outlives the process under test: GitLab, the address of the portal, and
// the data directory.
type world struct {
	dir       string
	token     string
	gitlab    *embedded.Server
	gitlabURL string
	portalURL string
	portal    atomic.Pointer[http.Handler]
	faults    *faults.Injector
	// who signs people in; everybody is the guest unless a test says otherwise.
	who auth.Authenticator
	// settings changes what the system is made of; nil for nothing.
	settings func(*wire.Config)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWithJobs(t, time.Millisecond)
}

// newWorldWithJobs makes a world in which every job of a pipeline takes that long.
func newWorldWithJobs(t *testing.T, job time.Duration) *world {
	t.Helper()
	w := &world{dir: inmemory.Dir(t), token: "glpat-e2e-token-0123456789", who: auth.Guest{}}
	portal := httptest.NewServer(http.HandlerFunc(w.servePortal))
	t.Cleanup(portal.Close)
	w.portalURL = portal.URL
	w.startGitLab(t, job)
	return w
}

func (w *world) servePortal(rw http.ResponseWriter, r *http.Request) {
	h := w.portal.Load()
	if h == nil {
		http.Error(rw, "the portal is down", http.StatusBadGateway)
		return
	}
	(*h).ServeHTTP(rw, r)
}

func (w *world) startGitLab(t *testing.T, job time.Duration) {
	t.Helper()
	var handler atomic.Pointer[http.Handler]
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { (*handler.Load()).ServeHTTP(rw, r) }))
	w.gitlabURL = server.URL
	var err error
	w.gitlab, err = embedded.New(embedded.Config{
		Dir: inmemory.Dir(t), BaseURL: server.URL, Token: w.token, Clock: clock.System{}, IDs: ids.Random{}, Logger: logging.Discard(), JobDuration: job,
	})
	if err != nil {
		t.Fatal(err)
	}
	if w.faults, err = faults.New(w.gitlab.Handler(), clock.System{}); err != nil {
		t.Fatal(err)
	}
	h := http.Handler(w.faults)
	handler.Store(&h)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = w.gitlab.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done; server.Close(); _ = w.gitlab.Close() })
	for _, group := range []string{demo.PlatformGroup, demo.AppsGroup} {
		if err := w.gitlab.EnsureGroup(ctx, group, "internal"); err != nil {
			t.Fatal(err)
		}
	}
}

// process is one run of the system.
type process struct {
	*wire.System
	world  *world
	cancel context.CancelFunc
	done   chan error
}

// layers are put around the system's tables and its GitLab client.
type layers struct {
	table func(string, table.Table) table.Table
	scm   func(scm.Client) scm.Client
}

// start runs the system on the world's data directory.
func (w *world) start(t *testing.T, l layers) *process {
	t.Helper()
	return w.startWith(t, hurried{}, l)
}

// startWith runs the system by a clock of its own.
func (w *world) startWith(t *testing.T, c clock.Clock, l layers) *process {
	t.Helper()
	log := logging.Discard()
	if path := os.Getenv("SLIPWAY_E2E_LOG"); path != "" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		log = logging.New(f, -4)
	}
	cfg := wire.Config{
		Dir: w.dir, PortalURL: w.portalURL, GitLabURL: w.gitlabURL, GitLabToken: w.token, Authenticator: w.who,
		Accounts: demo.Accounts(), PlatformGroups: []string{demo.PlatformGroup}, DiscoverGroups: []string{demo.PlatformGroup, demo.AppsGroup}, Clock: c, IDs: ids.Random{}, Log: log, Settle: time.Second,
		WrapTable: l.table, WrapSCM: l.scm, LeaveHooks: true, // its requests would be taken for the operation's
	}
	if w.settings != nil {
		w.settings(&cfg)
	}
	s, err := wire.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{System: s, world: w, cancel: cancel, done: make(chan error, 1)}
	w.portal.Store(&s.Portal)
	go func() { p.done <- s.Run(ctx) }()
	return p
}

// stop ends the process; it may be dead already.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.world.portal.Store(nil)
	p.cancel()
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Fatal("the process does not end")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// seeded gives a running process whose catalog holds the starting content.
func (w *world) seeded(t *testing.T) *process {
	t.Helper()
	p := w.start(t, layers{})
	if _, err := demo.Seed(t.Context(), demo.Into{GitLabURL: w.gitlabURL, Groups: p, SCM: p.SCM, Locations: p.Catalog}); err != nil {
		t.Fatal(err)
	}
	return p
}

// hurried is a clock whose pauses are a fiftieth as long: retries and back-offs happen,
// only sooner. How long a task may run is shortened less: the machine does not hurry, least
// of all a busy one.
type hurried struct{ clock.System }

func (hurried) Sleep(ctx context.Context, d time.Duration) error {
	for _, limit := range []time.Duration{90 * time.Second, 240 * time.Second, 300 * time.Second} { // those of create-app
		if d > limit-time.Second && d <= limit {
			return clock.System{}.Sleep(ctx, 15*time.Second)
		}
	}
	return clock.System{}.Sleep(ctx, d/50)
}

func as(ctx context.Context, request string) context.Context {
	return correlation.With(ctx, correlation.IDs{Actor: "user:default/guest", RequestID: request})
}

func request(name string) operations.Request {
	return requestWith(map[string]any{"name": name})
}

func requestWith(values map[string]any) operations.Request {
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: demo.Template, Values: keyorder.Object{Map: values}})
	if err != nil {
		panic(err)
	}
	return operations.Request{Type: scaffolder.CreateAppType, Input: input}
}

// ended waits until the operation has ended.
func (p *process) ended(t *testing.T, id string) *operations.Operation {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		o, err := p.Operations.Get(t.Context(), id)
		if err == nil && o.Status.Ended() {
			return o
		}
		if time.Now().After(deadline) {
			t.Fatalf("operation %s does not end: %s", id, describe(o, err))
		}
		time.Sleep(3 * time.Millisecond)
	}
}

// describe says where an operation stands.
func describe(o *operations.Operation, err error) string {
	if o == nil {
		return fmt.Sprint(err)
	}
	text := fmt.Sprintf("%s, problem %+v, steps", o.Status, o.Problem)
	for _, s := range o.Steps {
		text += fmt.Sprintf(" %s=%s", s.ID, s.Status)
	}
	return text
}

// create asks for an application and waits for its end.
func (p *process) create(t *testing.T, name string) *operations.Operation {
	t.Helper()
	o, err := p.Operations.Accept(as(t.Context(), "create-"+name), request(name))
	if err != nil {
		t.Fatal(err)
	}
	return p.ended(t, o.ID)
}

// leftovers lists the workspaces on disk: there must be none once nothing runs.
func (w *world) leftovers(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(w.dir, "blobs", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func appName(prefix string, n int) string { return fmt.Sprintf("%s-%04d", prefix, n) }
