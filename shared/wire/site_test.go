package wire_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/wire"
	"github.com/slipwayhq/slipway/shared/wire/demo"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// site is what outlives a process: the data directory and the two addresses.
type site struct {
	dir            string
	portal, gitlab *address
	who            auth.Authenticator
	discover       []string // groups
}

// address answers with the handler of the process that runs.
type address struct {
	url     string
	handler atomic.Pointer[http.Handler]
}

func newAddress(t *testing.T) *address {
	a := &address{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := a.handler.Load(); h != nil {
			(*h).ServeHTTP(w, r)
			return
		}
		http.Error(w, "nobody is there", http.StatusBadGateway)
	}))
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func newSite(t *testing.T) *site {
	return &site{dir: inmemory.Dir(t), portal: newAddress(t), gitlab: newAddress(t), who: auth.Guest{}}
}

func (s *site) config() wire.Config {
	return wire.Config{
		Dir: s.dir, PortalURL: s.portal.url, GitLabURL: s.gitlab.url, Authenticator: s.who, AppOrigins: []string{"http://localhost:3000"}, Accounts: demo.Accounts(), DiscoverGroups: s.discover,
		Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard(), JobDuration: time.Millisecond, Settle: time.Millisecond,
	}
}

// start runs a process; stop ends it.
func (s *site) start(t *testing.T) (system *wire.System, stop func()) {
	t.Helper()
	system, err := wire.New(s.config())
	if err != nil {
		t.Fatal(err)
	}
	s.portal.handler.Store(&system.Portal)
	s.gitlab.handler.Store(&system.GitLab)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- system.Run(ctx) }()
	return system, func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("running: %v", err)
		}
		s.portal.handler.Store(nil)
		s.gitlab.handler.Store(nil)
		if err := system.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}
}

func (s *site) seed(t *testing.T, system *wire.System) {
	t.Helper()
	into := demo.Into{GitLabURL: s.gitlab.url, Groups: system, SCM: system.SCM, Locations: system.Catalog}
	if _, err := demo.Seed(t.Context(), into); err != nil {
		t.Fatal(err)
	}
}

// create asks for an application and waits for its end.
func (s *site) create(t *testing.T, system *wire.System, name string) *operations.Operation {
	t.Helper()
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: demo.Template, Values: keyorder.Object{Map: map[string]any{"name": name}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := correlation.With(t.Context(), correlation.IDs{Actor: auth.GuestRef, RequestID: "r-1"})
	o, err := system.Operations.Accept(ctx, operations.Request{Type: scaffolder.CreateAppType, Input: input})
	if err != nil {
		t.Fatal(errs.Explain(err))
	}
	for deadline := time.Now().Add(30 * time.Second); !o.Status.Ended(); time.Sleep(2 * time.Millisecond) {
		if o, err = system.Operations.Get(t.Context(), o.ID); err != nil || time.Now().After(deadline) {
			t.Fatalf("%+v, %v", o, err)
		}
	}
	return o
}
