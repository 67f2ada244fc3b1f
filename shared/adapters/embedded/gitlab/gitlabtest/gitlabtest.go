// Package gitlabtest starts an embedded GitLab for the tests of other packages, behind a
// fault injector and with the client in front that Slipway uses in production. It tests
// nothing itself.
package gitlabtest

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	embedded "github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scm"
)

// Token is root's access token.
const Token = "glpat-gitlabtest-token"

// GitLab is one that runs until its test ends.
type GitLab struct {
	URL    string
	Client *gitlab.Client
	Server *embedded.Server
	Faults *faults.Injector
	Admin  Admin
}

// Start starts a GitLab with groups of internal visibility.
func Start(t testing.TB, groups ...string) *GitLab {
	t.Helper()
	ts := httptest.NewUnstartedServer(nil)
	g := &GitLab{URL: "http://" + ts.Listener.Addr().String()}
	g.Admin = Admin{URL: g.URL, Token: Token}
	var err error
	g.Server, err = embedded.New(embedded.Config{
		Dir: t.TempDir(), BaseURL: g.URL, Token: Token, Clock: clock.System{}, IDs: ids.Random{},
		Logger: logging.Discard(), JobDuration: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if g.Faults, err = faults.New(g.Server.Handler(), clock.System{}); err != nil {
		t.Fatal(err)
	}
	ts.Config.Handler = g.Faults
	ts.Start()
	g.run(t, ts)
	g.Client = g.connect(t)
	for _, group := range groups {
		if err := g.Server.EnsureGroup(t.Context(), group, "internal"); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// run keeps jobs and hooks going until the test ends.
func (g *GitLab) run(t testing.TB, ts *httptest.Server) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Server.Run(ctx) }()
	t.Cleanup(func() {
		ts.Close()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := g.Server.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (g *GitLab) connect(t testing.TB) *gitlab.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := gitlab.New(gitlab.Config{
		BaseURL: g.URL, Clock: clock.System{}, HTTPClient: &http.Client{Transport: transport},
		Token: func(context.Context) (string, error) { return Token, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Project makes a project "group/name" with files on its branch main.
func (g *GitLab) Project(t testing.TB, path string, files map[string]string) scm.Project {
	t.Helper()
	group, name, _ := strings.Cut(path, "/")
	p, err := g.Client.CreateProject(t.Context(), scm.NewProject{Namespace: group, Slug: name, DefaultBranch: "main", Visibility: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	g.Push(t, p, scm.CreateFile, files)
	return p
}

// Push commits files to a project's branch main and gives the commit's id.
func (g *GitLab) Push(t testing.TB, p scm.Project, action scm.ChangeAction, files map[string]string) string {
	t.Helper()
	var changes []scm.Change
	for _, name := range slices.Sorted(maps.Keys(files)) {
		changes = append(changes, scm.Change{Action: action, Path: name, Content: []byte(files[name])})
	}
	c, err := g.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "Change files", Changes: changes})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}
