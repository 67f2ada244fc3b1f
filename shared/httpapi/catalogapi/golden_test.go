package catalogapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

// besides are members that differ for reasons of this test: entities that the requests
// themselves have made get another uid than in the recording, and the fixtures come from
// other locations.
var besides = map[string]string{
	"205-locations-registered-location-entity": "uid", "206-locations-registered-ancestry": "uid", "222-locations-conflict-location-entity": "uid",
	"236-status-entity-with-error": "uid", "241-status-entity-fixed": "uid", "242-delete-before": "uid", "245-delete-reappears": "uid",
	"212-locations-by-entity-config": "message",
}

// TestAnswersLikeBackstage replays what Backstage's catalog backend 4.0 was asked. Each
// answer is the same, or the document about compatibility says what differs and why.
func TestAnswersLikeBackstage(t *testing.T) {
	t.Parallel()
	differing := httpapitest.Deviations(t, "../../../docs/backstage-compatibility.md", `\d{3}-[^`+"`]+")
	s := goldenSession(t)
	files, err := filepath.Glob("../testdata/backstage/catalog/*.json") // in the order of the recording
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	for _, f := range files {
		id := strings.TrimSuffix(filepath.Base(f), ".json")
		want := httpapitest.ReadRecording(t, f)
		s.before(t, id)
		status, got := httpapitest.Replay(t, s, "/api/catalog", want)
		diff := httpapitest.Compare(want, status, got, besides[id], "")
		switch part, listed := differing[id]; {
		case listed && diff == "":
			t.Errorf("%s is answered as recorded: the document says otherwise", id)
		case listed && httpapitest.Compare(want, status, got, besides[id], part) != "":
			t.Errorf("%s differs in more than its %s (-want +got):\n%s", id, part, httpapitest.Compare(want, status, got, besides[id], part))
		case !listed && diff != "":
			t.Errorf("%s %s (-want +got):\n%s", id, want.Request.Path, diff)
		}
		delete(differing, id)
	}
	for id := range differing {
		t.Errorf("%s is in the document and is no recording", id)
	}
}

// session is the server in the state that the recorded requests found.
type session struct {
	*catalogRig
	ids *chosen
}

// before does what the recorded session did between two recordings.
func (s *session) before(t *testing.T, id string) {
	t.Helper()
	switch id {
	case "195-locations-create":
		s.ids.next("a5a1ce6f-aaa0-4c85-9b6c-5f46474406ad")
	case "215-locations-query-p2":
		s.register(t, "2bfd89e8-8f32-4408-b750-fa8366161a27", "reg2.yaml")
	case "220-locations-create-conflicting-entity":
		s.ids.next("2392979a-4fa1-4aad-ba16-e9811798f3cc")
	case "225-locations-put":
		content, err := s.files.Read(t.Context(), mustResolve(t, s.files, "reg2.yaml"), "")
		if err != nil {
			t.Fatal(err)
		}
		s.files.set("reg2b.yaml", string(content))
	case "235-status-refresh":
		s.files.set("reg1.yaml", "{apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: registered-one}, spec: {type: service, lifecycle: production}}")
	case "240-status-refresh-fixed":
		s.files.restore("reg1.yaml")
	case "245-delete-reappears":
		s.reappear(t, "/entities/by-name/component/default/registered-two")
	case "246-locations-delete":
		s.must(t, http.MethodDelete, "/locations/2bfd89e8-8f32-4408-b750-fa8366161a27", http.StatusNoContent)
	case "251-locations-delete-x":
		s.files.set("x.yaml", "{apiVersion: backstage.io/v1alpha1, kind: System, metadata: {name: x}, spec: {owner: x}}")
		s.register(t, "512635f9-95dc-4f7e-bffa-76a7a7c22fc2", "x.yaml")
	}
}

func (s *session) register(t *testing.T, id, file string) {
	t.Helper()
	s.ids.next(id)
	if _, err := s.service.RegisterLocation(t.Context(), "user:default/guest", fixtureBase+file); err != nil {
		t.Fatal(err)
	}
}

// reappear takes out an entity whose file still holds it, and reads that again.
func (s *session) reappear(t *testing.T, path string) {
	t.Helper()
	uid := func() string {
		var e struct{ Metadata struct{ UID string } }
		httpapitest.Get(t, s, "/api/catalog"+path, &e)
		return e.Metadata.UID
	}
	old := uid()
	s.must(t, http.MethodDelete, "/entities/by-uid/"+old, http.StatusNoContent)
	s.must(t, http.MethodGet, path, http.StatusNotFound)
	if err := s.service.Reread(t.Context(), mustResolve(t, s.files, "reg2.yaml")); err != nil {
		t.Fatal(err)
	}
	if now := uid(); now == "" || now == old {
		t.Errorf("back under the uid %q, which was %q", now, old)
	}
}

func (s *session) must(t *testing.T, method, path string, want int) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, "/api/catalog"+path, nil))
	if w.Code != want {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, want, w.Body)
	}
}

// goldenSession holds the fixtures under the very uids of the recording: a first run finds
// out which identifier each entity gets, so that the order by uid is the recorded one.
func goldenSession(t *testing.T) *session {
	t.Helper()
	uids := map[string]string{}
	for _, r := range httpapitest.ReadRecording(t, "../testdata/backstage/catalog/001-entities-all.json").Response.Body.([]any) {
		raw, _ := json.Marshal(r)
		var e entity.Entity
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		uids[e.Ref().String()] = e.UID()
	}
	source := func(names map[string]string) *chosen {
		return &chosen{source: &ids.Sequence{Prefix: "id"}, names: names}
	}
	first := newCatalog(t, source(nil), clock.System{}, "../testdata/backstage/fixtures")
	first.ingest(t)
	page, err := first.view.Query(t.Context(), index.Query{Limit: -1})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, d := range page.Items {
		if uids[d.Ref()] == "" {
			t.Fatalf("%s is not in the recording", d.Ref())
		}
		names[d.UID()] = uids[d.Ref()]
	}
	if len(names) != len(uids) {
		t.Fatalf("the fixtures make %d entities, the recording has %d", len(names), len(uids))
	}
	s := &session{ids: source(names)}
	s.catalogRig = newCatalog(t, s.ids, clock.System{}, "../testdata/backstage/fixtures")
	s.ingest(t)
	return s
}

// chosen gives the identifiers of a source other names, and those that a test asks for.
type chosen struct {
	source ids.Source
	names  map[string]string

	mu    sync.Mutex
	queue []string
}

// next says what the next identifier is to be.
func (c *chosen) next(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, id)
}

// New gives an identifier.
func (c *chosen) New() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) > 0 {
		id := c.queue[0]
		c.queue = c.queue[1:]
		return id
	}
	id := c.source.New()
	if name, ok := c.names[id]; ok {
		return name
	}
	return id
}

func mustResolve(t *testing.T, s *fixtureFiles, name string) catalog.FileRef {
	t.Helper()
	f, err := s.Resolve(t.Context(), fixtureBase+name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
