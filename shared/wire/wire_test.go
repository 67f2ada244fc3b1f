package wire_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/wire"
)

func TestARestartKeepsEverything(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	system, stop := s.start(t)
	s.seed(t, system)
	first := s.create(t, system, "orders")
	if first.Status != operations.Succeeded {
		t.Fatalf("%+v", first.Problem)
	}
	token := system.GitToken()
	stop()

	system, stop = s.start(t)
	defer stop()
	s.seed(t, system)
	again, err := system.Operations.Get(t.Context(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first.Output), string(again.Output)); diff != "" || again.Status != operations.Succeeded || system.GitToken() != token {
		t.Error(diff)
	}
	if _, err := system.Catalog.Entity(t.Context(), "component:default/orders"); err != nil {
		t.Error(err)
	}
	if _, err := system.SCM.Project(t.Context(), "apps/orders"); err != nil {
		t.Error(err)
	}
	if e, err := system.Executions.Describe(t.Context(), first.Machine, first.ID); err != nil || e.Name != first.ID {
		t.Errorf("%+v, %v", e, err)
	}
	s.audited(t, system, first.ID)
	if second := s.create(t, system, "invoices"); second.Status != operations.Succeeded {
		t.Errorf("%+v", second.Problem)
	}
	if letters, err := system.DeadLetters(t.Context()); err != nil || letters["ingest"]+letters["audit"] != 0 {
		t.Errorf("dead letters %v, %v", letters, err)
	}
}

// audited waits until the trail tells of an operation's success.
func (s *site) audited(t *testing.T, system *wire.System, id string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		page, err := system.Audit.Records(t.Context(), audit.Query{Operation: id, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			if r.Outcome == string(operations.Succeeded) && r.Actor == auth.GuestRef {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no record of the success among %d", len(page.Records))
		}
	}
}

func TestOneDirectoryServesOneProcess(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, err := wire.New(s.config())
	if err != nil {
		t.Fatal(err)
	}
	_, err = wire.New(s.config())
	if errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.Message(err), s.dir) {
		t.Errorf("a second process: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := wire.New(s.config())
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := third.Close(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsMissingIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, change := range map[string]func(*wire.Config){
		"a directory": func(c *wire.Config) { c.Dir = "" }, "the portal": func(c *wire.Config) { c.PortalURL = "" }, "GitLab": func(c *wire.Config) { c.GitLabURL = "" },
		"an authenticator": func(c *wire.Config) { c.Authenticator = nil }, "accounts": func(c *wire.Config) { c.Accounts = nil },
		"a right account": func(c *wire.Config) { c.Accounts = []string{"12"} }, "a clock": func(c *wire.Config) { c.Clock = nil },
		"ids": func(c *wire.Config) { c.IDs = nil }, "a log": func(c *wire.Config) { c.Log = nil }, "a right URL": func(c *wire.Config) { c.GitLabURL = "gitlab" },
	} {
		c := s.config()
		change(&c)
		if system, err := wire.New(c); err == nil {
			t.Errorf("without %s a system was made: %v", name, system.Close())
		}
	}
	if system, err := wire.New(s.config()); err != nil || system.Close() != nil {
		t.Errorf("what was refused left the directory locked: %v", err)
	}
}

func TestADirectoryThatCanNotBeUsed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	file := filepath.Join(s.dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := s.config()
	c.Dir = filepath.Join(file, "data")
	_, err := wire.New(c)
	if !errors.Is(err, errs.Unavailable) || !strings.Contains(errs.Message(err), c.Dir) {
		t.Errorf("got %v", err)
	}
}

func TestEachPathIsAnsweredByItsZone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, stop := s.start(t)
	defer stop()
	for path, c := range map[string]struct {
		status int
		media  string
	}{
		"/api/catalog/entities":           {200, "application/json"},
		"/api/operations":                 {200, "application/json"},
		"/api/environments":               {200, "application/json"},
		"/api/audit/records":              {200, "application/json"},
		"/webhooks/gitlab":                {405, "application/problem+json"},
		"/nothing":                        {404, "application/problem+json"},
		"/api/catalog/nothing":            {404, ""},
		"/.backstage/health/v1/readiness": {200, "application/json"},
		"/api/operations/unknown":         {404, "application/problem+json"},
	} {
		res, err := http.Get(s.portal.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if got := res.Header.Get("Content-Type"); res.StatusCode != c.status || !strings.HasPrefix(got, c.media) {
			t.Errorf("%s: %d %s", path, res.StatusCode, got)
		}
	}
}
