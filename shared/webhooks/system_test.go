package webhooks_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/webhooks"
)

func TestARepositoryUpdateIsAHintForEachRef(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	key := webhooks.Headers{"Idempotency-Key": {"0b3c"}, "X-Gitlab-Event": {"System Hook"}}
	first, err := r.send("repository_update", key)
	if err != nil || first.Status != webhooks.Accepted || first.Kind != "repository_update" {
		t.Fatalf("%+v %v", first, err)
	}
	if again, err := r.send("repository_update", key); err != nil || again.Status != webhooks.Duplicate {
		t.Fatalf("%+v %v", again, err)
	}
	ids := map[string]bool{}
	var got []string
	for _, e := range r.published() {
		p, err := webhooks.PushOf(e)
		if err != nil || p.Complete || e.Subject != "project/4711" {
			t.Errorf("%+v %v", e, err)
		}
		ids[e.ID] = true
		got = append(got, e.Type+" "+p.Ref)
	}
	slices.Sort(got)
	want := []string{
		"slipway.gitlab.push.v1 refs/heads/main", "slipway.gitlab.push.v1 refs/heads/spike/cache", "slipway.gitlab.tag_push.v1 refs/tags/v2.4.0",
	}
	if diff := cmp.Diff(want, got); diff != "" || len(ids) != 3 || !ids[first.EventID] {
		t.Errorf("ids %v (-want +got):\n%s", ids, diff)
	}
}

// TestAHugeRepositoryUpdate moves more branches than one transaction can tell of.
func TestAHugeRepositoryUpdate(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var changes []map[string]string
	for i := range 3000 {
		changes = append(changes, map[string]string{"ref": fmt.Sprint("refs/heads/b", i), "before": strings.Repeat("a", 40), "after": strings.Repeat("b", 40)})
	}
	changes = append(changes, map[string]string{"ref": "refs/heads/trunk", "before": strings.Repeat("a", 40), "after": strings.Repeat("b", 40)})
	body, err := json.Marshal(map[string]any{
		"event_name": "repository_update", "project_id": 7, "project": map[string]any{"default_branch": "trunk", "path_with_namespace": "a/b"},
		"changes": changes,
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Receive(t.Context(), webhooks.Delivery{Headers: webhooks.Headers{"X-Gitlab-Token": {"token"}}, Body: body})
	if err != nil || out.Status != webhooks.Accepted {
		t.Fatalf("%+v %v", out, err)
	}
	all := r.published()
	hasDefault := slices.ContainsFunc(all, func(e bus.Event) bool {
		p, err := webhooks.PushOf(e)
		return err == nil && p.OnDefaultBranch()
	})
	if len(all) != 50 || !hasDefault || !strings.Contains(r.log.String(), "more than is told of") {
		t.Errorf("%d events, the default branch: %v, logged %s", len(all), hasDefault, r.log)
	}
}

func TestSystemHooksWithoutAUse(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, body := range []string{
		`{"event_name":"user_create","user_id":41,"email":"js@example.com"}`,
		`{"event_name":"key_destroy","id":4}`,
		`{"event_name":"group_create","group_id":78,"path":"x"}`,
		`{"event_name":"user_add_to_team","project_id":74,"access_level":"Maintainer"}`,
		`{"object_kind":"gitlab_subscription_member_approval","action":"enqueue"}`,
		`{"event_name":"repository_update","project_id":74,"changes":[],"refs":[]}`,
		`{"event_name":"repository_update","project_id":74,"changes":null,"refs":["refs/keep-around/1"]}`,
	} {
		out, err := r.Receive(t.Context(), webhooks.Delivery{Headers: webhooks.Headers{"X-Gitlab-Token": {"token"}}, Body: []byte(body)})
		if err != nil || out.Status != webhooks.Ignored {
			t.Errorf("%s: %+v %v", body, out, err)
		}
	}
	if all := r.published(); len(all) > 0 {
		t.Errorf("published %v", all)
	}
}

// TestWhatGitLabTellsOfAProjectsLife takes the deliveries of a running GitLab's system hook.
func TestWhatGitLabTellsOfAProjectsLife(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var taken atomic.Int32
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		defer taken.Add(1)
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		if out, err := r.Receive(q.Context(), webhooks.Delivery{Headers: webhooks.Headers(q.Header), Body: body}); err != nil || out.Status != webhooks.Accepted {
			t.Errorf("%+v %v for %s", out, err, body)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(ts.Close)
	g := gitlabtest.Start(t, "apps", "shop")
	g.Admin.SystemHook(t, ts.URL, "token")
	p := g.Project(t, "apps/orders", map[string]string{"catalog-info.yaml": "a: 1\n"})
	g.Push(t, p, scm.UpdateFile, map[string]string{"catalog-info.yaml": "a: 2\n"})
	g.Admin.Rename(t, p.ID, "ordering")
	g.Admin.Transfer(t, p.ID, "shop")
	g.Admin.Archive(t, p.ID, true)
	g.Admin.RenameGroup(t, "shop", "store")
	if err := g.Client.DeleteProject(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"create apps/orders", "destroy store/ordering-deletion_scheduled-" + fmt.Sprint(p.ID), "group shop store",
		"push main", "push main", "push main", "push main", // each as a push and as an update of the repository
		"rename apps/orders apps/ordering", "rename store/ordering store/ordering-deletion_scheduled-" + fmt.Sprint(p.ID),
		"transfer apps/ordering shop/ordering", "update shop/ordering",
	}
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for int(taken.Load()) < len(want) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d deliveries arrived", taken.Load())
		}
	}
	var got []string
	for _, e := range r.published() {
		got = append(got, told(t, e))
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// told writes an event down in a line.
func told(t *testing.T, e bus.Event) string {
	t.Helper()
	switch e.Type {
	case webhooks.PushType:
		p, err := webhooks.PushOf(e)
		if err != nil || p.Complete || !p.OnDefaultBranch() || len(p.After) != 40 {
			t.Errorf("%+v %v", p, err)
		}
		return "push " + p.Project.DefaultBranch
	case webhooks.GroupType:
		g, err := webhooks.GroupChangeOf(e)
		if err != nil || g.Action != webhooks.ActionRename || g.ID == 0 {
			t.Errorf("%+v %v", g, err)
		}
		return "group " + g.OldPath + " " + g.Path
	}
	c, err := webhooks.ProjectChangeOf(e)
	if err != nil || c.Project.ID == 0 {
		t.Errorf("%+v %v", c, err)
	}
	return strings.Join(strings.Fields(c.Action+" "+c.OldPath+" "+c.Project.Path), " ")
}
