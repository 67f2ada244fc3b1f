package gitlab_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// subgroup makes a group in apps and gives the path of its API.
func (b *bed) subgroup(path string) string {
	b.t.Helper()
	above := b.do("GET", "/groups/apps", nil).want(200).object()["id"]
	return "/groups/" + b.do("POST", "/groups", object{"name": path, "path": path, "parent_id": above}).want(201).id()
}

func TestGroupLife(t *testing.T) {
	t.Parallel()
	b, r := newBed(t), newReceiver(t)
	b.do("POST", "/hooks", object{"url": r.url}).want(201)
	g := b.subgroup("payments")
	id := strings.TrimPrefix(g, "/groups/")
	p := "/projects/" + b.do("POST", "/projects", object{"name": "ledger", "namespace_id": id}).want(201).id()
	b.commit(p, "Start", map[string]string{"a": "1"}).want(201)
	b.do("POST", b.project("shared")+"/share", object{"group_id": id, "group_access": 30}).want(201)

	b.do("DELETE", g+"?permanently_remove=true&full_path=apps/payments", nil).want(400).says("must be marked for deletion first")
	b.do("POST", g+"/restore", nil).want(400).says("has not been marked")
	b.do("DELETE", g, nil).want(202)
	b.do("DELETE", g, nil).want(400).says("already marked for deletion")
	marked := b.do("GET", g, nil).want(200).object()
	if marked["full_path"] != "apps/payments-deletion_scheduled-"+id || marked["marked_for_deletion_on"] == nil {
		t.Errorf("marked it is %v", marked)
	}
	b.do("GET", "/groups/apps%2Fpayments", nil).want(404)
	b.do("GET", p, nil).want(200).says(`"path_with_namespace":"apps/payments-deletion_scheduled-` + id + `/ledger"`)
	b.do("POST", g+"/restore", nil).want(201).says(`"full_path":"apps/payments"`)
	b.do("GET", "/projects/apps%2Fpayments%2Fledger/repository/files/a?ref=main", nil).want(200)

	b.do("DELETE", g, nil).want(202)
	b.do("DELETE", g+"?permanently_remove=true&full_path=apps/payments", nil).want(400).says("`full_path` is incorrect")
	b.do("DELETE", g+"?permanently_remove=true&full_path="+marked["full_path"].(string), nil).want(202)
	for _, path := range []string{g, p, p + "/repository/branches/main", "/projects/apps%2Fpayments%2Fledger"} {
		b.do("GET", path, nil).want(404)
	}
	if left := b.do("GET", "/projects?search=ledger", nil).want(200).list(); len(left) > 0 {
		t.Errorf("projects are left: %v", left)
	}
	b.subgroup("payments")
	suffix := "-deletion_scheduled-" + id
	expected := []string{
		"group_destroy apps/payments" + suffix,
		"group_rename apps/payments apps/payments" + suffix,
		"group_rename apps/payments apps/payments" + suffix,
		"group_rename apps/payments" + suffix + " apps/payments",
		"project_create apps/payments/ledger",
		"project_create apps/shared",
		"project_destroy apps/payments" + suffix + "/ledger",
		"repository_update",
	}
	b.eventually("all events", func() bool { return len(r.told()) >= len(expected) })
	if diff := cmp.Diff(expected, r.told()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestGroupsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	above := b.do("GET", "/groups/apps", nil).want(200).object()["id"]
	for _, tc := range []struct {
		change object
		says   string
	}{
		{object{"path": "-a"}, `Failed to save group {:path=>[\"can only include non-accented letters`},
		{object{"path": "a__b"}, "can only include"},
		{object{"path": "größe"}, "can only include"},
		{object{"name": "a\nb"}, `{:name=>[\"can contain only letters`},
		{object{"name": strings.Repeat("ü", 256)}, `{:name=>[\"is too long (maximum is 255 characters)\"]}`},
		{object{"description": strings.Repeat("ü", 501)}, `{:description=>[\"is too long`},
		{object{"visibility": "public"}, `{:visibility_level=>[\"public is not allowed since the parent group has a private visibility.\"]}`},
		{object{"visibility": "secret"}, `{"error":"visibility does not have a valid value"}`},
		{object{"path": ""}, "path is empty"},
	} {
		body := object{"name": "x", "path": "x", "parent_id": above}
		for k, v := range tc.change {
			body[k] = v
		}
		b.do("POST", "/groups", body).want(400).says(tc.says)
	}
	b.do("POST", "/groups", object{"name": "x", "path": "x", "parent_id": 4711}).want(404).says("404 Group Not Found")
	b.do("POST", "/groups", object{"name": "x", "path": "x", "parent_id": 1}).want(404) // a user's
	deep := above
	for range 20 {
		deep = b.do("POST", "/groups", object{"name": "n", "path": "n", "parent_id": deep}).want(201).object()["id"]
	}
	b.do("POST", "/groups", object{"name": "n", "path": "n", "parent_id": deep}).want(400).says("too deep level of nesting")
	b.as("glpat-wrong", "DELETE", "/groups/apps", nil).want(401)
	b.as("", "DELETE", "/groups/apps", nil).want(401)
}

// TestGroupRemovedMeanwhile removes groups while projects are created in them: each project
// is gone or was never made, and none is left without its group.
func TestGroupRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	for round := range 5 {
		g := b.subgroup(fmt.Sprint("round", round))
		id := strings.TrimPrefix(g, "/groups/")
		b.do("DELETE", g, nil).want(202)
		path := b.do("GET", g, nil).want(200).object()["full_path"].(string)
		var wait sync.WaitGroup
		for i := range 6 {
			wait.Go(func() {
				if made := b.do("POST", "/projects", object{"name": fmt.Sprint("p", i), "namespace_id": id}); made.status != 201 && made.status != 400 && made.status != 404 {
					t.Errorf("creating answered %d %s", made.status, made.body)
				}
			})
		}
		wait.Go(func() { b.do("DELETE", g+"?permanently_remove=true&full_path="+path, nil).want(202) })
		wait.Wait()
	}
	if diff := cmp.Diff([]object{}, b.do("GET", "/projects", nil).want(200).list()); diff != "" {
		t.Errorf("projects are left (-want +got):\n%s", diff)
	}
}
