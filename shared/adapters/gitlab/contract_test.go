package gitlab_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	embedded "github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/scm/scmtest"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const token = "glpat-contract-token"

func TestContract(t *testing.T) {
	t.Parallel()
	scmtest.Run(t, startEmbedded)
}

// startEmbedded gives a harness on an embedded GitLab of its own.
func startEmbedded(t *testing.T) scmtest.Harness {
	ts := httptest.NewUnstartedServer(nil)
	base := "http://" + ts.Listener.Addr().String()
	server, err := embedded.New(embedded.Config{
		Dir: inmemory.Dir(t), BaseURL: base, Token: token, Clock: clock.System{}, IDs: ids.Random{},
		Logger: logging.Discard(), JobDuration: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	injector, err := faults.New(server.Handler(), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	ts.Config.Handler = injector
	ts.Start()
	run(t, server, ts)
	if err := server.EnsureGroup(t.Context(), "apps", "private"); err != nil {
		t.Fatal(err)
	}
	return scmtest.Harness{
		Client: connect(t, base, token), WrongToken: connect(t, base, "glpat-not-valid"), User: "root",
		Holder: func(t *testing.T, token string) scm.Client { return connect(t, base, token) },
		Admin:  gitlabtest.Admin{URL: base, Token: token}, Group: "apps", HookURL: "http://127.0.0.1:9/hook", Faults: &faulty{Injector: injector},
		Subgroup: func(t *testing.T, name string) string {
			if err := server.EnsureGroup(t.Context(), "apps/"+name, "private"); err != nil {
				t.Fatal(err)
			}
			return "apps/" + name
		},
	}
}

// run keeps the server's jobs and hooks going until the test ends.
func run(t *testing.T, server *embedded.Server, ts *httptest.Server) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	t.Cleanup(func() {
		ts.Close()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
}

// hasty is a clock on which waiting takes a twentieth of its time: what is waited for is
// GitLab's patience, which a test does not try.
type hasty struct{ clock.System }

var _ clock.Clock = hasty{}

func (h hasty) Sleep(ctx context.Context, d time.Duration) error {
	const times = 20
	return h.System.Sleep(ctx, d/times)
}

func connect(t *testing.T, base, token string) *gitlab.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := gitlab.New(gitlab.Config{
		BaseURL: base, Clock: hasty{}, HTTPClient: &http.Client{Transport: transport},
		Token: func(context.Context) (string, error) { return token, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
