package reconcile_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/reconcile"
	"github.com/slipwayhq/slipway/shared/scm"
)

// mustShow fails when the catalog does not show that, by name.
func (r *rig) mustShow(t *testing.T, step string, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, r.shown(t)); diff != "" {
		t.Fatalf("%s: %s", step, diff)
	}
}

func TestItFollowsTheEmbeddedGitLab(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "apps", "more")
	r := newRigOver(t, g.Client, g.URL, "apps", "more")
	orders := g.Project(t, "apps/orders", file(component("orders", "v1")))
	second := g.Project(t, "apps/second", map[string]string{".backstage/catalog-info.yaml": component("second", "v1")})
	g.Project(t, "apps/none", map[string]string{"README.md": "nothing"})
	empty, err := g.Client.CreateProject(t.Context(), scm.NewProject{Namespace: "apps", Slug: "empty", DefaultBranch: "main", Visibility: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	begin := r.head(t)
	for _, s := range []struct {
		name string
		do   func()
		want map[string]string
	}{
		{"at first", func() {}, map[string]string{"orders": "v1 in apps/orders", "second": "v1 in apps/second"}},
		{"renamed", func() { g.Admin.Rename(t, orders.ID, "ordering") }, map[string]string{"orders": "v1 in apps/ordering", "second": "v1 in apps/second"}},
		{"its path is taken", func() { g.Project(t, "apps/orders", file(component("other", "v1"))) },
			map[string]string{"orders": "v1 in apps/ordering", "second": "v1 in apps/second", "other": "v1 in apps/orders"}},
		{"given to another group", func() { g.Admin.Transfer(t, orders.ID, "more") },
			map[string]string{"orders": "v1 in more/ordering", "second": "v1 in apps/second", "other": "v1 in apps/orders"}},
		{"pushed to", func() { g.Push(t, orders, scm.UpdateFile, file(component("orders", "v2"))) },
			map[string]string{"orders": "v2 in more/ordering", "second": "v1 in apps/second", "other": "v1 in apps/orders"}},
		{"no longer empty", func() { g.Push(t, empty, scm.CreateFile, file(component("late", "v1"))) },
			map[string]string{"orders": "v2 in more/ordering", "second": "v1 in apps/second", "other": "v1 in apps/orders", "late": "v1 in apps/empty"}},
		{"the group is renamed", func() { g.Admin.RenameGroup(t, "apps", "applications") },
			map[string]string{"orders": "v2 in more/ordering", "second": "v1 in applications/second", "other": "v1 in applications/orders", "late": "v1 in applications/empty"}},
		{"archived", func() { g.Admin.Archive(t, second.ID, true) },
			map[string]string{"orders": "v2 in more/ordering", "other": "v1 in applications/orders", "late": "v1 in applications/empty"}},
		{"marked for deletion", func() { g.Admin.MarkForDeletion(t, orders.ID) },
			map[string]string{"other": "v1 in applications/orders", "late": "v1 in applications/empty"}},
	} {
		s.do()
		r.reconcile(t)
		r.mustShow(t, s.name, s.want)
	}
	if gone := r.deleted(t, begin); len(gone) != 2 {
		t.Errorf("taken out were %v", gone)
	}
}

// receiver answers deliveries as a test wants it.
func receiver(t *testing.T) (url string, status *atomic.Int64) {
	t.Helper()
	status = &atomic.Int64{}
	status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) }))
	t.Cleanup(server.Close)
	return server.URL + "/webhooks/gitlab", status
}

func TestHooksAreLookedAfter(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "apps")
	r := newRigOver(t, g.Client, g.URL, "apps")
	url, status := receiver(t)
	r.hooks = &reconcile.HookKeeper{Hooks: g.Client, URL: url, Secrets: nobody{}.WebhookSecrets, Table: r.table, Clock: r.clock}
	r.prepare(t)
	p := g.Project(t, "apps/orders", file(component("orders", "v1")))
	hook := func() scm.Hook {
		t.Helper()
		all, err := g.Client.Hooks(t.Context(), p.ID)
		if err != nil || len(all) != 1 || all[0].URL != url || !all[0].Push || !all[0].TagPush || !all[0].Pipeline {
			t.Fatalf("%+v %v", all, err)
		}
		return all[0]
	}
	if report := r.reconcile(t); report.Hooks.Created != 1 || !report.Hooks.Managed {
		t.Fatalf("%+v", report.Hooks)
	}
	first := hook()
	if report := r.reconcile(t); report.Hooks.Checked != 0 {
		t.Fatalf("looked at again at once: %+v", report.Hooks)
	}

	disable := func(failing int) {
		t.Helper()
		status.Store(int64(failing))
		for n := 0; !hook().Disabled; n++ {
			g.Push(t, p, scm.CreateFile, map[string]string{time.Now().Format(time.RFC3339Nano): "x"})
			if n == 200 {
				t.Fatal("the hook is not disabled")
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	disable(http.StatusInternalServerError)
	status.Store(http.StatusOK)
	r.clock.Advance(11 * time.Minute) // changes came and nobody told: that is looked into soon
	if report := r.reconcile(t); report.Hooks.Enabled != 1 || hook().Disabled || hook().ID != first.ID {
		t.Fatalf("%+v", report.Hooks)
	}

	disable(http.StatusInternalServerError)
	r.clock.Advance(7 * time.Hour)
	if report := r.reconcile(t); report.Hooks.Enabled != 1 || hook().ID == first.ID {
		t.Fatalf("one that can't be tested is made anew: %+v", report.Hooks)
	}
	status.Store(http.StatusOK)
	if err := g.Client.DeleteHook(t.Context(), p.ID, hook().ID); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(7 * time.Hour)
	if report := r.reconcile(t); report.Hooks.Created != 1 {
		t.Fatalf("%+v", report.Hooks)
	}
	hook()
}

func TestAHookThatMayNotBeMadeIsTold(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "apps")
	r := newRigOver(t, g.Client, g.URL, "apps")
	url, _ := receiver(t)
	r.hooks = &reconcile.HookKeeper{Hooks: g.Client, URL: url, Secrets: nobody{}.WebhookSecrets, Table: r.table, Clock: r.clock}
	r.prepare(t)
	g.Project(t, "apps/orders", file(component("orders", "v1")))
	g.Faults.Set(faults.Always(faults.On(http.MethodPost, "/hooks"), faults.Refused(http.StatusForbidden)))
	for n := range 2 { // it is known from then on, also by a run that does not look again
		report := r.reconcile(t)
		if len(report.Hooks.Problems) != 1 || report.Hooks.Problems[0].Project != "apps/orders" || !report.Complete || report.Hooks.Checked != 1-n {
			t.Fatalf("%+v", report)
		}
		r.mustShow(t, "read all the same", map[string]string{"orders": "v1 in apps/orders"})
	}
	g.Faults.Set(nil)
	r.clock.Advance(11 * time.Minute)
	if report := r.reconcile(t); report.Hooks.Created != 1 || len(report.Hooks.Problems) != 0 {
		t.Fatalf("%+v", report.Hooks)
	}
}
