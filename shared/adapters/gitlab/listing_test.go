package gitlab_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// TestListingsThatAreNotBelieved holds answers of status 200 that would make a listing
// short if they were taken for one.
func TestListingsThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	long := `[{"id":1,"path_with_namespace":"a/b"}`
	for i := 2; i < 102; i++ {
		long += fmt.Sprintf(`,{"id":%d,"path_with_namespace":"a/b%d"}`, i, i)
	}
	for name, body := range map[string]string{
		"null":              `null`,
		"nothing":           ``,
		"an object":         `{"message":"maintenance"}`,
		"a login page":      `<html>`,
		"half a list":       `[{"id":8,"path_with_namespace":"a/b"},`,
		"another order":     `[{"id":9,"path_with_namespace":"a/b"},{"id":8,"path_with_namespace":"a/c"}]`,
		"before the start":  `[{"id":7,"path_with_namespace":"a/b"}]`,
		"twice":             `[{"id":8,"path_with_namespace":"a/b"},{"id":8,"path_with_namespace":"a/b"}]`,
		"no number":         `[{"path_with_namespace":"a/b"}]`,
		"no path":           `[{"id":8}]`,
		"more than a page":  long + `]`,
		"a list of strings": `["a/b"]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := answering(t, status(200, jsonType, body))
			if page, err := c.ProjectsIn(t.Context(), "a", 7, 100); !errors.Is(err, errs.Unavailable) || len(page.Projects) > 0 {
				t.Errorf("%+v, %v", page, err)
			}
		})
	}
}

// TestWhatAListingAsksFor names what GitLab would otherwise decide by itself, above all
// that projects which are only shared with a group are listed.
func TestWhatAListingAsksFor(t *testing.T) {
	t.Parallel()
	var asked []string
	c, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.EscapedPath()+"?"+r.URL.RawQuery)
		w.Header().Set("X-Next-Page", "2") // and a page that is not full
		if len(asked) > 1 {
			w.Header().Del("X-Next-Page")
		}
		status(200, jsonType, fmt.Sprintf(`[{"id":%d,"path_with_namespace":"a/b"}]`, 40+len(asked)))(w, r)
	})
	page, err := c.ProjectsIn(t.Context(), "a/b", 40, 30)
	if err != nil || page.More || len(page.Projects) != 2 {
		t.Errorf("%+v, %v", page, err)
	}
	const rest = "include_subgroups=true&order_by=id&per_page="
	want := []string{
		"GET /api/v4/groups/a%2Fb/projects?archived=false&id_after=40&" + rest + "30&sort=asc&with_shared=false",
		"GET /api/v4/groups/a%2Fb/projects?archived=false&id_after=41&" + rest + "29&sort=asc&with_shared=false",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestListingThatNeverEnds(t *testing.T) {
	t.Parallel()
	endless, seen := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", `<https://elsewhere.example.com/?page=2>; rel="next"`)
		status(200, jsonType, `[{"id":1}]`)(w, r)
	})
	if _, err := endless.Hooks(t.Context(), 1); !errors.Is(err, errs.Unavailable) || seen.Load() > 3 {
		t.Errorf("a listing whose pages lead to themselves: %v after %d requests", err, seen.Load())
	}
	null, _ := answering(t, status(200, jsonType, `null`))
	if _, err := null.Hooks(t.Context(), 1); !errors.Is(err, errs.Unavailable) {
		t.Errorf("no list: %v", err)
	}
}

// TestListingWithoutHeaders walks listings of a host that sends no paging headers at all,
// in pages of any size, while projects come and go between the requests.
func TestListingWithoutHeaders(t *testing.T) {
	t.Parallel()
	there := map[int64]bool{}
	next := int64(0)
	between := func() {}
	c, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
		between()
		after, _ := strconv.ParseInt(r.URL.Query().Get("id_after"), 10, 64)
		size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		list := []map[string]any{}
		for id := after + 1; id <= next && len(list) < size; id++ {
			if there[id] {
				list = append(list, map[string]any{"id": id, "path_with_namespace": fmt.Sprint("a/", id)})
			}
		}
		w.Header().Set("Content-Type", jsonType)
		if err := json.NewEncoder(w).Encode(list); err != nil {
			t.Error(err)
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		clear(there)
		next = int64(rapid.IntRange(0, 230).Draw(rt, "projects"))
		steady := map[int64]bool{}
		for id := range next {
			there[id+1], steady[id+1] = true, true
		}
		between = func() {
			if next > 0 {
				gone := rapid.Int64Range(1, next).Draw(rt, "gone")
				delete(there, gone)
				delete(steady, gone)
			}
			next++
			there[next] = next < 400
		}
		limit := rapid.IntRange(1, 150).Draw(rt, "limit")
		got, last := map[int64]bool{}, int64(0)
		for more := true; more; {
			page, err := c.ProjectsIn(t.Context(), "a", last, limit)
			if err != nil || len(page.Projects) > limit {
				rt.Fatalf("%d projects, %v", len(page.Projects), err)
			}
			for _, p := range page.Projects {
				got[p.ID], last = true, p.ID
			}
			more = page.More
		}
		for id := range got {
			if !steady[id] {
				delete(got, id) // it was there for a while
			}
		}
		if diff := cmp.Diff(steady, got); diff != "" {
			rt.Errorf("of those that were there throughout (-want +got):\n%s", diff)
		}
	})
}
