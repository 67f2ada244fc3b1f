package gitlab_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// paths gives one member of the objects of a list.
func (a answer) paths(member string) []string {
	a.t.Helper()
	out := []string{}
	for _, o := range a.list() {
		s, _ := o[member].(string)
		out = append(out, s)
	}
	return out
}

func TestGroupTree(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	for _, path := range []string{"apps/one/deep", "apps/two", "apps-not"} {
		if err := b.server.EnsureGroup(t.Context(), path, "private"); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string][]string{
		"/groups/apps/subgroups":                              {"apps/one", "apps/two"},
		"/groups/apps/descendant_groups":                      {"apps/one", "apps/one/deep", "apps/two"},
		"/groups/apps/descendant_groups?search=deep":          {"apps/one/deep"},
		"/groups/apps%2Fone%2Fdeep/subgroups":                 {},
		"/groups/apps/descendant_groups?per_page=1&page=2":    {"apps/one/deep"},
		"/groups/apps/descendant_groups?per_page=100&page=99": {},
	} {
		if diff := cmp.Diff(want, b.do("GET", path, nil).want(200).paths("full_path")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	b.do("GET", "/groups/nowhere/subgroups", nil).want(404)
	b.do("PUT", "/groups/apps", object{"path": "apps-not"}).want(400).says("already been taken")
	b.do("PUT", "/groups/apps", object{"path": "a/b"}).want(400)
	b.do("PUT", "/groups/apps", object{"visibility": "secret"}).want(400)
	b.do("PUT", "/groups/apps", object{"path": "Apps"}).want(200)
	b.do("GET", "/groups/apps%2Fone%2Fdeep", nil).want(200).says(`"Apps/one/deep"`)
}

// TestDiscoveryRequests answers what Backstage's discovery for GitLab sends.
func TestDiscoveryRequests(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	if err := b.server.EnsureGroup(t.Context(), "apps/team", "private"); err != nil {
		t.Fatal(err)
	}
	team := b.do("GET", "/namespaces/apps%2Fteam", nil).want(200).object()["id"]
	for i := range 5 {
		p := "/projects/" + b.do("POST", "/projects", object{"name": fmt.Sprint("p", i), "namespace_id": team}).want(201).id()
		b.commit(p, "Start [skip ci]", map[string]string{fmt.Sprintf("catalog-info.%dyaml", i): "kind: Component\n"}).want(201)
	}
	archived := b.project("archived")
	b.do("POST", archived+"/archive", nil).want(201)
	const query = "/groups/apps/projects?group=apps&archived=false&simple=true&include_subgroups=true"
	first := b.do("GET", query+"&page=1&per_page=3", nil).want(200)
	for name, want := range map[string]string{
		"X-Page": "1", "X-Per-Page": "3", "X-Next-Page": "2", "X-Prev-Page": "", "X-Total": "5", "X-Total-Pages": "2",
	} {
		if got := first.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if link := first.header.Get("Link"); !strings.Contains(link, `rel="next"`) || !strings.Contains(link, `rel="last"`) {
		t.Errorf("the links are %s", link)
	}
	if _, full := first.list()[0]["permissions"]; full {
		t.Error("simple=true shows everything")
	}
	last := b.do("GET", query+"&page=2&per_page=3", nil).want(200)
	if last.header.Get("X-Next-Page") != "" || len(last.list()) != 2 {
		t.Errorf("the last page has %v, %d projects", last.header, len(last.list()))
	}
	if n := len(b.do("GET", "/groups/apps/projects", nil).want(200).list()); n != 1 {
		t.Errorf("without subgroups there are %d", n)
	}
	b.do("GET", "/groups/apps/search?group=apps&search=filename%3Acatalog-info.yaml&scope=blobs&page=1&per_page=50", nil).
		want(400).says(`{"error":"scope does not have a valid value"}`)
	b.direct("HEAD", "/projects/1/repository/files/catalog-info.0yaml?ref=main").want(200)
	missing := b.direct("HEAD", "/projects/2/repository/files/catalog-info.0yaml?ref=main").want(404)
	if kind := missing.header.Get("Content-Type"); kind != "application/json" || len(missing.body) > 0 {
		t.Errorf("a missing file answers %s %q", kind, missing.body)
	}
}
