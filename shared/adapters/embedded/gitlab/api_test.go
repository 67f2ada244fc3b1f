package gitlab_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestOffsetPagination(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	for i := range 5 {
		b.project(fmt.Sprintf("p%d", i))
	}
	a := b.do("GET", "/groups/apps/projects?include_subgroups=True&per_page=2&page=2&order_by=id&sort=asc", nil).want(200)
	for k, want := range map[string]string{"X-Page": "2", "X-Per-Page": "2", "X-Next-Page": "3", "X-Prev-Page": "1", "X-Total": "5", "X-Total-Pages": "3"} {
		if got := a.header.Get(k); got != want {
			t.Errorf("%s is %q, want %q", k, got, want)
		}
	}
	for _, rel := range []string{"first", "prev", "next", "last"} {
		if !strings.Contains(a.header.Get("Link"), `rel="`+rel+`"`) {
			t.Errorf("Link lacks %s: %s", rel, a.header.Get("Link"))
		}
	}
	if l := a.list(); len(l) != 2 || l[0]["name"] != "p2" {
		t.Errorf("the page is %v", l)
	}
	last := b.do("GET", "/groups/apps/projects?per_page=2&page=3", nil).want(200)
	if _, sent := last.header["X-Next-Page"]; !sent || last.header.Get("X-Next-Page") != "" {
		t.Errorf("X-Next-Page of the last page is %v", last.header["X-Next-Page"])
	}
	beyond := b.do("GET", "/projects?per_page=1000&page=9", nil).want(200)
	if len(beyond.list()) != 0 || beyond.header.Get("X-Per-Page") != "100" {
		t.Errorf("beyond the end there are %s with %v", beyond.body, beyond.header)
	}
}

// follow reads all pages of a keyset list by the Link header.
func (b *bed) follow(path string) []object {
	b.t.Helper()
	all := []object{}
	for path != "" {
		a := b.do("GET", path, nil).want(200)
		all = append(all, a.list()...)
		path = ""
		for part := range strings.SplitSeq(a.header.Get("Link"), ",") {
			if target, rel, ok := strings.Cut(part, ">;"); ok && strings.Contains(rel, "next") {
				path = strings.TrimPrefix(strings.TrimSpace(target), "<"+b.url+"/api/v4")
			}
		}
	}
	return all
}

func TestKeysetPagination(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	files := map[string]string{}
	for i := range 7 {
		files[fmt.Sprintf("d/f%d", i)] = "x"
	}
	p := b.project("p0")
	b.commit(p, "Start", files).want(201)
	for i := range 4 {
		b.project(fmt.Sprintf("q%d", i))
	}
	for _, order := range []string{"asc", "desc"} {
		if n := len(b.follow("/projects?pagination=keyset&order_by=id&per_page=2&sort=" + order)); n != 5 {
			t.Errorf("%s: keyset gave %d projects", order, n)
		}
	}
	if n := len(b.follow(p + "/repository/tree?recursive=true&pagination=keyset&per_page=3")); n != 8 {
		t.Errorf("keyset gave %d tree entries", n)
	}
	b.do("GET", p+"/repository/tree?path=nothing", nil).want(404).says("404 invalid revision or path Not Found")
}

func TestParametersOfEveryKind(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	form := url.Values{"key": {"FORM"}, "value": {"v"}, "masked": {"False"}, "protected": {"True"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/api/v4"+p+"/variables", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+token)
	b.send(r).want(201).says(`"protected":true`)
	body := "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nPART\r\n--x\r\nContent-Disposition: form-data; name=\"value\"\r\n\r\nv\r\n--x--\r\n"
	if r, err = http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/api/v4"+p+"/variables", strings.NewReader(body)); err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.Header.Set("PRIVATE-TOKEN", token)
	b.send(r).want(201).says(`"key":"PART"`)
	b.do("POST", p+"/variables?key=QUERY&value=v", nil).want(201)
	if n := len(b.do("GET", p+"/variables", nil).want(200).list()); n != 3 {
		t.Errorf("there are %d variables", n)
	}
	for _, bad := range []string{"{", "[1]", `"x"`} {
		if r, err = http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/api/v4"+p+"/variables", strings.NewReader(bad)); err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("PRIVATE-TOKEN", token)
		b.send(r).want(400)
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	v := func(key, scope string) object { return object{"key": key, "value": "v", "environment_scope": scope} }
	b.do("POST", p+"/variables", v("ROLE", "dev")).want(201)
	b.do("POST", p+"/variables", v("ROLE", "prod")).want(201)
	b.do("POST", p+"/variables", v("ROLE", "prod")).want(400).says(`{"message":{"key":["(ROLE) has already been taken"]}}`)
	b.do("PUT", p+"/variables/ROLE", object{"value": "w"}).want(409).says("There are multiple variables with provided parameters")
	b.do("PUT", p+"/variables/ROLE?filter[environment_scope]=prod", object{"value": "w"}).want(200).says(`"value":"w"`)
	b.do("GET", p+"/variables/ROLE?filter%5Benvironment_scope%5D=dev", nil).want(200).says(`"value":"v"`)
	b.do("POST", p+"/variables", object{"key": "S", "value": "short", "masked": true}).want(400).says(`{"message":{"value":["is invalid"]}}`)
	b.do("POST", p+"/variables", object{"key": "S", "value": "longenough1\n", "masked": true}).want(400)
	b.do("POST", p+"/variables", object{"key": "S", "value": "longenough1", "masked_and_hidden": true}).want(201).says(`"hidden":true`)
	b.do("GET", p+"/variables/S", nil).want(200).says(`"value":null`)
	b.do("POST", p+"/variables", object{"key": "a-b", "value": "x"}).want(400)
	b.do("DELETE", p+"/variables/S", nil).want(204)
	b.do("DELETE", p+"/variables/S", nil).want(404).says("404 Variable Not Found")
}

func TestFiles(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	f := p + "/repository/files/" + url.PathEscape("dir/catalog-info.yaml")
	b.do("POST", f, object{"branch": "main", "commit_message": "m", "content": "kind: A"}).want(201)
	b.do("POST", f, object{"branch": "main", "commit_message": "m", "content": "kind: A"}).want(400).says("already exists")
	b.do("PUT", f, object{"branch": "main", "commit_message": "m", "content": "kind: A"}).want(400)
	b.do("PUT", f, object{"branch": "main", "commit_message": "m", "content": "kind: B"}).want(200)
	head := b.do("HEAD", f+"?ref=main", nil).want(200)
	if head.header.Get("X-Gitlab-Size") != "7" || head.header.Get("X-Gitlab-Blob-Id") == "" || len(head.body) != 0 {
		t.Errorf("HEAD gave %v", head.header)
	}
	b.do("GET", f, nil).want(400).says("ref is missing")
	b.do("HEAD", p+"/repository/files/nothing?ref=main", nil).want(404)
	b.do("GET", f+"?ref=other", nil).want(404).says("404 Commit Not Found")
	if a := b.do("GET", p+"/repository/archive.tar.gz?sha=main", nil).want(200); a.header.Get("Content-Type") != "application/gzip" || len(a.body) < 50 {
		t.Errorf("the archive has %d bytes of %s", len(a.body), a.header.Get("Content-Type"))
	}
	b.do("GET", p+"/repository/archive.rar", nil).want(404)
	b.do("DELETE", f, object{"branch": "main", "commit_message": "m"}).want(204)
}

func TestMergeRequests(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	b.commit(p, "Start", map[string]string{"a": "1", "b": "1"}).want(201)
	change := func(branch, start, path, content string) {
		body := object{"branch": branch, "commit_message": "Change", "actions": []object{{"action": "update", "file_path": path, "content": content}}}
		if start != "" {
			body["start_branch"] = start
		}
		b.do("POST", p+"/repository/commits", body).want(201)
	}
	change("one", "main", "a", "2")
	change("two", "main", "a", "3")
	change("main", "", "b", "2")
	mr := object{"source_branch": "one", "target_branch": "main", "title": "One", "remove_source_branch": true}
	one := b.do("POST", p+"/merge_requests", mr).want(201).says(`"detailed_merge_status":"mergeable"`).object()
	b.do("POST", p+"/merge_requests", mr).want(409).says(`{"message":["Another open merge request already exists for this source branch: !1"]}`)
	b.do("POST", p+"/merge_requests", object{"source_branch": "two", "target_branch": "main", "title": "Two"}).want(201)
	b.do("PUT", p+"/merge_requests/1/merge", object{"sha": strings.Repeat("a", 40)}).want(409).says("SHA does not match HEAD of source branch: " + one["sha"].(string))
	b.do("PUT", p+"/merge_requests/1/merge", nil).want(200).says(`"state":"merged"`)
	b.do("PUT", p+"/merge_requests/1/merge", nil).want(405)
	b.do("GET", p+"/repository/files/a/raw?ref=main", nil).want(200).says("2")
	b.do("GET", p+"/repository/files/b/raw?ref=main", nil).want(200).says("2")
	b.do("GET", p+"/repository/branches/one", nil).want(404)
	b.do("GET", p+"/merge_requests/2", nil).want(200).says(`"has_conflicts":true`)
	b.do("PUT", p+"/merge_requests/2/merge", nil).want(405)
	b.do("PUT", p+"/merge_requests/2", object{"state_event": "close"}).want(200).says(`"state":"closed"`)
	if n := len(b.do("GET", p+"/merge_requests?state=opened&source_branch=two", nil).want(200).list()); n != 0 {
		t.Errorf("%d are still open", n)
	}
	b.do("GET", p+"/repository/compare?from=one&to=main", nil).want(404)
	b.do("GET", p+"/repository/compare?from=two&to=main", nil).want(200).says(`"new_path":"a"`).says("+2")
}

func TestProtectionAndReleases(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	b.commit(p, "Start", map[string]string{"a": "1"}).want(201)
	b.do("POST", p+"/protected_branches", object{"name": "main"}).want(409).says("Protected branch 'main' already exists")
	b.do("POST", p+"/protected_branches", object{"name": "locked/*", "push_access_level": 0}).want(201)
	b.do("POST", p+"/repository/branches", object{"branch": "locked/x", "ref": "main"}).want(403)
	b.do("DELETE", p+"/repository/branches/main", nil).want(400).says("default branch")
	b.do("GET", p+"/releases/v1", nil).want(404)
	b.do("POST", p+"/releases", object{"tag_name": "v1"}).want(422)
	b.do("POST", p+"/releases", object{"tag_name": "v1", "ref": "main", "description": "First"}).want(201)
	b.do("POST", p+"/releases", object{"tag_name": "v1", "ref": "main"}).want(409).says("Release already exists")
	b.do("GET", p+"/repository/tags/v1", nil).want(200).says(`"description":"First"`)
}

func TestStrangersAndUnknownRoutes(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	b.as("wrong", "GET", p, nil).want(401).says(`{"message":"401 Unauthorized"}`)
	b.as("", "GET", p, nil).want(404)
	b.as("", "POST", p+"/repository/commits", object{}).want(401)
	b.as("", "GET", "/user", nil).want(401)
	b.do("GET", "/nothing/here", nil).want(404).says(`{"error":"404 Not Found"}`)
	b.do("GET", "/projects/apps%2F..%2Fapps%2Forders", nil).want(404)
	b.do("GET", "/projects/99999999999999999999", nil).want(404)
	b.do("GET", "/groups/apps/search?scope=blobs&search=x", nil).want(400).says("scope does not have a valid value")
	b.do("GET", "/version", nil).want(200).says(`"version"`)
	b.do("GET", "/metadata", nil).want(200).says(`"enterprise":false`)
	counts := b.server.Requests()
	if counts["GET /api/v4/version"] != 1 || counts["GET (unknown)"] != 1 {
		t.Errorf("the request counts are %v", counts)
	}
}
