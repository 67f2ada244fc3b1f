package catalogapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/environmentsapi"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

type namedPage struct {
	Items    []struct{ Metadata struct{ Name string } }
	PageInfo struct{ NextCursor, PrevCursor string }
}

func (p namedPage) names() (out []string) {
	for _, i := range p.Items {
		out = append(out, i.Metadata.Name)
	}
	return out
}

// Walking forth by GET and back by POST shows the same pages, as the client does it.
func TestCursorsWorkInBothDirectionsAndVerbs(t *testing.T) {
	t.Parallel()
	server := fixtureServer(t)
	var pages [][]string
	var last namedPage
	for next := "/api/catalog/entities/by-query?filter=kind=component,kind=api&limit=3&orderField=metadata.name,desc"; next != ""; {
		var page namedPage
		if w := httpapitest.Get(t, server, next, &page); w.Code != http.StatusOK {
			t.Fatal(w.Code, w.Body)
		}
		pages, last = append(pages, page.names()), page
		if next = ""; page.PageInfo.NextCursor != "" {
			next = "/api/catalog/entities/by-query?limit=3&cursor=" + url.QueryEscape(page.PageInfo.NextCursor)
		}
	}
	want := [][]string{{"www-artist", "url-petstore", "url-component"}, {"streetlights", "shared-lib", "petstore"}, {"hello-world", "beta-component", "Batch-Job"}, {"artist-lookup"}}
	if diff := cmp.Diff(want, pages); diff != "" {
		t.Fatal(diff)
	}
	for i := len(want) - 2; i >= 0; i-- {
		body, err := json.Marshal(map[string]any{"cursor": last.PageInfo.PrevCursor, "limit": 3})
		if err != nil {
			t.Fatal(err)
		}
		last = namedPage{}
		httpapitest.Post(t, server, "/api/catalog/entities/by-query", string(body), &last)
		if diff := cmp.Diff(want[i], last.names()); diff != "" {
			t.Fatalf("page %d on the way back: %s", i, diff)
		}
	}
	if last.PageInfo.PrevCursor != "" {
		t.Error("there is a page ahead of the first")
	}
}

func TestTheOlderListingPagesByLink(t *testing.T) {
	t.Parallel()
	server := fixtureServer(t)
	var got []string
	next := "/entities?filter=kind=group&limit=3&order=desc%3Ametadata.name&fields=metadata.name"
	for range 10 {
		var items []struct{ Metadata struct{ Name string } }
		w := httpapitest.Get(t, server, "/api/catalog"+next, &items)
		for _, i := range items {
			got = append(got, i.Metadata.Name)
		}
		link := w.Header().Get("Link")
		if link == "" {
			break
		}
		next, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
	}
	if diff := cmp.Diff([]string{"team-b", "team-a", "infrastructure", "acme-corp"}, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestSelectedAnswersCarryAnETag(t *testing.T) {
	t.Parallel()
	server := fixtureServer(t)
	for path, tagged := range map[string]bool{
		"/api/catalog/entity-facets?facet=kind":                              true,
		"/api/catalog/locations":                                             true,
		"/api/catalog/entities?fields=kind":                                  true,
		"/api/catalog/entities":                                              false,
		"/api/catalog/entities/by-name/component/default/artist-lookup":      false,
		"/api/catalog/entities/by-query?limit=1&fields=metadata.annotations": true,
	} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		tag := w.Header().Get("ETag")
		if w.Code != http.StatusOK || (tag != "") != tagged {
			t.Errorf("%s: status %d, ETag %q", path, w.Code, tag)
		}
		if !tagged {
			continue
		}
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("If-None-Match", `"other", `+tag)
		w = httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Errorf("%s: status %d with the ETag known", path, w.Code)
		}
	}
}

func TestOddCatalogRequests(t *testing.T) {
	t.Parallel()
	server := fixtureServer(t)
	deep := strings.Repeat(`{"$not":`, 30) + `{}` + strings.Repeat(`}`, 30)
	for _, c := range []struct{ path, body, message string }{
		{"/entities/by-query", `{"limit":1.5}`, "request/body/limit must be integer"},
		{"/entities/by-query", `{"limit":-1}`, "request/body/limit must be >= 0"},
		{"/entities/by-query", `{"query":` + deep + `}`, "Invalid query: Validation error: nested deeper than 16 levels"},
		{"/entities/by-query", `{"cursor":"eyJvcmRlckZpZWxkcyI6W10sIm9yZGVyRmllbGRWYWx1ZXMiOlsiYSIsImIiXX0"}`, "Malformed cursor: it is none that this server has given"},
		{"/entities/by-query", `{"cursor":"%%%"}`, "Malformed cursor: it is none that this server has given"},
		{"/entities/by-query", `{"orderBy":[1]}`, "request/body/orderBy/0 must be object"},
		{"/entities/by-query", `{"orderBy":{"field":"kind","order":"up"}}`, "request/body/orderBy must be array"},
		{"/entities/by-query", `[]`, "request/body must be object"},
		{"/entities/by-query", `{"limit":1,"limit":2}`, "the body is nested too deeply, not UTF-8 or names a member twice"},
		{"/entities/by-refs", `{"entityRefs":[1]}`, "request/body/entityRefs/0 must be string"},
		{"/entities/by-refs", `{"entityRefs":[` + strings.Repeat(`"a",`, 5000) + `"a"]}`, "request/body/entityRefs must NOT have more than 5000 items"},
		{"/entity-facets", `{"facets":[` + strings.Repeat(`"a",`, 50) + `"a"]}`, "at most 50 facets can be asked for at once"},
		{"/locations", `{"type":"file","target":"/etc/passwd"}`, `Registered locations must be of an allowed type ["url"]`},
		{"/locations", `{"type":"url","target":"http://169.254.169.254/latest"}`, "not a URL of the fixtures"},
	} {
		var answer struct {
			Error struct{ Name, Message string }
		}
		if code := httpapitest.Post(t, server, "/api/catalog"+c.path, c.body, &answer); code != http.StatusBadRequest || answer.Error.Name != "InputError" {
			t.Errorf("%s %.60s: status %d, %+v", c.path, c.body, code, answer)
		}
		if diff := cmp.Diff(c.message, answer.Error.Message); diff != "" {
			t.Errorf("%s %.60s: %s", c.path, c.body, diff)
		}
	}
	var answer struct{ Items []any }
	many := "/api/catalog/entities/by-query?filter=" + strings.Repeat("a=b,", 1001)
	if w := httpapitest.Get(t, server, many, &answer); w.Code != http.StatusBadRequest {
		t.Errorf("1001 statements: %d with %d items", w.Code, len(answer.Items))
	}
}

func TestEnvironmentsAreListed(t *testing.T) {
	t.Parallel()
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: httpapitest.Guest{}, Logger: logging.Discard(), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	c := newCatalog(t, ids.Random{}, clock.System{}, "../testdata/environments")
	resolver, err := environments.New(environments.Config{Catalog: c.service, Accounts: []string{"111122223333"}})
	if err != nil {
		t.Fatal(err)
	}
	environmentsapi.Handle(rt, resolver)
	c.ingest(t)
	var answer struct {
		Items []struct {
			Name      string
			Level     int
			Providers []struct{ Account, Region string }
			Problems  []string
		}
	}
	if w := httpapitest.Get(t, rt, "/api/environments", &answer); w.Code != http.StatusOK || len(answer.Items) != 2 {
		t.Fatal(w.Code, w.Body)
	}
	dev, prod := answer.Items[0], answer.Items[1]
	if dev.Name != "dev" || dev.Level != 1 || len(dev.Problems) > 0 || dev.Providers[0].Account != "111122223333" || dev.Providers[0].Region != "eu-west-1" {
		t.Errorf("%+v", dev)
	}
	want := []string{"awsenvironmentprovider:default/serverless-prod: awsAccount 333344445555 is not among the accounts that environments may lie in"}
	if diff := cmp.Diff(want, prod.Problems); diff != "" {
		t.Error(diff)
	}
}
