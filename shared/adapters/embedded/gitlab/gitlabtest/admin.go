package gitlabtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

// Admin does to a GitLab what people do to it and Slipway does not. A call that fails ends
// the test.
type Admin struct {
	URL   string
	Token string // of an administrator
}

// Do makes one call of the API, "/projects/1/archive", and gives its answer.
func (a Admin) Do(t testing.TB, method, path string, body any) map[string]any {
	t.Helper()
	raw := []byte("{}")
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), method, a.URL+"/api/v4"+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("PRIVATE-TOKEN", a.Token)
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode > 299 {
		t.Fatalf("%s %s answered %d %s, %v", method, path, resp.StatusCode, answer, err)
	}
	var out map[string]any
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &out); err != nil {
			t.Fatalf("%s %s answered %s", method, path, answer)
		}
	}
	return out
}

func project(id int64) string { return "/projects/" + strconv.FormatInt(id, 10) }

// Rename gives a project another path in its group.
func (a Admin) Rename(t testing.TB, id int64, slug string) {
	t.Helper()
	a.Do(t, http.MethodPut, project(id), map[string]any{"path": slug, "name": slug})
}

// Transfer moves a project to another group, named by its full path.
func (a Admin) Transfer(t testing.TB, id int64, group string) {
	t.Helper()
	a.Do(t, http.MethodPut, project(id)+"/transfer", map[string]any{"namespace": group})
}

// Archive archives a project, or brings it back.
func (a Admin) Archive(t testing.TB, id int64, archived bool) {
	t.Helper()
	what := "/archive"
	if !archived {
		what = "/unarchive"
	}
	a.Do(t, http.MethodPost, project(id)+what, nil)
}

// MarkForDeletion makes the first step of a deletion, which renames the project.
func (a Admin) MarkForDeletion(t testing.TB, id int64) {
	t.Helper()
	a.Do(t, http.MethodDelete, project(id), nil)
}

// RenameGroup gives a group, named by its full path, another last part of its path, which
// moves everything below it.
func (a Admin) RenameGroup(t testing.TB, group, slug string) {
	t.Helper()
	a.Do(t, http.MethodPut, "/groups/"+url.PathEscape(group), map[string]any{"path": slug})
}

// Protect protects branches by name or wildcard: only maintainers may push and merge.
func (a Admin) Protect(t testing.TB, id int64, branches string) {
	t.Helper()
	a.Do(t, http.MethodPost, project(id)+"/protected_branches", map[string]any{"name": branches})
}

// Merge merges a merge request.
func (a Admin) Merge(t testing.TB, id, number int64) {
	t.Helper()
	a.Do(t, http.MethodPut, project(id)+"/merge_requests/"+strconv.FormatInt(number, 10)+"/merge", nil)
}

// Setting reads a setting of a project by its name in the API.
func (a Admin) Setting(t testing.TB, id int64, name string) any {
	t.Helper()
	return a.Do(t, http.MethodGet, project(id), nil)[name]
}

// User makes a user and gives the number.
func (a Admin) User(t testing.TB, name string) int64 {
	t.Helper()
	made := a.Do(t, http.MethodPost, "/users", map[string]any{"username": name, "name": name, "email": name + "@example.com", "force_random_password": true})
	id, _ := made["id"].(float64)
	return int64(id)
}

// Comment writes a comment on an issue.
func (a Admin) Comment(t testing.TB, id, number int64) {
	t.Helper()
	a.Do(t, http.MethodPost, project(id)+"/issues/"+strconv.FormatInt(number, 10)+"/notes", map[string]any{"body": "I have something to say."})
}

// SystemHook makes a system hook that is told of everything a system hook can be told of.
func (a Admin) SystemHook(t testing.TB, receiver, token string) {
	t.Helper()
	a.Do(t, http.MethodPost, "/hooks", map[string]any{
		"url": receiver, "token": token, "push_events": true, "tag_push_events": true, "repository_update_events": true,
	})
}
