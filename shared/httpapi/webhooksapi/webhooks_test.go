package webhooksapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/events"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/webhooksapi"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/webhooks"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// nobody lets nobody in: GitLab has no identity here.
type nobody struct{}

func (nobody) Authenticate(context.Context, []string) (auth.Principal, error) {
	return auth.Principal{}, errs.New(errs.Unauthenticated, "nobody is let in")
}

func TestWebhooksOverHTTP(t *testing.T) {
	t.Parallel()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "t.db"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	tab, err := file.Table("deliveries")
	if err != nil {
		t.Fatal(err)
	}
	receiver, err := webhooks.NewReceiver(webhooks.Deps{
		Table: tab, Secrets: webhooks.Secrets{Tokens: []string{"token"}}, Clock: clock.System{}, Logger: logging.Discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: nobody{}, Logger: logging.Discard(), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	webhooksapi.Handle(rt, receiver)
	push, err := events.Sample("gitlab/push.json")
	if err != nil {
		t.Fatal(err)
	}
	send := func(token, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/webhooks/gitlab", strings.NewReader(body))
		r.Header.Set("X-Gitlab-Token", token)
		r.Header.Set("Idempotency-Key", "k1")
		w := httptest.NewRecorder()
		rt.ServeHTTP(w, r)
		return w
	}
	for _, c := range []struct {
		name, token, body string
		status            int
		outcome           string
	}{
		{"accepted", "token", string(push), 200, "accepted"},
		{"repeated", "token", string(push), 200, "duplicate"},
		{"unknown", "token", `{"object_kind":"emoji"}`, 200, "ignored"},
		{"wrong token", "x", string(push), 401, ""},
		{"malformed", "token", `{`, 400, ""},
		{"oversized", "token", strings.Repeat(" ", webhooks.MaxBody+1), 413, ""},
	} {
		w := send(c.token, c.body)
		if w.Code != c.status || w.Header().Get("X-Slipway-Delivery") != c.outcome || (c.status == 200 && w.Body.Len() > 0) {
			t.Errorf("%s: %d %v %s", c.name, w.Code, w.Header(), w.Body)
		}
	}
}
