package gitlab_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSharing lists a project in the group it is shared with, unless that is not wanted.
func TestSharing(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	for _, path := range []string{"apps/team", "other"} {
		if err := b.server.EnsureGroup(t.Context(), path, "private"); err != nil {
			t.Fatal(err)
		}
	}
	project := b.project("orders")
	other := b.do("GET", "/groups/other", nil).want(200).object()["id"]
	apps := b.do("GET", "/groups/apps", nil).want(200).object()["id"]
	share := object{"group_id": other, "group_access": 30}
	b.do("POST", project+"/share", object{"group_id": other}).want(400).says("group_access is missing")
	b.do("POST", project+"/share", object{"group_id": other, "group_access": 31}).want(400).says("valid value")
	b.do("POST", project+"/share", object{"group_id": 4711, "group_access": 30}).want(404)
	b.do("POST", project+"/share", share).want(201).says(`"group_access":30`)
	b.do("POST", project+"/share", share).want(409)
	b.do("POST", project+"/share", object{"group_id": apps, "group_access": 30}).want(201) // listed once all the same
	for path, want := range map[string][]string{
		"/groups/other/projects":                   {"apps/orders"},
		"/groups/other/projects?with_shared=false": {},
		"/groups/apps/projects":                    {"apps/orders"},
		"/groups/apps%2Fteam/projects":             {},
	} {
		if diff := cmp.Diff(want, b.do("GET", path, nil).want(200).paths("path_with_namespace")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	b.do("DELETE", project+fmt.Sprint("/share/", other), nil).want(204)
	b.do("DELETE", project+fmt.Sprint("/share/", other), nil).want(404)
	b.do("DELETE", project+"/share/x", nil).want(400)
	if n := len(b.do("GET", "/groups/other/projects", nil).want(200).list()); n != 0 {
		t.Errorf("%d projects are still shared", n)
	}
}
