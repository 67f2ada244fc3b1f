package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// stream reads server-sent events as they come.
type stream struct {
	*bufio.Reader
	answer *http.Response
}

func openStream(t *testing.T, url, lastID string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return &stream{bufio.NewReader(answer.Body), answer}
}

// next gives the next event's id and type, and false at the end of the stream.
func (s *stream) next(t *testing.T) (id int, kind string, ok bool) {
	t.Helper()
	for {
		line, err := s.ReadString('\n')
		if err != nil {
			return 0, "", false
		}
		switch name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); name {
		case "id":
			if id, err = strconv.Atoi(value); err != nil {
				t.Fatal(line)
			}
		case "event":
			kind = value
		case "":
			if kind != "" {
				return id, kind, true
			}
		}
	}
}

// Three streams of one task get its events while it runs, and all end with the completion.
func TestEventsArePushedToAllWhoFollow(t *testing.T) {
	t.Parallel()
	s := triedScaffolder(t)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	id := s.create(t, "wait-template", map[string]any{})
	path := server.URL + "/api/scaffolder/v2/tasks/" + id + "/eventstream"
	var all []*stream
	for range 3 {
		all = append(all, openStream(t, path, ""))
	}
	for _, one := range all {
		if media := one.answer.Header.Get("Content-Type"); media != "text/event-stream" || one.answer.StatusCode != http.StatusOK {
			t.Fatal(media, one.answer.StatusCode)
		}
		if first, kind, ok := one.next(t); first != 1 || kind != "log" || !ok { // the task is waiting, or not even so far
			t.Fatal(first, kind, ok)
		}
	}
	s.begunOf(t, id)
	if code := s.ask(t, http.MethodPost, "/v2/tasks/"+id+"/cancel", nil, nil); code != http.StatusOK {
		t.Fatal(code)
	}
	last := 0
	for _, one := range all {
		kinds := map[string]int{}
		for n := 2; ; n++ {
			number, kind, ok := one.next(t)
			if !ok {
				break
			}
			if kinds[kind]++; number != n {
				t.Fatalf("event %d instead of %d", number, n)
			}
			last = n
		}
		if kinds["cancelled"] != 1 || kinds["completion"] != 1 {
			t.Errorf("%v", kinds)
		}
	}
	for _, again := range []*stream{openStream(t, path, strconv.Itoa(last-1)), openStream(t, fmt.Sprintf("%s?after=%d", path, last-1), "")} {
		if number, kind, _ := again.next(t); number != last || kind != "completion" {
			t.Errorf("resumed with %d, %s", number, kind)
		}
		if _, _, ok := again.next(t); ok {
			t.Error("something comes after the completion")
		}
	}
	if gone := openStream(t, strings.Replace(path, id, "nope", 1), ""); gone.answer.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown task: %d", gone.answer.StatusCode)
	}
	if odd := openStream(t, path+"?after=x", ""); odd.answer.StatusCode != http.StatusBadRequest {
		t.Errorf("an odd place: %d", odd.answer.StatusCode)
	}
}

func (s *scaffolderRig) begunOf(t *testing.T, id string) {
	t.Helper()
	(&scaffolderSession{scaffolderRig: s}).begun(t, id)
}

// quiet is an operation that says nothing, and a clock that moves by hand.
func quiet(t *testing.T) (url string, ops *operations.Service, at *clock.Manual) {
	t.Helper()
	at = clock.NewManual(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	file, err := bolttable.Open(bolttable.Config{Path: t.TempDir() + "/data", Clock: at, IDs: ids.Random{}})
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
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: guest{}, Logger: logging.Discard(), Clock: at, IDs: ids.Random{}})
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
	s := openStream(t, url, "")
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
	if id, kind, ok := s.next(t); id != 1 || kind != "log" || !ok {
		t.Errorf("%d %s %t", id, kind, ok)
	}
}

// A stream whose time is up ends in order, without an error that a client would see.
func TestAStreamEndsWithTheRequestsTime(t *testing.T) {
	t.Parallel()
	_, ops, _ := quiet(t)
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: guest{}, Logger: logging.Discard(), Clock: clock.System{}, IDs: ids.Random{}})
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
