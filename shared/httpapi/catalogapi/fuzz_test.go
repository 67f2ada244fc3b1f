package catalogapi_test

import (
	"encoding/base64"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

// fuzzed serves a small catalog to a fuzz target.
func fuzzed(f *testing.F) *catalogRig {
	f.Helper()
	rig := newCatalog(f, ids.Random{}, clock.System{}, "../testdata/backstage/fixtures")
	rig.ingest(f)
	return rig
}

func FuzzCatalogQueryString(f *testing.F) {
	server := fuzzed(f)
	for _, seed := range []string{
		"", "limit=1&offset=1e9", "filter=kind=component,spec.type&filter==", "fields=metadata.name,kind&order=asc:kind&limit=2", "orderField=kind,desc&fullTextFilterTerm=%25",
		"after=eyJsaW1pdCI6Mywib2Zmc2V0Ijo1fQ%3D%3D", "facet=kind&facet=", "asOf=2020-01-01T00:00:00%2B01:00", "%zz=%&&=;", "totalItems=exclude&limit=0", "cursor=e30",
	} {
		f.Add(seed)
	}
	paths := []string{"/entities", "/entities/by-query", "/entity-facets", "/locations", "/graph", "/problems", "/entities/by-name/component/default/artist-lookup/history"}
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range paths {
			r := httptest.NewRequest("GET", "/api/catalog"+path, nil)
			r.URL.RawQuery = query
			httpapitest.MustAnswer(t, server, r)
		}
	})
}

func FuzzCatalogBody(f *testing.F) {
	server := fuzzed(f)
	for _, seed := range []string{
		`{}`, `[]`, `null`, `{"query":{"$all":[{},{"kind":{"$in":["API"]}}]},"orderBy":[{"field":"kind","order":"asc"}],"limit":2}`, `{"entityRefs":["user:default/x"],"fields":["a.b"]}`,
		`{"facets":["kind",""],"query":{"$not":{"a":{"$exists":true}}}}`, `{"limit":1e300,"cursor":"e30="}`, `{"entity":{"apiVersion":"a","kind":"b","metadata":{"name":"c"}},"location":"url:x"}`,
		`{"query":{"id":{"$hasPrefix":"a"}},"limit":1}`, `{"type":"url","target":"http://127.0.0.1:7099/nope.yaml"}`, `{"type":"url","target":"http://127.0.0.1:7099/"}`, `{"fullTextFilter":{"term":"%_%","fields":["kind"]}}`,
	} {
		f.Add(seed)
	}
	paths := []string{"/entities/by-query", "/entities/by-refs", "/entity-facets", "/locations/by-query", "/validate-entity", "/locations?dryRun=true", "/refresh"}
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range paths {
			r := httptest.NewRequest("POST", "/api/catalog"+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			httpapitest.MustAnswer(t, server, r)
		}
	})
}

// FuzzCatalogCursor feeds the inside of cursors: their outside is one of the parameters.
func FuzzCatalogCursor(f *testing.F) {
	server := fuzzed(f)
	for _, seed := range []string{
		`{"orderFields":[{"field":"metadata.name","order":"asc"}],"isPrevious":false,"query":{"kind":"component"},"fullTextFilter":{"term":""},"orderFieldValues":["batch-job","x"],"totalItems":6}`,
		`{"orderFields":[],"orderFieldValues":[null],"isPrevious":true,"filter":{"allOf":[{"key":"kind"},{"not":{"anyOf":[]}}]}}`,
		`{"limit":1,"afterId":"2bfd89e8","query":{"type":"url"}}`, `{"orderFields":null}`, `{"limit":3,"offset":5}`, `{"orderFields":[],"orderFieldValues":["a"],"isPrevious":false,"asOf":"2020-01-01T00:00:00Z"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, inside string) {
		text := base64.StdEncoding.EncodeToString([]byte(inside))
		for _, path := range []string{"/entities/by-query", "/locations/by-query"} {
			r := httptest.NewRequest("POST", "/api/catalog"+path, strings.NewReader(`{"cursor":"`+text+`"}`))
			r.Header.Set("Content-Type", "application/json")
			httpapitest.MustAnswer(t, server, r)
		}
		for _, query := range []string{"/entities?after=", "/entities/by-query?limit=2&cursor=", "/problems?cursor="} {
			httpapitest.MustAnswer(t, server, httptest.NewRequest("GET", "/api/catalog"+query+strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(text), nil))
		}
	})
}
