package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// covered are the recordings of Backstage's catalog backend 4.0 that have to be answered
// alike. The value names a member that is left out of the comparison: "message" where the
// wording is that of a validation library, "uid" of an entity made by the requests.
var covered = map[string]string{
	"001-entities-all": "", "002-entities-order-name": "", "005-entities-order-nulls-desc": "", "006-entities-order-multi": "",
	"007-entities-order-bad": "", "010-entities-limit-after": "", "011-entities-limit-zero": "", "012-entities-limit-nonint": "",
	"015-entities-after-empty": "", "016-filter-kind-lower": "", "017-filter-kind-case": "", "020-filter-or-sets": "",
	"021-filter-exists": "", "022-filter-exists-nested-null": "", "025-filter-tag-true": "", "026-filter-tag-value": "",
	"027-filter-annotation": "", "030-filter-relation": "", "031-filter-relation-case": "", "032-filter-relation-exists": "",
	"035-filter-number": "", "036-filter-array-nested": "", "037-filter-array-of-array": "", "040-filter-namespace-default": "",
	"041-filter-namespace-nondefault": "", "042-filter-apiversion": "", "045-filter-empty-filter": "", "046-filter-bad-eq": "",
	"047-filter-long-value": "", "050-filter-status": "", "051-filter-value-with-equals": "", "052-fields-basic": "",
	"055-fields-missing": "", "056-fields-array": "", "057-fields-array-index": "", "060-fields-empty": "", "061-fields-case": "",
	"062-byquery-default": "", "065-byquery-cursor-p1": "", "066-byquery-cursor-p2": "", "067-byquery-cursor-p3": "",
	"070-byquery-cursor-nolimit": "", "071-byquery-cursor-ignores-filter": "", "072-byquery-cursor-uid-p1": "",
	"075-byquery-order-missing-field": "", "076-byquery-order-noDirection": "", "077-byquery-order-bad-direction": "",
	"080-byquery-offset": "", "081-byquery-offset-beyond": "", "082-byquery-limit-zero": "", "085-byquery-total-exclude": "",
	"086-byquery-total-bad": "", "087-byquery-ft-default-field": "", "090-byquery-ft-fields-order-other": "",
	"091-byquery-ft-wildcard": "", "092-byquery-ft-underscore": "", "095-byquery-cursor-bad-json": "message",
	"096-byquery-cursor-empty": "", "097-byquery-unknown-param": "", "100-byquery-post-in": "", "101-byquery-post-exists": "",
	"102-byquery-post-not-exists": "", "105-byquery-post-contains-relation": "", "106-byquery-post-bad-operator": "message",
	"107-byquery-post-bad-root": "", "110-byquery-post-nobody": "", "111-byname-component": "", "112-byname-case": "",
	"115-byname-api_default_petstore": "", "116-byname-api_default_url-petstore": "", "117-byname-resource_default_artists-db": "",
	"120-byname-group_default_infrastructure": "", "121-byname-group_default_team-b": "", "122-byname-user_default_janelle.dawe": "",
	"125-byname-location_default_peer-fixtures": "", "126-byname-component_default_url-component": "",
	"127-byname-component_team-space_beta-component": "", "130-byuid-404": "", "131-byuid-notuuid": "", "135-byrefs-dup": "",
	"136-byrefs-filter": "", "137-byrefs-query": "", "140-byrefs-badtype": "", "141-byrefs-short-ref": "", "142-byrefs-badjson": "",
	"147-facets-kind": "", "150-facets-tags": "", "151-facets-tag-key": "", "152-facets-relations": "", "155-facets-name-case": "",
	"156-facets-missing": "", "157-facets-unknown": "", "160-facets-post": "", "161-facets-post-empty": "",
	"190-locations-dryrun-bad": "message", "191-locations-dryrun-broken": "message", "192-locations-dryrun-404": "message",
	"195-locations-create": "", "196-locations-conflict": "", "197-locations-conflict-refresh": "", "200-locations-no-target": "",
	"201-locations-extra": "message", "202-locations-empty": "", "205-locations-registered-location-entity": "uid",
	"207-locations-list": "", "252-http-unknown-route": "", "255-http-accept-gzip": "", "256-http-etag": "",
}

// recording is one request to the real backend with its answer.
type recording struct {
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         any
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    any
	}
}

func TestAnswersLikeBackstage(t *testing.T) {
	t.Parallel()
	golden := func(id string) recording {
		raw, err := os.ReadFile(filepath.Join("testdata/backstage/catalog", id+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var r recording
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	server := goldenServer(t, golden("001-entities-all").Response.Body.([]any))
	files, err := filepath.Glob("testdata/backstage/catalog/*.json") // in the order of the recording
	if err != nil || len(files) != len(covered) {
		t.Fatalf("there are %d recordings for %d covered ones: %v", len(files), len(covered), err)
	}
	for _, f := range files {
		id := strings.TrimSuffix(filepath.Base(f), ".json")
		leaveOut, ok := covered[id]
		if !ok {
			t.Errorf("%s is not in the list", id)
		}
		if id == "252-http-unknown-route" {
			deleteLocations(t, server) // as the recorded session did here, by ids of its own
		}
		want := golden(id)
		status, got := replay(t, server, want)
		if status != want.Response.Status {
			t.Errorf("%s: status %d, want %d: %v", id, status, want.Response.Status, got)
			continue
		}
		if diff := cmp.Diff(normal(want.Response.Body, leaveOut), normal(got, leaveOut)); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", id, want.Request.Path, diff)
		}
	}
}

func deleteLocations(t *testing.T, server http.Handler) {
	t.Helper()
	var list []struct{ Data struct{ ID string } }
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/catalog/locations", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list) == 0 {
		t.Fatalf("no locations to delete: %v", err)
	}
	for _, l := range list {
		for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
			w := httptest.NewRecorder()
			server.ServeHTTP(w, httptest.NewRequest(http.MethodDelete, "/api/catalog/locations/"+l.Data.ID, nil))
			if w.Code != want {
				t.Errorf("deleting location %s: status %d, want %d", l.Data.ID, w.Code, want)
			}
		}
	}
}

func replay(t *testing.T, server http.Handler, r recording) (status int, body any) {
	t.Helper()
	var sent []byte
	switch b := r.Request.Body.(type) {
	case nil:
	case string:
		sent = []byte(b)
	default:
		sent, _ = json.Marshal(b)
	}
	req := httptest.NewRequest(r.Request.Method, "/api/catalog"+r.Request.Path, bytes.NewReader(sent))
	if len(sent) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, req)
	if w.Body.Len() == 0 {
		return w.Code, ""
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Errorf("%s: not JSON: %v", r.Request.Path, err)
	}
	return w.Code, body
}

// volatile are the members whose values differ between two runs of the real backend, or
// say by which route the fixtures came in.
var volatile = regexp.MustCompile(`^(etag|nextCursor|prevCursor|id|backstage\.io/(managed-by-(origin-)?location|view-url|edit-url|source-location))$`)

// normal blanks what may differ.
func normal(v any, leaveOut string) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = normal(v[i], leaveOut)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, item := range v {
			switch {
			case strings.HasPrefix(k, "backstage.io/") && volatile.MatchString(k):
			case volatile.MatchString(k) || k == leaveOut:
				out[k] = "…"
			case k == "spec" && v["kind"] == "Location" && strings.HasPrefix(nameOf(v), "generated-"):
			default:
				out[k] = normal(item, leaveOut)
			}
		}
		return out
	}
	return v
}

func nameOf(entity map[string]any) string {
	meta, _ := entity["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	return name
}

// goldenServer holds the fixtures under the very uids of the recording: a first run finds
// out which identifier each entity gets, so that the order by uid is the recorded one.
func goldenServer(t *testing.T, recorded []any) http.Handler {
	t.Helper()
	uids := map[string]string{}
	for _, r := range recorded {
		raw, _ := json.Marshal(r)
		var e entity.Entity
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		uids[e.Ref().String()] = e.UID()
	}
	first := fixtureCatalog(t, &ids.Sequence{Prefix: "id"})
	page, err := first.Query(context.Background(), index.Query{Limit: -1})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, e := range page.Items {
		if uids[e.Ref().String()] == "" {
			t.Fatalf("%s is not in the recording", e.Ref())
		}
		names[e.UID()] = uids[e.Ref().String()]
	}
	if len(names) != len(uids) {
		t.Fatalf("the fixtures make %d entities, the recording has %d", len(names), len(uids))
	}
	return catalogServer(t, fixtureCatalog(t, &renamed{Sequence: ids.Sequence{Prefix: "id"}, names: names}))
}

// renamed gives the identifiers of a sequence other names.
type renamed struct {
	ids.Sequence
	names map[string]string
}

func (r *renamed) New() string {
	id := r.Sequence.New()
	if name, ok := r.names[id]; ok {
		return name
	}
	return id
}

func fixtureCatalog(t *testing.T, source ids.Source) *catalog.Service {
	t.Helper()
	c := newCatalog(t, source, fixtureFiles{dir: "testdata/backstage/fixtures"})
	if got, err := c.IngestProject(context.Background(), "fixtures", "main", true); err != nil || len(got.Problems) > 0 {
		t.Fatal(err, got.Problems)
	}
	return c
}

func newCatalog(t *testing.T, source ids.Source, files catalog.Source) *catalog.Service {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(t.TempDir(), "data"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	table, err := file.Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.New(catalog.Deps{Table: table, Source: files, Clock: clock.System{}, IDs: source, Log: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func catalogServer(t *testing.T, c *catalog.Service) http.Handler {
	t.Helper()
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: guest{}, Logger: logging.Discard(), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	httpapi.HandleCatalogEntities(rt, c)
	httpapi.HandleCatalogLocations(rt, c)
	return rt
}

// guest lets everybody in, as the recorded server did.
type guest struct{}

func (guest) Authenticate(context.Context, []string) (auth.Principal, error) {
	return auth.Principal{EntityRef: "user:default/guest"}, nil
}

const fixtureBase = "http://127.0.0.1:7099/"

// fixtureFiles serves a folder as a project of one commit.
type fixtureFiles struct {
	dir string
}

func (fixtureFiles) Resolve(_ context.Context, url string) (catalog.FileRef, error) {
	p, ok := strings.CutPrefix(url, fixtureBase)
	if !ok {
		return catalog.FileRef{}, errs.New(errs.Invalid, "not a URL of the fixtures")
	}
	return catalog.FileRef{Project: "fixtures", Branch: "main", Path: p}, nil
}

func (fixtureFiles) URL(f catalog.FileRef) string                         { return fixtureBase + f.Path }
func (fixtureFiles) Branch(context.Context, string) (string, error)       { return "main", nil }
func (fixtureFiles) Head(context.Context, string, string) (string, error) { return "c0ffee", nil }

func (s fixtureFiles) Read(_ context.Context, f catalog.FileRef, _ string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(s.dir, path.Clean("/"+f.Path)))
	if os.IsNotExist(err) {
		return nil, errs.New(errs.NotFound, "no matching files found for "+fixtureBase+f.Path)
	}
	return content, err
}
