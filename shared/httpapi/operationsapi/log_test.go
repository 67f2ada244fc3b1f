package operationsapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// quiet is an operation that says nothing, and a clock that moves by hand.
func quiet(t *testing.T) (url string, ops *operations.Service, at *clock.Manual) {
	t.Helper()
	at = clock.NewManual(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	file, err := bolttable.Open(bolttable.Config{Path: inmemory.Dir(t) + "/data", Clock: at, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	tab, err := file.Table("operations")
	if err != nil {
		t.Fatal(err)
	}
	ops, err = operations.New(operations.Deps{
		Table: tab, Clock: at, IDs: &ids.Sequence{Prefix: "op"}, Log: logging.Discard(), Workflow: starter{}, Definitions: []operations.Definition{making{}}, Bell: operations.NewBell(),
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
	server := httptest.NewServer(rt)
	t.Cleanup(server.Close)
	if w := ask(rt, made("x")); w.Code != http.StatusAccepted {
		t.Fatal(w.Body)
	}
	return server.URL + "/api/operations/op-000001/log/stream", ops, at
}

func TestASilentStreamIsKeptAlive(t *testing.T) {
	t.Parallel()
	url, ops, at := quiet(t)
	s := httpapitest.OpenStream(t, url, "")
	comments := make(chan string)
	go func() {
		for range 3 { // the one at the start, and two because nothing happens
			line, _ := s.ReadString('\n')
			_, _ = s.ReadString('\n')
			comments <- line
		}
		close(comments)
	}()
	if first := <-comments; first != ":\n" {
		t.Fatalf("%q", first)
	}
	for got := 0; got < 2; {
		select {
		case line := <-comments:
			if got++; line != ":\n" {
				t.Fatalf("%q", line)
			}
		default:
			at.Advance(time.Second)
		}
	}
	if err := ops.Say(t.Context(), "op-000001", "", "hello"); err != nil {
		t.Fatal(err)
	}
	if id, kind, ok := s.Next(t); id != 1 || kind != "log" || !ok {
		t.Errorf("%d %s %t", id, kind, ok)
	}
}

// A stream whose time is up ends in order, without an error that a client would see.
func TestAStreamEndsWithTheRequestsTime(t *testing.T) {
	t.Parallel()
	_, ops, _ := quiet(t)
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: httpapitest.Guest{}, Logger: logging.Discard(), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	operationsapi.HandleStream(rt, ops)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/api/operations/op-000001/log/stream?after=0", nil).WithContext(ctx)
	rt.ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Body.String() != ":\n\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}
