package gitlab_test

import (
	"strings"
	"testing"
)

func TestProjectLifecycle(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	o := b.do("GET", p, nil).want(200).object()
	expected := object{
		"path_with_namespace": "apps/orders", "empty_repo": true, "visibility": "private", "default_branch": "main",
		"http_url_to_repo": b.url + "/apps/orders.git", "marked_for_deletion_on": nil,
	}
	for k, want := range expected {
		if o[k] != want {
			t.Errorf("%s is %v, want %v", k, o[k], want)
		}
	}
	if id := b.do("GET", "/projects/apps%2Forders", nil).want(200).id(); "/projects/"+id != p {
		t.Errorf("by path the project is %s, by id %s", id, p)
	}
	b.do("PUT", p, object{"description": "all orders", "topics": []string{"a", "b"}}).want(200).says("all orders")
	b.do("POST", p+"/archive", nil).want(201).says(`"archived":true`)
	b.do("POST", p+"/archive", nil).want(201)
	b.do("POST", p+"/unarchive", nil).want(201).says(`"archived":false`)
}

func TestProjectDeletionHasTwoSteps(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	b.do("DELETE", p+"?permanently_remove=true&full_path=apps/orders", nil).want(400).says("must be marked for deletion first")
	b.do("DELETE", p, nil).want(202).says("202 Accepted")
	o := b.do("GET", p, nil).want(200).object()
	marked, _ := o["path_with_namespace"].(string)
	if !strings.HasPrefix(marked, "apps/orders-deletion_scheduled-") || o["marked_for_deletion_on"] == nil {
		t.Fatalf("after the first step the project is %v", o)
	}
	b.do("GET", "/projects/apps%2Forders", nil).want(200).says(marked) // GitLab leads on to it, also when it is marked
	if again := b.project("orders"); again == p {
		t.Error("the freed path gave the old project")
	}
	b.do("POST", p+"/restore", nil).want(400).says("has already been taken")
	b.do("DELETE", p+"?permanently_remove=true&full_path=apps/orders", nil).want(400).says("full_path")
	b.do("DELETE", p+"?permanently_remove=true&full_path="+marked, nil).want(202)
	b.do("GET", p, nil).want(404)
}

func TestProjectRefusals(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.project("orders")
	ns := b.do("GET", "/namespaces/apps", nil).want(200).object()["id"]
	tests := []struct {
		name   string
		body   object
		status int
		says   string
	}{
		{"taken", object{"name": "orders", "namespace_id": ns}, 400, `{"message":{"name":["has already been taken"],"path":["has already been taken"],"project_namespace.name":["has already been taken"]}}`},
		{"taken in other case", object{"name": "x", "path": "Orders", "namespace_id": ns}, 400, "has already been taken"},
		{"nothing", object{}, 400, `{"error":"name, path are missing, at least one parameter must be provided"}`},
		{"namespace", object{"name": "x", "namespace_id": 4711}, 400, `{"message":{"namespace":["is not valid"]}}`},
		{"path", object{"name": "x", "path": "../x", "namespace_id": ns}, 400, `"path"`},
		{"path with slash", object{"name": "x", "path": "a/b", "namespace_id": ns}, 400, `"path"`},
		{"path with suffix", object{"name": "x", "path": "a.git", "namespace_id": ns}, 400, `"path"`},
		{"name", object{"name": "-x", "path": "x", "namespace_id": ns}, 400, `"name"`},
		{"visibility", object{"name": "x", "visibility": "secret", "namespace_id": ns}, 400, `{"error":"visibility does not have a valid value"}`},
		{"branch", object{"name": "x", "default_branch": "a..b", "namespace_id": ns}, 400, `"default_branch"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b.do("POST", "/projects", tt.body).want(tt.status).says(tt.says)
		})
	}
	if n := len(b.do("GET", "/projects", nil).want(200).list()); n != 1 {
		t.Errorf("after refusals there are %d projects, want 1", n)
	}
}
