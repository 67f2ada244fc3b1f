package catalogapi_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const moved = "412 PreconditionFailedError: "

func TestALocationIsChangedOnlyAsItWasSeen(t *testing.T) {
	t.Parallel()
	rig := newCatalog(t, ids.Random{}, clock.System{}, inmemory.Dir(t))
	rig.files.set("orders.yaml", orders)
	rig.files.set("invoices.yaml", invoices)
	reg, err := rig.service.RegisterLocation(t.Context(), "user:default/guest", fixtureBase+"orders.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := "/locations/" + reg.Location.ID
	seen := call(rig, "GET", path, "").Header().Get("ETag")
	if w := call(rig, "GET", path, "", "If-None-Match", seen); w.Code != http.StatusNotModified || seen == "" {
		t.Errorf("%d for %q", w.Code, seen)
	}
	elsewhere := `{"type":"url","target":"` + fixtureBase + `invoices.yaml"}`
	if got := httpapitest.Refusal(call(rig, "PUT", path, elsewhere, "If-Match", `"other"`)); got[:len(moved)] != moved {
		t.Error(got)
	}
	put := call(rig, "PUT", path, elsewhere, "If-Match", seen)
	if put.Code != http.StatusOK || put.Header().Get("ETag") == seen {
		t.Fatal(put.Code, put.Body)
	}
	var view map[string]string
	if err := json.Unmarshal(put.Body.Bytes(), &view); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"id": reg.Location.ID, "type": "url", "target": fixtureBase + "invoices.yaml", "entityRef": reg.Location.EntityRef}
	if diff := cmp.Diff(want, view); diff != "" {
		t.Error(diff)
	}
	if got := httpapitest.Refusal(call(rig, "DELETE", path, "", "If-Match", seen)); got[:len(moved)] != moved {
		t.Error(got)
	}
	if w := call(rig, "DELETE", path, "", "If-Match", "W/"+put.Header().Get("ETag")); w.Code != http.StatusNoContent {
		t.Error(w.Code, w.Body)
	}
}

func TestAnEntityIsRemovedOnlyAsItWasSeen(t *testing.T) {
	t.Parallel()
	rig := newCatalog(t, ids.Random{}, clock.System{}, inmemory.Dir(t))
	rig.files.set("orders.yaml", orders)
	if _, err := rig.service.RegisterLocation(t.Context(), "user:default/guest", fixtureBase+"orders.yaml"); err != nil {
		t.Fatal(err)
	}
	var e struct{ Metadata struct{ UID, ETag string } }
	httpapitest.Get(t, rig, "/api/catalog/entities/by-name/component/default/orders", &e)
	path := "/entities/by-uid/" + e.Metadata.UID
	for _, wrong := range []string{`"x"`, `W/"x"`} {
		if got := httpapitest.Refusal(call(rig, "DELETE", path, "", "If-Match", wrong)); got[:len(moved)] != moved {
			t.Error(got)
		}
	}
	for _, malformed := range []string{"", e.Metadata.ETag, `"a", "b"`, `"`, `""`} {
		if w := call(rig, "DELETE", path, "", "If-Match", malformed); w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", malformed, w.Code)
		}
	}
	if w := call(rig, "GET", path, ""); w.Code != http.StatusOK || w.Header().Get("ETag") != "" {
		t.Errorf("%d, ETag %q", w.Code, w.Header().Get("ETag"))
	}
	if w := call(rig, "DELETE", path, "", "If-Match", `"`+e.Metadata.ETag+`"`); w.Code != http.StatusNoContent || w.Body.Len() > 0 {
		t.Error(w.Code, w.Body)
	}
	for _, condition := range []string{"*", `"x"`} { // what was wanted is so already
		if w := call(rig, "DELETE", path, "", "If-Match", condition); w.Code != http.StatusNoContent {
			t.Error(w.Code, w.Body)
		}
	}
}

func TestLocationsAreFoundByPredicate(t *testing.T) {
	t.Parallel()
	rig := newCatalog(t, &ids.Sequence{Prefix: "Id"}, clock.System{}, inmemory.Dir(t))
	var targets []string
	for _, name := range []string{"a", "b", "c"} {
		rig.files.set(name+".yaml", "{apiVersion: backstage.io/v1alpha1, kind: System, metadata: {name: "+name+"}, spec: {owner: x}}")
		if _, err := rig.service.RegisterLocation(t.Context(), "user:default/guest", fixtureBase+name+".yaml"); err != nil {
			t.Fatal(err)
		}
		targets = append(targets, fixtureBase+name+".yaml")
	}
	type page struct {
		Items      []struct{ ID, Target, Type, EntityRef string }
		TotalItems int
		PageInfo   struct{ NextCursor string }
	}
	found := func(body string) (out []string, p page) {
		if code := httpapitest.Post(t, rig, "/api/catalog/locations/by-query", body, &p); code != http.StatusOK {
			t.Fatal(code, body)
		}
		for _, l := range p.Items {
			out = append(out, l.Target)
		}
		return out, p
	}
	for body, want := range map[string][]string{
		`{}`:                        targets,
		`{"query":{}}`:              targets,
		`{"limit":1e9}`:             targets,
		`{"query":{"TYPE":"URL"}}`:  targets,
		`{"query":{"type":"file"}}`: nil,
		`{"query":{"target":{"$hasPrefix":"HTTP://127.0.0.1:7099/b"}}}`:                                                                  targets[1:2],
		`{"query":{"$not":{"target":{"$in":["` + targets[0] + `","x"]}}}}`:                                                               targets[1:],
		`{"query":{"$any":[{"target":"` + targets[2] + `"},{"$all":[{"id":{"$exists":false}}]},{"entityRef":"location:default/nope"}]}}`: targets[2:],
		`{"query":{"$all":[{"type":{"$exists":true}},{"target":{"$hasPrefix":"` + fixtureBase + `a"}}]}}`:                                targets[:1],
	} {
		got, p := found(body)
		if diff := cmp.Diff(want, got); diff != "" || p.TotalItems != len(want) || p.PageInfo.NextCursor != "" {
			t.Errorf("%s: %d, %s", body, p.TotalItems, diff)
		}
	}
	var walked []string
	for body := `{"limit":2,"query":{"type":"url"}}`; body != ""; {
		got, p := found(body)
		if walked = append(walked, got...); p.TotalItems != 3 {
			t.Errorf("%d in all", p.TotalItems)
		}
		if body = ""; p.PageInfo.NextCursor != "" {
			body = `{"cursor":"` + p.PageInfo.NextCursor + `","limit":1000}`
		}
	}
	if diff := cmp.Diff(targets, walked); diff != "" {
		t.Error(diff)
	}
}

func TestADryRunStoresNothing(t *testing.T) {
	t.Parallel()
	rig := newCatalog(t, ids.Random{}, clock.System{}, inmemory.Dir(t))
	rig.files.set("orders.yaml", orders)
	const body = `{"type":"url","target":"` + fixtureBase + `orders.yaml","presence":"optional"}`
	for _, flag := range []string{"true", "TRUE", "1", "yes", "on", "Y"} {
		var got struct {
			Exists   *bool
			Location map[string]string
			Entities []struct{ Kind string }
		}
		if code := httpapitest.Post(t, rig, "/api/catalog/locations?dryRun="+flag, body, &got); code != http.StatusCreated || got.Exists == nil || *got.Exists || len(got.Entities) != 2 {
			t.Fatalf("%s: %d %+v", flag, code, got)
		}
		if l := got.Location; l["id"] != "url:"+fixtureBase+"orders.yaml" || l["presence"] != "optional" || len(l["entityRef"]) < 20 {
			t.Errorf("%s: %v", flag, l)
		}
	}
	if w := call(rig, "GET", "/locations", ""); w.Body.String() != "[]" {
		t.Error(w.Body)
	}
	var made struct{ Exists *bool }
	if code := httpapitest.Post(t, rig, "/api/catalog/locations?dryRun=false", body, &made); code != http.StatusCreated || made.Exists != nil {
		t.Error(code, made)
	}
}
