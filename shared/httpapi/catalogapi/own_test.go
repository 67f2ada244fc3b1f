package catalogapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const (
	orders    = "{apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: orders, tags: [a]}, spec: {type: service, lifecycle: production, owner: team-a}}"
	ordersNow = "{apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: orders, tags: [a, b]}, spec: {type: service, lifecycle: deprecated, owner: team-a}}"
	invoices  = "{apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: invoices}, spec: {type: service, lifecycle: production, owner: team-b, dependsOn: [component:orders, component:ghost]}}"
)

// historicRig has a past: at nine orders was registered, at ten it changed and invoices
// came, at eleven orders went. It is half past eleven.
func historicRig(t *testing.T) (rig *catalogRig, nine, ten, eleven string) {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	rig = newCatalog(t, ids.Random{}, c, inmemory.Dir(t))
	now := func() string { return c.Now().Format(time.RFC3339) }
	register := func(file string) string {
		var made struct{ Location struct{ ID string } }
		if code := httpapitest.Post(t, rig, "/api/catalog/locations?onConflict=refresh", `{"type":"url","target":"`+fixtureBase+file+`"}`, &made); code != http.StatusCreated {
			t.Fatal(code)
		}
		return made.Location.ID
	}
	nine = now()
	rig.files.set("orders.yaml", orders)
	id := register("orders.yaml")
	c.Advance(time.Hour)
	ten = now()
	rig.files.set("orders.yaml", ordersNow)
	rig.files.set("invoices.yaml", invoices)
	register("orders.yaml")
	register("invoices.yaml")
	c.Advance(time.Hour)
	eleven = now()
	if w := call(rig, "DELETE", "/locations/"+id, ""); w.Code != http.StatusNoContent {
		t.Fatal(w.Code, w.Body)
	}
	c.Advance(30 * time.Minute)
	return rig, nine, ten, eleven
}

func TestReadsShowTheCatalogAsItWas(t *testing.T) {
	t.Parallel()
	rig, nine, ten, eleven := historicRig(t)
	before := "2026-11-22T08:59:59Z"
	const page = "/entities/by-query?filter=kind=component&orderField=metadata.name&"
	for _, c := range []struct {
		path, body string
		want       map[string]string // what is there by time
	}{
		{page, "", map[string]string{before: "", nine: "orders", ten: "invoices orders", eleven: "invoices"}},
		{"/entities?filter=kind=component&order=asc:metadata.name&limit=5&", "", map[string]string{before: "", nine: "orders", ten: "invoices orders", eleven: "invoices"}},
		{"/entities?filter=kind=component&order=asc:metadata.name&", "", map[string]string{before: "", nine: "orders", ten: "invoices orders", eleven: "invoices"}},
		{"/entities/by-query?", `{"query":{"spec.lifecycle":"deprecated"}}`, map[string]string{nine: "", ten: "orders", eleven: ""}},
		{"/entities/by-refs?", `{"entityRefs":["component:default/orders","component:default/invoices"]}`, map[string]string{before: " ", nine: "orders ", ten: "orders invoices", eleven: " invoices"}},
	} {
		for at, want := range c.want {
			method := "GET"
			if c.body != "" {
				method = "POST"
			}
			for _, when := range []string{at, strings.Replace(at, "Z", "+00:00", 1)} {
				w := call(rig, method, c.path+"asOf="+when, c.body)
				if got := strings.Join(names(t, w), " "); got != want {
					t.Errorf("%s at %s: %q, want %q", c.path, when, got, want)
				}
			}
		}
	}
	for path, want := range map[string]string{
		"/entities/by-name/component/default/orders?asOf=" + nine:             "production",
		"/entities/by-name/component/default/orders?asOf=" + ten:              "deprecated",
		"/entities/by-name/component/default/orders?asOf=" + eleven:           "404 NotFoundError: No entity named 'orders' found",
		"/entities/by-name/component/default/orders":                          "404 NotFoundError: No entity named 'orders' found",
		"/entities/by-name/component/default/orders/ancestry?asOf=" + ten:     `"parentEntityRefs":["location:default/generated-`,
		"/entities/by-name/component/default/orders/ancestry?asOf=" + eleven:  "404 NotFoundError: No such entity component:default/orders",
		"/entity-facets?facet=spec.lifecycle&asOf=" + ten:                     `[{"value":"deprecated","count":1},{"value":"production","count":1}]`,
		"/graph?from=component:orders&asOf=" + ten:                            `"to":"component:default/invoices"`,
		"/graph?from=component:orders&asOf=" + nine:                           `"edges":[],"truncated":false`,
		"/graph?from=component:orders":                                        "404 NotFoundError: No such entity component:default/orders",
		"/entities?asOf=2026-11-22T11:30:01Z":                                 "400 InputError: asOf must not be in the future",
		"/entities?asOf=2026-11-22":                                           "400 InputError: request/query/asOf must be a time such as 2026-11-22T09:00:00Z",
		"/entities/by-name/component/default/orders?asOf=" + nine + "&asOf=x": "400 InputError: request/query/asOf must be string",
	} {
		w := call(rig, "GET", path, "")
		got := w.Body.String()
		if w.Code != http.StatusOK {
			got = httpapitest.Refusal(w)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// All pages of a query show the same time, without being told again.
func TestPagesOfThePastStayThere(t *testing.T) {
	t.Parallel()
	rig, _, ten, _ := historicRig(t)
	w := call(rig, "GET", "/entities/by-query?filter=kind=component&orderField=metadata.name&limit=1&asOf="+ten, "")
	var page struct{ PageInfo struct{ NextCursor string } }
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
		t.Fatal(err, w.Body)
	}
	if got := names(t, call(rig, "POST", "/entities/by-query", `{"cursor":"`+page.PageInfo.NextCursor+`"}`)); !cmp.Equal(got, []string{"orders"}) {
		t.Errorf("the second page has %v", got)
	}
	w = call(rig, "GET", "/entities?filter=kind=component&limit=1&asOf="+ten, "")
	next, _, _ := strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<"), ">")
	if got := names(t, call(rig, "GET", next, "")); !cmp.Equal(got, []string{"orders"}) {
		t.Errorf("%s has %v", next, got)
	}
}

type shownHistory struct {
	Items []struct {
		Seq                           int64
		Time                          time.Time
		Action, Actor, Commit, Source string
		Location, ETag                string
		Diff                          []map[string]any
	}
	NextCursor string
}

func TestHistoryTellsWhoChangedWhat(t *testing.T) {
	t.Parallel()
	rig, nine, ten, eleven := historicRig(t)
	var h shownHistory
	httpapitest.Get(t, rig, "/api/catalog/entities/by-name/Component/default/Orders/history", &h)
	var told []string
	for _, c := range h.Items {
		told = append(told, fmt.Sprintf("%s %s by %s at %.8s of %s", c.Time.Format(time.RFC3339), c.Action, c.Actor, c.Commit, c.Source))
	}
	const by, of = " by user:default/guest at c0ffee", " of url:" + fixtureBase + "orders.yaml"
	want := []string{eleven + " delete" + by + "00" + of, ten + " upsert" + by + "00" + of, nine + " upsert" + by + "0" + of}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Fatal(diff)
	}
	changed := []map[string]any{
		{"op": "add", "path": "/metadata/tags/1", "value": "b"},
		{"op": "replace", "path": "/spec/lifecycle", "from": "production", "value": "deprecated"},
	}
	if diff := cmp.Diff(changed, h.Items[1].Diff); diff != "" {
		t.Error(diff)
	}
	if op := h.Items[0].Diff; len(op) != 1 || op[0]["op"] != "remove" || op[0]["path"] != "" || op[0]["from"] == nil {
		t.Error(op)
	}
	if op := h.Items[2].Diff; len(op) != 1 || op[0]["op"] != "add" || op[0]["path"] != "" || op[0]["value"] == nil || h.Items[2].Location == "" {
		t.Error(op)
	}
	if got := httpapitest.Refusal(call(rig, "GET", "/entities/by-name/component/default/nope/history", "")); got != "404 NotFoundError: No such entity component:default/nope" {
		t.Error(got)
	}
}

func TestHistoryIsPaged(t *testing.T) {
	t.Parallel()
	rig, _, _, _ := historicRig(t)
	const path = "/api/catalog/entities/by-name/component/default/orders/history?limit=1"
	var whole, page shownHistory
	httpapitest.Get(t, rig, path[:len(path)-len("?limit=1")], &whole)
	var pages shownHistory
	for next := path; ; next = path + "&cursor=" + url.QueryEscape(page.NextCursor) {
		page = shownHistory{}
		httpapitest.Get(t, rig, next, &page)
		pages.Items = append(pages.Items, page.Items...)
		if page.NextCursor == "" || len(pages.Items) > 5 {
			break
		}
	}
	if diff := cmp.Diff(whole, pages); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[string]string{
		"limit=0": "request/query/limit must be 1 to 100", "limit=101": "request/query/limit must be 1 to 100", "limit=x": "request/query/limit must be integer",
		"cursor=%21": "Malformed cursor: it is none that this server has given", "cursor=eA": "Malformed cursor: it is none that this server has given",
		"cursor=LTE": "Malformed cursor: it is none that this server has given", "cursor=": "Empty value found for query parameter 'cursor'", "asOf=x": "Unknown query parameter 'asOf'",
	} {
		if got := httpapitest.Refusal(call(rig, "GET", "/entities/by-name/component/default/orders/history?"+query, "")); got != "400 InputError: "+want {
			t.Errorf("%s: %s", query, got)
		}
	}
}

func TestGraphOfWhatAChangeReaches(t *testing.T) {
	t.Parallel()
	rig, _, ten, _ := historicRig(t)
	w := call(rig, "GET", "/graph?from=component:orders&fields=metadata.name,kind&asOf="+ten, "")
	want := `{"nodes":[{"ref":"component:default/orders","exists":true,"distance":0,"owners":["group:default/team-a"],"environments":[],"entity":{"metadata":{"name":"orders"},"kind":"Component"}},` +
		`{"ref":"component:default/invoices","exists":true,"distance":1,"owners":["group:default/team-b"],"environments":[],"entity":{"metadata":{"name":"invoices"},"kind":"Component"}}],` +
		`"edges":[{"from":"component:default/orders","type":"dependencyOf","to":"component:default/invoices"}],"truncated":false}`
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
	w = call(rig, "GET", "/graph?from=component:invoices&direction=dependencies&type=DEPENDSON&depth=1", "")
	if got := w.Body.String(); !strings.Contains(got, `{"ref":"component:default/ghost","exists":false,"distance":1,"owners":[],"environments":[]}`) {
		t.Error(got)
	}
	for query, want := range map[string]string{
		"":                              "request/query must have required property 'from'",
		"from=orders":                   `"orders" is not an entity ref of the form [kind:][namespace/]name`,
		"from=component:x&depth=0":      "request/query/depth must be 1 to 50",
		"from=component:x&depth=51":     "request/query/depth must be 1 to 50",
		"from=component:x&direction=up": "request/query/direction must be equal to one of the allowed values: dependents, dependencies",
		"from=component:x&to=y":         "Unknown query parameter 'to'",
	} {
		if got := httpapitest.Refusal(call(rig, "GET", "/graph?"+query, "")); got != "400 InputError: "+want {
			t.Errorf("%s: %s", query, got)
		}
	}
}

func TestProblemsAreListedInPages(t *testing.T) {
	t.Parallel()
	rig := newCatalog(t, ids.Random{}, clock.System{}, inmemory.Dir(t))
	for _, name := range []string{"a", "b", "c"} {
		rig.files.set(name+".yaml", "{apiVersion: backstage.io/v1alpha1, kind: System, metadata: {name: "+name+"}, spec: {owner: x}}\n---\nkind: System")
		if _, err := rig.service.RegisterLocation(t.Context(), "user:default/guest", fixtureBase+name+".yaml"); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for next := "/api/catalog/problems?limit=2"; next != ""; {
		var page struct {
			Items []struct {
				Target, Location, Commit string
				Since                    time.Time
				Problems                 []struct {
					Document, Line int
					Message        string
				}
			}
			NextCursor string
		}
		httpapitest.Get(t, rig, next, &page)
		for _, f := range page.Items {
			if f.Since.IsZero() || f.Commit == "" || f.Location == "" || len(f.Problems) == 0 || f.Problems[0].Document != 2 {
				t.Errorf("%+v", f)
			}
			got = append(got, f.Target)
		}
		if next = ""; page.NextCursor != "" {
			next = "/api/catalog/problems?limit=2&cursor=" + page.NextCursor
		}
	}
	if diff := cmp.Diff([]string{fixtureBase + "a.yaml", fixtureBase + "b.yaml", fixtureBase + "c.yaml"}, got); diff != "" {
		t.Error(diff)
	}
	for _, query := range []string{"limit=0", "limit=1000", "cursor=%21", "cursor=AAAA", "after=x"} {
		if w := call(rig, "GET", "/problems?"+query, ""); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

// Every answer of Slipway's own routes is as the document describes it.
func TestOwnCatalogAnswersAreDescribed(t *testing.T) {
	t.Parallel()
	rig, _, ten, _ := historicRig(t)
	rig.files.set("bad.yaml", orders+"\n---\nkind: System")
	if _, err := rig.service.RegisterLocation(t.Context(), "user:default/guest", fixtureBase+"bad.yaml"); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	for path, schema := range map[string]string{
		"/problems": "CatalogProblemPage",
		"/entities/by-name/component/default/orders/history":    "EntityChangePage",
		"/graph?from=component:orders&fields=kind&asOf=" + ten:  "CatalogGraph",
		"/graph?from=component:invoices&direction=dependencies": "CatalogGraph",
		"/graph":      "CatalogError",
		"/problems?x": "CatalogError",
		"/entities/by-name/component/default/nope/history": "CatalogError",
	} {
		got, err := jsonschema.UnmarshalJSON(call(rig, "GET", path, "").Body)
		if err != nil {
			t.Fatal(path, err)
		}
		if err := httpapitest.Schema(t, raw, "/components/schemas/"+schema).Validate(got); err != nil {
			t.Errorf("%s is no %s: %v", path, schema, err)
		}
	}
}
