package operationsapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// making is a type of operation whose input is the name of what is made.
type making struct{}

func (making) Type() string { return "thing.make" }

func (making) Check(_ context.Context, input json.RawMessage) (operations.Intent, error) {
	var in struct{ Name string }
	if err := json.Unmarshal(input, &in); err != nil || in.Name == "" {
		return operations.Intent{}, errs.WithFields("the form is not filled in", []errs.Field{{Pointer: "/name", Message: "is required"}})
	}
	return operations.Intent{Target: "component:default/" + in.Name, Machine: "make", Input: input}, nil
}

type starter struct{}

func (starter) Start(context.Context, string, string, json.RawMessage) error { return nil }

func operationsServer(t *testing.T) (http.Handler, *operations.Service) {
	t.Helper()
	at := clock.NewManual(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "data"), Clock: at, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	tab, err := file.Table("operations")
	if err != nil {
		t.Fatal(err)
	}
	ops, err := operations.New(operations.Deps{
		Table: tab, Clock: at, IDs: &ids.Sequence{Prefix: "op"}, Log: logging.Discard(), Workflow: starter{}, Definitions: []operations.Definition{making{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: httpapitest.Guest{}, Logger: logging.Discard(), Clock: at, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	operationsapi.Handle(rt, operationsapi.API{Changes: ops, Shown: ops, Log: ops})
	operationsapi.HandleStream(rt, ops)
	return rt, ops
}

func ask(server http.Handler, body string, keys ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/operations", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for _, k := range keys {
		r.Header.Add("Idempotency-Key", k)
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}

func made(name string) string {
	return `{"type":"thing.make","input":{"name":"` + name + `"}}`
}

func TestAnOperationIsAcceptedAndFound(t *testing.T) {
	t.Parallel()
	server, _ := operationsServer(t)
	w := ask(server, made("orders"), "key-1")
	if w.Code != http.StatusAccepted {
		t.Fatal(w.Code, w.Body)
	}
	where := w.Header().Get("Location")
	var o operations.Operation
	if got := httpapitest.Get(t, server, where, &o); got.Code != http.StatusOK || o.Target != "component:default/orders" || o.Status != operations.Accepted || where != "/api/operations/"+o.ID {
		t.Errorf("%d at %s: %+v", got.Code, where, o)
	}
	if again := ask(server, made("orders"), "key-1"); again.Code != http.StatusAccepted || again.Header().Get("Location") != where {
		t.Errorf("the same key again: %d %s", again.Code, again.Header().Get("Location"))
	}
}

func TestRequestsForOperationsAreRefused(t *testing.T) {
	t.Parallel()
	server, _ := operationsServer(t)
	if w := ask(server, made("taken"), "used"); w.Code != http.StatusAccepted {
		t.Fatal(w.Body)
	}
	for name, c := range map[string]struct {
		body   string
		keys   []string
		status int
		says   string
	}{
		"no body":        {"", nil, 400, "a JSON body is required"},
		"not an object":  {"[]", nil, 400, ""},
		"unknown type":   {`{"type":"x"}`, nil, 400, "#/type"},
		"no type":        {`{"input":{}}`, nil, 400, "#/type"},
		"bad input":      {`{"type":"thing.make","input":{}}`, nil, 400, "#/input/name"},
		"no input":       {`{"type":"thing.make"}`, nil, 400, "#/input/name"},
		"unknown member": {`{"type":"thing.make","input":{"name":"x"},"actor":"user:default/root"}`, nil, 400, "#/actor"},
		"member twice":   {`{"type":"thing.make","input":{"name":"x"},"type":"y"}`, nil, 400, "#/type"},
		"taken":          {made("taken"), nil, 409, "was already created"},
		"key reused":     {made("other"), []string{"used"}, 409, "was used for another request"},
		"two keys":       {made("x"), []string{"a", "b"}, 400, "more than one Idempotency-Key"},
		"empty key":      {made("x"), []string{""}, 400, "is empty"},
		"strange key":    {made("x"), []string{"a\tb"}, 400, "not printable"},
		"endless key":    {made("x"), []string{strings.Repeat("k", 129)}, 400, "longer than 128"},
		"endless body":   {`{"type":"` + strings.Repeat("x", httpapi.DefaultMaxBody) + `"}`, nil, 413, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(server, c.body, c.keys...)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%d %s %s", w.Code, w.Header().Get("Content-Type"), w.Body)
			}
		})
	}
	var page struct{ Items []any }
	if httpapitest.Get(t, server, "/api/operations", &page); len(page.Items) != 1 {
		t.Errorf("%d operations are stored", len(page.Items))
	}
}

func TestOperationsArePaged(t *testing.T) {
	t.Parallel()
	server, _ := operationsServer(t)
	for i := range 25 {
		if w := ask(server, made(fmt.Sprint("a", i))); w.Code != http.StatusAccepted {
			t.Fatal(w.Body)
		}
	}
	var sizes []int
	seen := map[string]bool{}
	for path := "/api/operations?limit=10"; path != ""; {
		var page struct {
			Items      []operations.Operation
			NextCursor string
		}
		httpapitest.Get(t, server, path, &page)
		sizes = append(sizes, len(page.Items))
		for _, o := range page.Items {
			seen[o.ID] = true
		}
		path = ""
		if page.NextCursor != "" {
			path = "/api/operations?limit=10&cursor=" + page.NextCursor
		}
	}
	if diff := cmp.Diff([]int{10, 10, 5}, sizes); diff != "" || len(seen) != 25 {
		t.Errorf("%d seen: %s", len(seen), diff)
	}
	var page struct{ Items []any }
	if httpapitest.Get(t, server, "/api/operations", &page); len(page.Items) != 20 {
		t.Errorf("%d by default", len(page.Items))
	}
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "limit=-1", "cursor=nonsense"} {
		var p struct{ Status int }
		if w := httpapitest.Get(t, server, "/api/operations?"+query, &p); w.Code != 400 || p.Status != 400 {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
}

func TestEffectsAreShownWithoutWhatTheyAreMadeFrom(t *testing.T) {
	t.Parallel()
	server, ops := operationsServer(t)
	if w := ask(server, made("orders")); w.Code != http.StatusAccepted {
		t.Fatal(w.Body)
	}
	list, _, err := ops.List(t.Context(), "", 1)
	if err != nil {
		t.Fatal(err)
	}
	o, err := ops.Begin(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := operations.NewLedger(operations.LedgerConfig{
		Operations: ops, Performers: map[string]operations.Performer{"thing": maker{}}, Log: logging.Discard(), Owner: "p", Attempt: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Apply(t.Context(), o.Ref(), operations.Effect{ID: "e", Kind: "thing", Target: "x", Params: json.RawMessage(`{"a":"hidden"}`)}); err != nil {
		t.Fatal(err)
	}
	var got struct{ Items []map[string]any }
	w := httpapitest.Get(t, server, "/api/operations/"+o.ID+"/effects", &got)
	want := []map[string]any{{"id": "e", "kind": "thing", "target": "x", "state": "done"}}
	if diff := cmp.Diff(want, got.Items); diff != "" || strings.Contains(w.Body.String(), "hidden") {
		t.Errorf("%s in %s", diff, w.Body)
	}
	for _, path := range []string{"/api/operations/nope", "/api/operations/nope/effects", "/api/operations/" + strings.Repeat("x", 100)} {
		var p struct{ Status int }
		if w := httpapitest.Get(t, server, path, &p); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// maker makes things at once.
type maker struct{}

func (maker) Find(context.Context, operations.Ref, operations.Effect) (json.RawMessage, error) {
	return nil, errs.New(errs.NotFound, "not there")
}

func (maker) Do(context.Context, operations.Ref, operations.Effect) (json.RawMessage, error) {
	return json.RawMessage(`"hidden"`), nil
}

func (maker) Undo(context.Context, operations.Ref, operations.Effect, json.RawMessage) error {
	return nil
}
