package gitlab_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// scripted gives a client of a host that gives its answers one after the other, the last
// one again and again, and what it was asked.
func scripted(t *testing.T, answers ...http.HandlerFunc) (*gitlab.Client, func() []string) {
	t.Helper()
	asked := make(chan string, 10_000)
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := len(asked)
		query, _ := url.QueryUnescape(r.URL.RawQuery)
		asked <- strings.TrimSuffix(r.Method+" "+strings.TrimPrefix(r.URL.EscapedPath(), "/api/v4/")+"?"+query, "?")
		answers[min(n, len(answers)-1)](w, r)
	}))
	t.Cleanup(ts.Close)
	return connect(t, ts.URL, token), func() []string {
		var out []string
		for len(asked) > 0 {
			out = append(out, <-asked)
		}
		return out
	}
}

func answer(code int, body string) http.HandlerFunc { return status(code, jsonType, body) }

// TestAnswersOfOtherGitLabs are those that the embedded GitLab does not give.
func TestAnswersOfOtherGitLabs(t *testing.T) {
	t.Parallel()
	expires := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		answers []http.HandlerFunc
		run     func(ctx context.Context, c *gitlab.Client) error
		kind    errs.Kind // "" for success
		asked   []string  // nil for any
	}{
		"a token without its value": {
			[]http.HandlerFunc{answer(201, `{"id":1,"name":"t"}`)}, func(ctx context.Context, c *gitlab.Client) error {
				_, value, err := c.CreateAccessToken(ctx, 1, scm.NewAccessToken{Name: "t", Scopes: []string{"api"}, Level: 30, Expires: expires})
				if value != "" {
					return fmt.Errorf("there is a value: %w", err)
				}
				return err
			}, errs.Unavailable, []string{"POST projects/1/access_tokens"},
		},
		"revoking what was revoked": {
			[]http.HandlerFunc{answer(400, `{"message":"400 Bad request - Failed to find bot user"}`), answer(200, `{"id":7,"active":false,"revoked":true}`)},
			revoke, "", []string{"DELETE projects/1/access_tokens/7", "GET projects/1/access_tokens/7"},
		},
		"revoking what was revoked, and is hidden": {
			[]http.HandlerFunc{answer(400, `{"message":"400 Bad request - x"}`), answer(404, `{"message":"404 Not Found"}`)}, revoke, "", nil,
		},
		"revoking what may not be": {
			[]http.HandlerFunc{answer(400, `{"message":"400 Bad request - root cannot delete bot"}`), answer(200, `{"id":7,"active":true}`)}, revoke, errs.Invalid, nil,
		},
		"revoking, and nobody tells": {
			[]http.HandlerFunc{answer(400, `{"message":"400 Bad request - x"}`), answer(502, ``)}, revoke, errs.Unavailable, nil,
		},
		"a merge request that is being merged": {
			[]http.HandlerFunc{answer(200, `{"iid":3,"state":"locked"}`)}, func(ctx context.Context, c *gitlab.Client) error { return c.CloseMergeRequest(ctx, 1, 3) },
			errs.Conflict, []string{"PUT projects/1/merge_requests/3"},
		},
		"a user of another name": {
			[]http.HandlerFunc{answer(200, `[{"id":9,"username":"somebody"}]`)}, func(ctx context.Context, c *gitlab.Client) error {
				_, err := c.UserNamed(ctx, "root")
				return err
			}, errs.NotFound, []string{"GET users?per_page=1&username=root"},
		},
		"a variable of another scope": {
			[]http.HandlerFunc{answer(200, `{"key":"ROLE","environment_scope":"*"}`)}, func(ctx context.Context, c *gitlab.Client) error {
				_, err := c.Variable(ctx, 1, "ROLE", "dev")
				return err
			}, errs.NotFound, []string{"GET projects/1/variables/ROLE?filter[environment_scope]=dev"},
		},
		"a branch that GitLab keeps": {
			[]http.HandlerFunc{answer(200, `{"name":"a","commit":{"id":"1"}}`), answer(405, `{"message":"You dont have push access to repo"}`)},
			func(ctx context.Context, c *gitlab.Client) error { return c.DeleteBranch(ctx, 1, "a") }, errs.Forbidden,
			[]string{"GET projects/1/repository/branches/a", "DELETE projects/1/repository/branches/a"},
		},
		"groups that are no list": {
			[]http.HandlerFunc{answer(200, `null`)}, func(ctx context.Context, c *gitlab.Client) error {
				_, err := c.SearchGroups(ctx, "", 1)
				return err
			}, errs.Unavailable, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, asked := scripted(t, tc.answers...)
			err := tc.run(t.Context(), c)
			if (tc.kind == "" && err != nil) || (tc.kind != "" && !errors.Is(err, tc.kind)) {
				t.Errorf("%v, want %q", err, tc.kind)
			}
			if got := asked(); tc.asked != nil {
				if diff := cmp.Diff(tc.asked, got); diff != "" {
					t.Errorf("asked (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func revoke(ctx context.Context, c *gitlab.Client) error { return c.RevokeAccessToken(ctx, 1, 7) }

// TestDeletedGroups: some GitLabs delete at once, some only mark, some mark and keep the
// path, and some never remove.
func TestDeletedGroups(t *testing.T) {
	t.Parallel()
	const (
		there  = `{"id":5,"full_path":"apps/x"}`
		marked = `{"id":5,"full_path":"apps/x-deletion_scheduled-5","marked_for_deletion_on":"2027-01-01"}`
		asIs   = `{"id":5,"full_path":"apps/x","marked_for_deletion_on":"2027-01-01"}`
		gone   = `{"message":"404 Group Not Found"}`
	)
	read, mark := "GET groups/5?with_projects=false", "DELETE groups/5"
	for name, tc := range map[string]struct {
		answers []http.HandlerFunc
		kind    errs.Kind
		asked   []string
	}{
		"at once":   {[]http.HandlerFunc{answer(200, there), answer(202, `{}`), answer(404, gone)}, "", []string{read, mark, read}},
		"some time": {[]http.HandlerFunc{answer(200, there), answer(202, `{}`), answer(200, there)}, "", []string{read, mark, read}},
		"for good": {
			[]http.HandlerFunc{answer(200, there), answer(202, `{}`), answer(200, marked), answer(202, `{}`)}, "",
			[]string{read, mark, read, "DELETE groups/5?full_path=apps/x-deletion_scheduled-5&permanently_remove=true"},
		},
		"never for good": {
			[]http.HandlerFunc{answer(200, asIs), answer(400, "{\"message\":\"`permanently_remove` option is only available for subgroups.\"}")}, "",
			[]string{read, "DELETE groups/5?full_path=apps/x&permanently_remove=true"},
		},
		"not allowed": {[]http.HandlerFunc{answer(200, there), answer(403, `{"message":"403 Forbidden"}`), answer(200, there)}, errs.Forbidden, []string{read, mark, read}},
		"gone before": {[]http.HandlerFunc{answer(404, gone)}, "", []string{read}},
		"a proxy":     {[]http.HandlerFunc{status(404, "text/html", "no such host")}, errs.Unavailable, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, asked := scripted(t, tc.answers...)
			err := c.DeleteGroup(t.Context(), 5)
			if (tc.kind == "" && err != nil) || (tc.kind != "" && !errors.Is(err, tc.kind)) {
				t.Errorf("%v, want %q", err, tc.kind)
			}
			if got := asked(); tc.asked != nil {
				if diff := cmp.Diff(tc.asked, got); diff != "" {
					t.Errorf("asked (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestMergeRequestsOfForks are from another branch, whatever it is called.
func TestMergeRequestsOfForks(t *testing.T) {
	t.Parallel()
	c, _ := scripted(t, answer(200, `[
		{"iid":3,"source_project_id":2,"source_branch":"change","state":"opened"},
		{"iid":2,"source_project_id":1,"source_branch":"Change","state":"opened"},
		{"iid":1,"source_project_id":1,"source_branch":"change","state":"opened"}]`))
	got, err := c.MergeRequestsFrom(t.Context(), 1, "change")
	if diff := cmp.Diff([]scm.MergeRequest{{Number: 1, Source: "change", State: "opened"}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestSearchEnds asks a host that has ever more pages of what was not asked for.
func TestSearchEnds(t *testing.T) {
	t.Parallel()
	page := "[" + strings.TrimSuffix(strings.Repeat(`{"id":1,"full_path":"apps/x","path_with_namespace":"apps/x"},`, 100), ",") + "]"
	endless := func(w http.ResponseWriter, r *http.Request) {
		next := r.URL.Query()
		next.Set("page", next.Get("page")+"1")
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.Path, next.Encode()))
		answer(200, page)(w, r)
	}
	for text, query := range map[string]string{
		"none": "archived=false&order_by=id&per_page=100&search=none&search_namespaces=true&sort=asc",
		"no":   "archived=false&order_by=id&per_page=100&search_namespaces=true&sort=asc", // GitLab would look for the whole name
	} {
		c, asked := scripted(t, endless)
		got, err := c.SearchProjects(t.Context(), text, 5)
		requests := asked()
		if err != nil || len(got) > 0 || len(requests) > 12 || requests[0] != "GET projects?"+query {
			t.Errorf("%s: %v, %v after %d requests, the first %s", text, got, err, len(requests), requests[0])
		}
	}
	c, asked := scripted(t, endless)
	if got, err := c.SearchGroups(t.Context(), "apps", 250); err != nil || len(got) != 250 || len(asked()) != 3 {
		t.Errorf("found %d, %v", len(got), err)
	}
}
