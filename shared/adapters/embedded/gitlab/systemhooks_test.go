package gitlab_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// told gives the events that system hooks were told of, by name, with the paths in them.
func (r *receiver) told() []string {
	list := []string{}
	for _, c := range r.of("System Hook") {
		name, _ := c.body["event_name"].(string)
		for _, key := range []string{"old_path_with_namespace", "path_with_namespace", "old_full_path", "full_path", "ref"} {
			if s, _ := c.body[key].(string); s != "" {
				name += " " + s
			}
		}
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

func TestSystemHooksHearOfProjects(t *testing.T) {
	t.Parallel()
	b, r := newBed(t), newReceiver(t)
	b.do("POST", "/hooks", object{"url": r.url, "token": "s3cret"}).want(201)
	b.do("POST", "/groups", object{"name": "Team", "path": "team", "parent_id": b.do("GET", "/groups/apps", nil).want(200).object()["id"]}).want(201)
	p := b.project("orders")
	b.do("PUT", p, object{"description": "All orders"}).want(200)
	b.do("PUT", p, object{"path": "ordering"}).want(200)
	b.do("PUT", p+"/transfer", object{"namespace": "apps/team"}).want(200)
	b.do("POST", p+"/archive", nil).want(201)
	b.do("POST", p+"/unarchive", nil).want(201)
	b.do("PUT", "/groups/apps%2Fteam", object{"path": "crew", "name": "Crew"}).want(200).says(`"full_path":"apps/crew"`)
	b.do("DELETE", p, nil).want(202)
	b.do("DELETE", p+"?permanently_remove=true&full_path=apps/crew/ordering-deletion_scheduled-1", nil).want(202)
	expected := []string{
		"group_rename apps/team apps/crew",
		"project_create apps/orders",
		"project_destroy apps/crew/ordering-deletion_scheduled-1",
		"project_rename apps/crew/ordering apps/crew/ordering-deletion_scheduled-1",
		"project_rename apps/orders apps/ordering",
		"project_transfer apps/ordering apps/team/ordering",
		"project_update apps/orders",
		"project_update apps/team/ordering",
		"project_update apps/team/ordering",
	}
	b.eventually("all events", func() bool { return len(r.told()) >= len(expected) })
	if diff := cmp.Diff(expected, r.told()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	first := r.of("System Hook")[0]
	if first.header.Get("X-Gitlab-Token") != "s3cret" || first.header.Get("Idempotency-Key") == "" || number(first.body["project_id"]) != "1" {
		t.Errorf("got %v %s", first.header, first.raw)
	}
}

func TestSystemHooksHearOfPushes(t *testing.T) {
	t.Parallel()
	g, b, r := newGit(t), newBed(t), newReceiver(t)
	hook := b.do("POST", "/hooks", object{"url": r.url, "push_events": true, "tag_push_events": true}).want(201)
	p := b.project("orders")
	b.commit(p, "Start", map[string]string{"a": "1"}).want(201)
	b.do("POST", p+"/repository/tags", object{"tag_name": "v1", "ref": "main"}).want(201)
	g.run("clone", "-q", b.clone("apps/orders"), "w")
	g.run("-C", "w", "push", "-q", "origin", "HEAD:b1", "HEAD:b2", "HEAD:b3", "HEAD:b4")
	expected := []string{
		"project_create apps/orders", "push refs/heads/main", "repository_update", "repository_update", "repository_update", "tag_push refs/tags/v1",
	}
	b.eventually("all events", func() bool { return len(r.told()) >= len(expected) })
	if diff := cmp.Diff(expected, r.told()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, c := range r.of("System Hook") {
		switch c.body["event_name"] {
		case "push":
			if number(c.body["commits"]) != "[]" || c.body["object_kind"] != "push" {
				t.Errorf("a push of a system hook is %s", c.raw)
			}
		case "repository_update":
			refs, changes := c.body["refs"].([]any), c.body["changes"].([]any)
			if len(refs) != len(changes) || len(refs) == 0 || c.body["object_kind"] != nil {
				t.Errorf("the update is %s", c.raw)
			}
		}
	}
	b.do("PUT", "/hooks/"+hook.id(), object{"push_events": false, "repository_update_events": false}).want(200)
	b.commit(p, "More", map[string]string{"b": "1"}).want(201)
	b.do("POST", p+"/archive", nil).want(201)
	b.eventually("the update", func() bool { return strings.Contains(strings.Join(r.told(), ","), "project_update") })
	if n := len(r.told()); n != len(expected)+1 {
		t.Errorf("switched off there are %v", r.told())
	}
}

func TestSystemHookAPI(t *testing.T) {
	t.Parallel()
	b, r := newBed(t), newReceiver(t)
	b.do("POST", "/hooks", object{}).want(400).says("url is missing")
	b.do("POST", "/hooks", object{"url": "nonsense"}).want(422)
	made := b.do("POST", "/hooks", object{"url": r.url, "token": "s3cret"}).want(201)
	expected := object{
		"push_events": false, "tag_push_events": false, "merge_requests_events": false, "repository_update_events": true, "alert_status": "executable",
	}
	for k, want := range expected {
		if got := made.object()[k]; got != want {
			t.Errorf("%s is %v, want %v", k, got, want)
		}
	}
	if _, has := made.object()["project_id"]; has || strings.Contains(string(made.body), "s3cret") {
		t.Errorf("made %s", made.body)
	}
	hook := "/hooks/" + made.id()
	b.do("GET", hook, nil).want(200).says(r.url)
	b.do("POST", hook, nil).want(201).says(`"event_name":"project_create"`)
	if got := r.of("System Hook"); len(got) != 1 || got[0].body["name"] != "Ruby" {
		t.Errorf("the test sent %v", got)
	}
	b.as("", "GET", "/hooks", nil).want(401)
	project := b.project("orders")
	member := b.do("POST", project+"/access_tokens", object{"name": "t", "scopes": []string{"api"}, "access_level": 50}).want(201).object()["token"].(string)
	b.as(member, "GET", "/hooks", nil).want(403)
	b.as(member, "POST", "/hooks", object{"url": r.url}).want(403)
	if n := len(b.do("GET", "/hooks", nil).want(200).list()); n != 1 {
		t.Errorf("%d hooks", n)
	}
	if n := len(b.do("GET", project+"/hooks", nil).want(200).list()); n != 0 {
		t.Errorf("a project shows %d system hooks", n)
	}
	b.do("DELETE", hook, nil).want(204)
	b.do("DELETE", hook, nil).want(404)
	b.do("GET", "/hooks/x", nil).want(400)
}

func TestFormerPathsRedirect(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	b.commit(p, "Start", map[string]string{"a": "1"}).want(201)
	b.do("PUT", p, object{"path": "ordering", "name": "ordering"}).want(200)
	old := "/projects/apps%2Forders"
	for path, target := range map[string]string{
		old: p,
		old + "/repository/files/a?ref=main&private_token=" + token: p + "/repository/files/a?ref=main",
		"/projects/Apps%2FORDERS/hooks":                             p + "/hooks",
	} {
		got := b.direct("GET", path).want(301)
		if at := got.header.Get("Location"); at != b.url+"/api/v4"+target {
			t.Errorf("%s leads to %s", path, at)
		}
	}
	g := newGit(t)
	g.run("clone", "-q", b.clone("apps/orders"), "w")
	b.direct("PUT", old).want(405).says("Non GET methods are not allowed for moved projects")
	b.direct("HEAD", old+"/repository/files/a?ref=main").want(405)
	b.as("", "GET", old, nil).want(404)
	b.as("glpat-nobody", "GET", old, nil).want(401)
	again := b.project("orders")
	if b.direct("GET", old).want(200).id() != strings.TrimPrefix(again, "/projects/") {
		t.Error("the taken path does not lead to whoever took it")
	}
	b.do("PUT", p, object{"path": "orders"}).want(400).says("has already been taken")
}

// direct sends a request and follows no redirect.
func (b *bed) direct(method, path string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+"/api/v4"+path, http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("PRIVATE-TOKEN", token)
	return b.sendBy(&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, r)
}
