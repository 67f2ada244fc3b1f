package catalogapi_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
)

// call sends one request; a body without a media type is sent as JSON.
func call(server http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/api/catalog"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// refused is a request and the message that it is refused with.
type refused struct{ method, path, body, want string }

const input = "400 InputError: "

func mustRefuse(t *testing.T, server http.Handler, cases []refused) {
	t.Helper()
	for _, c := range cases {
		if diff := cmp.Diff(c.want, httpapitest.Refusal(call(server, c.method, c.path, c.body))); diff != "" {
			t.Errorf("%s %s %.60s: %s", c.method, c.path, c.body, diff)
		}
	}
}

func TestQuestionsAreRefusedAsBackstageRefusesThem(t *testing.T) {
	t.Parallel()
	mustRefuse(t, fixtureServer(t), []refused{
		{"GET", "/entities?limit=-1", "", input + "request/query/limit must be >= 0"},
		{"GET", "/entities?limit=1.5", "", input + "request/query/limit must be integer"},
		{"GET", "/entities?limit=1&limit=2", "", input + "request/query/limit must be integer"},
		{"GET", "/entities?limit=", "", input + "Empty value found for query parameter 'limit'"},
		{"GET", "/entities?limit=%20", "", input + "request/query/limit must be integer"},
		{"GET", "/entities?limit=0x10", "", input + "request/query/limit must be integer"},
		{"GET", "/entities?offset=-0.5", "", input + "request/query/offset must be integer"},
		{"GET", "/entities?Limit=1", "", input + "Unknown query parameter 'Limit'"},
		{"GET", "/entities?filter[a]=b", "", input + "Unknown query parameter 'filter[a]'"},
		{"GET", "/entities?foo&limit=x", "", input + "Unknown query parameter 'foo'"},
		{"GET", "/entities?orderField=kind", "", input + "Unknown query parameter 'orderField'"},
		{"GET", "/entities?order=up:kind", "", input + `Invalid order parameter "up:kind", expected "<asc or desc>:<field name>"`},
		{"GET", "/entities?order=asc:", "", input + `Invalid order parameter "asc:", expected "<asc or desc>:<field name>"`},
		{"GET", "/entities?after=%21", "", input + "Malformed after cursor, could not be parsed"},
		{"GET", "/entities?after=" + b64("{"), "", input + "Malformed after cursor, could not be parsed"},
		{"GET", "/entities?after=" + b64(`{"limit":0.5}`), "", input + "Malformed after cursor, limit was not an number"},
		{"GET", "/entities?after=" + b64(`{"limit":-1}`), "", input + "Malformed after cursor, limit was not an number"},
		{"GET", "/entities?after=" + b64(`{"offset":-1}`), "", input + "Malformed after cursor, offset was not a number"},
		{"GET", "/entities?after=x&after=y", "", input + "request/query/after must be string"},
		{"GET", "/entities?filter=kind,%20%3D", "", input + "Invalid filter, '=' is not a valid statement (expected a string on the form a=b or a= or a)"},
		{"GET", "/entities/by-query?limit=", "", input + "Empty value found for query parameter 'limit'"},
		{"GET", "/entities/by-query?order=asc:kind", "", input + "Unknown query parameter 'order'"},
		{"GET", "/entities/by-query?cursor=a&cursor=b", "", input + "request/query/cursor must be string"},
		{"GET", "/entities/by-query?totalItems=include&totalItems=exclude", "", input + "request/query/totalItems must be string"},
		{"GET", "/entities/by-query?orderField=kind,ASC", "", input + "Invalid order field order, must be asc or desc"},
		{"GET", "/entities/by-query?orderField=kind&orderField=kind,", "", input + "Invalid order field order, must be asc or desc"},
		{"GET", "/entities/by-query?limit=x&fields=a%5B", "", input + "request/query/limit must be integer"},
		{"GET", "/entities/by-name/component/default/nope", "", "404 NotFoundError: No entity named 'nope' found, with kind 'component' in namespace 'default'"},
		{"GET", "/entities/by-name/Component/Default/No%20Pe%C3%BC", "", "404 NotFoundError: No entity named 'No Peü' found, with kind 'Component' in namespace 'Default'"},
		{"GET", "/entities/by-name/component/default/artist-lookup?fields=kind", "", input + "Unknown query parameter 'fields'"},
		{"GET", "/entities/by-uid/x?asOf=yesterday", "", input + "request/query/asOf must be a time such as 2026-11-22T09:00:00Z"},
		{"GET", "/entities/by-name/group/default/team-a/ancestry?x=1", "", input + "Unknown query parameter 'x'"},
		{"GET", "/entity-facets?facet=", "", input + "Empty value found for query parameter 'facet'"},
		{"GET", "/entity-facets?facet=&facet=", "", input + "Missing facet parameter"},
		{"GET", "/entity-facets?facets=kind", "", input + "Unknown query parameter 'facets'"},
		{"POST", "/entity-facets", `{"facets":["",""]}`, input + "Missing or empty facets parameter"},
		{"POST", "/entity-facets", `{}`, input + "request/body must have required property 'facets'"},
		{"POST", "/entity-facets", `{"facets":"kind"}`, input + "request/body/facets must be array"},
		{"POST", "/entity-facets", ``, input + "media type not specified"},
		{"POST", "/entity-facets", `{"facets":["kind"],"query":[]}`, input + "request/body/query must be object"},
		{"POST", "/entities/by-query?limit=1", ``, input + "Unknown query parameter 'limit'"},
		{"POST", "/entities/by-query", `{"limit":"1"}`, input + "request/body/limit must be number"},
		{"POST", "/entities/by-query", `{"limit":null}`, input + "request/body/limit must be number"},
		{"POST", "/entities/by-query", `{"cursor":""}`, input + "Cursor cannot be empty"},
		{"POST", "/entities/by-query", `{"cursor":1}`, input + "request/body/cursor must be string"},
		{"POST", "/entities/by-query", `{"orderBy":[{"field":"kind"}]}`, input + "request/body/orderBy/0 must have required property 'order'"},
		{"POST", "/entities/by-query", `{"orderBy":[{"field":"kind","order":"up"}]}`, input + "request/body/orderBy/0/order must be equal to one of the allowed values: asc, desc"},
		{"POST", "/entities/by-query", `{"totalItems":"maybe"}`, input + "request/body/totalItems must be equal to one of the allowed values: include, exclude"},
		{"POST", "/entities/by-query", `{"fullTextFilter":{"fields":["kind",1]}}`, input + "request/body/fullTextFilter/fields/1 must be string"},
		{"POST", "/entities/by-query", `{"fields":["a[0]"]}`, input + `Invalid field "a[0]", array type fields are not supported`},
		{"POST", "/entities/by-query", `null`, input + "request/body must be object"},
		{"POST", "/entities/by-refs", ``, input + `Malformed request body (did you remember to specify an application/json content type?), Validation error: Required at "entityRefs"`},
		{"POST", "/entities/by-refs", `{}`, input + "request/body must have required property 'entityRefs'"},
		{"POST", "/entities/by-refs", `{"entityRefs":["a",null]}`, input + "request/body/entityRefs/1 must be string"},
		{"POST", "/entities/by-refs?fields=kind", `{"entityRefs":[]}`, input + "Unknown query parameter 'fields'"},
	})
}

func TestChangesAreRefusedAsBackstageRefusesThem(t *testing.T) {
	t.Parallel()
	mustRefuse(t, fixtureServer(t), []refused{
		{"POST", "/refresh", `{"entityRef":1}`, input + "request/body/entityRef must be string"},
		{"POST", "/refresh", `{"entityRef":"a","b":1}`, input + "request/body must NOT have additional properties"},
		{"POST", "/refresh", ``, input + "media type not specified"},
		{"POST", "/refresh", `{"entityRef":"Component:default/Nope"}`, "404 NotFoundError: Entity Component:default/Nope not found"},
		{"POST", "/locations", `{"type":"url"}`, input + "request/body must have required property 'target'"},
		{"POST", "/locations", `{"target":"x","type":1}`, input + "request/body/type must be string"},
		{"POST", "/locations?onConflict=keep", `{"target":"x","type":"url"}`, input + "request/query/onConflict must be equal to one of the allowed values: refresh, reject"},
		{"POST", "/locations?dryrun=true", `{"target":"x","type":"url"}`, input + "Unknown query parameter 'dryrun'"},
		{"POST", "/locations", `{"target":"x","type":"url","presence":"maybe"}`, input + "Malformed request: presence must be required or optional"},
		{"GET", "/locations/nope", "", "404 NotFoundError: Found no location with ID nope"},
		{"GET", "/locations/nope?a=b", "", input + "Unknown query parameter 'a'"},
		{"PUT", "/locations/nope", `{"target":"x","type":"url","presence":"required"}`, input + "request/body must NOT have additional properties"},
		{"PUT", "/locations/nope", `{"target":"x","type":"file"}`, input + `Registered locations must be of an allowed type ["url"]`},
		{"PUT", "/locations/nope", `{"target":"x","type":"url"}`, "404 NotFoundError: Found no location with ID nope"},
		{"DELETE", "/locations/nope", "", "404 NotFoundError: Found no location with ID nope"},
		{"GET", "/locations/by-entity/Component/default/Nope", "", "404 NotFoundError: found no entity for ref component:default/nope"},
		{"POST", "/locations/by-query", `{"limit":0}`, input + "Limit must be a positive integer >= 1"},
		{"POST", "/locations/by-query", `{"limit":1.5}`, input + "Limit must be a positive integer >= 1"},
		{"POST", "/locations/by-query", `{"cursor":""}`, input + "Cursor cannot be empty"},
		{"POST", "/locations/by-query", `{"cursor":"x!"}`, input + "Malformed cursor, unknown encoding"},
		{"POST", "/locations/by-query", `{"cursor":"` + b64(`[]`) + `"}`, input + "Malformed cursor: it is none that this server has given"},
		{"POST", "/locations/by-query", `{"query":{"$any":[{"kind":"x"}]}}`, input + "Invalid filter predicate, expected key to be 'id', 'type', 'target', or 'entityRef', got 'kind'"},
		{"POST", "/validate-entity", `{"location":"url:x","entity":"y"}`, input + "request/body/entity must be object"},
		{"POST", "/validate-entity", `{"location":"url:x"}`, input + "request/body must have required property 'entity'"},
	})
}

func TestOtherMediaTypesAreRefused(t *testing.T) {
	t.Parallel()
	server := fixtureServer(t)
	for media, want := range map[string]string{
		"text/plain":                        "400 InputError: unsupported media type text/plain",
		"Text/Plain;charset=UTF-8":          "400 InputError: unsupported media type text/plain; charset=utf-8",
		"application/x-www-form-urlencoded": "400 InputError: unsupported media type application/x-www-form-urlencoded",
		"application/json; charset=utf-16":  "400 InputError: unsupported charset, utf-8 is expected",
	} {
		for _, path := range []string{"/entities/by-refs", "/entities/by-query", "/locations", "/refresh", "/entity-facets", "/locations/by-query", "/validate-entity"} {
			if got := httpapitest.Refusal(call(server, "POST", path, `{}`, "Content-Type", media)); got != want {
				t.Errorf("%s as %s: %s", path, media, got)
			}
		}
	}
}

func TestUnknownRoutesAndMethodsHaveNoBody(t *testing.T) {
	t.Parallel()
	server := fixtureServer(t)
	for _, c := range [][2]string{
		{"GET", "/"}, {"GET", ""}, {"PATCH", "/entities"}, {"DELETE", "/entities/by-name/component/default/artist-lookup"}, {"GET", "/refresh"},
		{"GET", "/entities/by-refs"}, {"PUT", "/locations"}, {"GET", "/entities/by-name/component/default"}, {"GET", "/entities/by-uid/"}, {"POST", "/locations/x"},
	} {
		if w := call(server, c[0], c[1], ""); w.Code != http.StatusNotFound || w.Body.Len() > 0 {
			t.Errorf("%s %s: %d %s", c[0], c[1], w.Code, w.Body)
		}
	}
}

// names gives the names of the entities in an answer, whatever its form.
func names(t *testing.T, w *httptest.ResponseRecorder) (out []string) {
	t.Helper()
	var list []struct{ Metadata struct{ Name string } }
	body := w.Body.Bytes()
	if len(body) > 0 && body[0] == '{' {
		var page struct{ Items json.RawMessage }
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		body = page.Items
	}
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatalf("%d: %v in %s", w.Code, err, body)
	}
	for _, e := range list {
		out = append(out, e.Metadata.Name)
	}
	return out
}

func TestRequestsAreUnderstoodAsBackstageUnderstandsThem(t *testing.T) {
	t.Parallel()
	server := fixtureServer(t)
	users := []string{"breanna.davison", "janelle.dawe", "lonely.user"}
	for _, c := range []struct {
		method, path, body string
		want               []string
	}{
		{"GET", "/entities?filter=kind=user&order=asc:metadata.name", "", users},
		{"GET", "/entities/?filter=kind=user&order=asc:metadata.name", "", users},
		{"GET", "/entities?filter=%20KIND%20=%20User%20&order=asc:metadata.name", "", users},
		{"GET", "/entities?filter=&filter=kind=user&order=asc:metadata.name", "", users},
		{"GET", "/entities?filter=,kind=user,,&order=asc:metadata.name", "", users},
		{"GET", "/entities?filter=kind=user&order=asc:metadata.name&limit=1e9", "", users},
		{"GET", "/entities?filter=kind=user&order=asc:metadata.name&limit=%202.0", "", users[:2]},
		{"GET", "/entities?filter=kind=user&order=asc:metadata.name&offset=1", "", users[1:]},
		{"GET", "/entities?filter=kind=user&order=asc:metadata.name&offset=1e10", "", nil},
		{"GET", "/entities?filter=kind=user&order=asc:metadata.name&limit=1&after=" + b64(`{"limit":2,"offset":1}`), "", users[1:]},
		{"GET", "/entities?filter=kind=user&order=asc:metadata.name&limit=1&after=" + b64(`{"offset":1}`), "", users[1:2]},
		{"GET", "/entities?filter=kind=user&order=asc:metadata.name&fields=,", "", users},
		{"GET", "/entities?filter=kind=user;x&order=asc:metadata.name", "", nil},
		{"GET", "/entities?filter=metadata.name=%zz", "", nil},
		{"GET", "/entities?filter=metadata.description=Upper%20case%20name;%20a%20batch%20job%20(100%25%20%22quoted%22%20%C3%BCn%C3%AFcode%20%E2%80%94%20%E6%BC%A2%E5%AD%97)", "", []string{"Batch-Job"}},
		{"GET", "/entities/by-query?filter=kind=user&orderField=metadata.name,desc,asc&limit=1", "", users[2:]},
		{"GET", "/entities/by-query?filter=kind=user&orderField=metadata.name&orderField=kind,desc", "", users},
		{"GET", "/entities/by-query?filter=kind=user&orderField=metadata.name&limit=1e9", "", users},
		{"GET", "/entities/by-query?filter=kind=user&orderField=metadata.name&fullTextFilterTerm=%20JANELLE%20", "", users[1:2]},
		{"GET", "/entities/by-query?filter=kind=user&orderField=kind&fullTextFilterTerm=e.d&fullTextFilterFields=Metadata.NAME,x", "", users[1:2]},
		{"POST", "/entities/by-query", `{"query":{"$all":[{},{"kind":"User"}]},"orderBy":[{"field":"metadata.name","order":"asc"}],"limit":500,"fields":["metadata.name,kind"]}`, users},
		{"POST", "/entities/by-query", `{"query":{"$any":[]}}`, nil},
		{"POST", "/entities/by-query", `{"query":{"kind":"user"},"orderBy":[{"field":"metadata.name","order":"desc"}],"offset":1,"limit":1,"foo":true}`, users[1:2]},
		{"POST", "/entities/by-query", `{"cursor":"` + b64(`{"orderFields":[{"field":"metadata.name","order":"asc"}],"orderFieldValues":["breanna.davison","zzz"],"isPrevious":false,"filter":{"anyOf":[{"allOf":[{"key":"kind","values":["user"]},{"not":{"key":"spec.nope"}}]}]},"totalItems":3}`) + `"}`, users[1:]},
		{"POST", "/entities/by-query", `{"cursor":"` + b64(`{"orderFields":[{"field":"metadata.name","order":"asc"}],"orderFieldValues":["janelle.dawe","0"],"isPrevious":true,"filter":{"key":"kind","values":["user","x"]}}`) + `"}`, users[:1]},
		{"POST", "/entities/by-refs", `{"entityRefs":[]}`, nil},
		{"POST", "/entities/by-refs", `{"entityRefs":["User:default/janelle.dawe","user:default/janelle.dawe","USER:x"]}`, []string{"", "janelle.dawe", ""}},
		{"POST", "/entities/by-refs?filter=kind=user&filter=kind=group", `{"entityRefs":["group:default/team-a","user:default/janelle.dawe","component:default/artist-lookup"],"query":{"kind":"user"}}`, []string{"", "janelle.dawe", ""}},
	} {
		if diff := cmp.Diff(c.want, names(t, call(server, c.method, c.path, c.body))); diff != "" {
			t.Errorf("%s %s %.80s: %s", c.method, c.path, c.body, diff)
		}
	}
}

func TestLinksKeepTheParametersAsTheyWere(t *testing.T) {
	t.Parallel()
	server := fixtureServer(t)
	for path, want := range map[string]string{
		"/entities?offset=2&limit=1&filter=kind=user&filter=kind=group,spec.type&order=asc:metadata.name": "/entities?limit=1&filter=kind%3Duser&filter=kind%3Dgroup%2Cspec.type&order=asc%3Ametadata.name&after=" + url.QueryEscape(b64(`{"limit":1,"offset":3}`)),
		"/entities?after=" + b64(`{"limit":2,"offset":0}`) + "&fields=kind,~*%20x":                        "/entities?after=" + url.QueryEscape(b64(`{"limit":2,"offset":2}`)) + "&fields=kind%2C%7E*+x",
		"/entities?offset=1": "",
	} {
		link := call(server, "GET", path, "").Header().Get("Link")
		if want != "" {
			want = "<" + want + `>; rel="next"`
		}
		if link != want {
			t.Errorf("%s:\n%s, want\n%s", path, link, want)
		}
	}
}
