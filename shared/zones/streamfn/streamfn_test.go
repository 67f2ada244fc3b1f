package streamfn_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/lambdahttp"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/zones/streamfn"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// running is a type of operation that is shown as a task.
type running struct{}

func (running) Type() string { return scaffolder.RunTemplateType }

func (running) Check(_ context.Context, input json.RawMessage) (operations.Intent, error) {
	return operations.Intent{Target: "template:default/x", Machine: "run", Input: input, Shared: true}, nil
}

type starter struct{}

func (starter) Start(context.Context, string, string, json.RawMessage) error { return nil }

type guest struct{}

func (guest) Authenticate(context.Context, []string) (auth.Principal, error) {
	return auth.Principal{EntityRef: auth.GuestRef}, nil
}

// readOnly lets nothing be written, as the function's role does.
type readOnly struct {
	table.Table
	t *testing.T
}

func (r readOnly) Put(context.Context, table.Item, table.Condition) (string, error) {
	r.t.Error("a stream writes")
	return "", nil
}

func (r readOnly) Transact(context.Context, []table.Write) error {
	r.t.Error("a stream writes")
	return nil
}

// world is who writes operations, and the function that streams in another process.
type world struct {
	ops     *operations.Service
	streams *lambdahttp.Stream
}

func newWorld(t *testing.T) world {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "data"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	kept, err := file.Table("operations")
	if err != nil {
		t.Fatal(err)
	}
	ops, err := operations.New(operations.Deps{
		Table: kept, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard(), Workflow: starter{}, Definitions: []operations.Definition{running{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	zone, err := streamfn.New(streamfn.Deps{Operations: readOnly{kept, t}, Authenticator: guest{}, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	streams, err := lambdahttp.NewStream(lambdahttp.StreamConfig{Handler: zone, Margin: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return world{ops, streams}
}

// begun gives an operation that is under way.
func (w world) begun(t *testing.T) string {
	t.Helper()
	ctx := correlation.With(t.Context(), correlation.IDs{Actor: auth.GuestRef})
	o, err := w.ops.Accept(ctx, operations.Request{Type: scaffolder.RunTemplateType, Input: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ops.Begin(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	return o.ID
}

// stream is the answer to one invocation, as it comes.
type stream struct {
	status int
	lines  *bufio.Reader
	close  func() error
}

func (w world) open(t *testing.T, ctx context.Context, path, last string) stream {
	t.Helper()
	return w.ask(t, ctx, http.MethodGet, path, last)
}

func (w world) ask(t *testing.T, ctx context.Context, method, path, last string) stream {
	t.Helper()
	event := fmt.Sprintf(`{"version":"2.0","rawPath":%q,"headers":{"last-event-id":%q},"requestContext":{"http":{"method":%q}}}`, path, last, method)
	out, err := w.streams.Invoke(ctx, json.RawMessage(event))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	return stream{out.StatusCode, bufio.NewReader(out.Body), out.Close}
}

// until reads up to an event that holds a text, and gives its id.
func (s stream) until(t *testing.T, text string) (id string) {
	t.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			t.Fatalf("it ended before %q: %v", text, err)
		}
		if found, ok := strings.CutPrefix(line, "id: "); ok {
			id = strings.TrimSpace(found)
		}
		if strings.HasPrefix(line, "data: ") && strings.Contains(line, text) {
			return id
		}
	}
}

func paths(id string) []string {
	return []string{"/api/scaffolder/v2/tasks/" + id + "/eventstream", "/api/operations/" + id + "/log/stream"}
}

func TestLinesAreSeenWhileTheyAreWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.begun(t)
	var open []stream
	for range 3 { // as one page of a frontend does
		for _, path := range paths(id) {
			open = append(open, w.open(t, t.Context(), path, ""))
		}
	}
	last := ""
	for round := range 3 {
		text := fmt.Sprint("round ", round)
		if err := w.ops.Say(t.Context(), id, "", text); err != nil {
			t.Fatal(err)
		}
		for _, s := range open {
			last = s.until(t, text)
		}
	}
	if _, err := w.ops.Succeed(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	for _, s := range open {
		s.until(t, "Run completed with status: completed")
		if rest, err := io.ReadAll(s.lines); err != nil || strings.Contains(string(rest), "data:") {
			t.Errorf("after the end there is %q, %v", rest, err)
		}
	}
	for _, path := range paths(id) { // who comes back sees the rest only
		rest, err := io.ReadAll(w.open(t, t.Context(), path, last).lines)
		if err != nil || strings.Contains(string(rest), "round") || !strings.Contains(string(rest), "completed") {
			t.Errorf("%s behind %s: %q, %v", path, last, rest, err)
		}
	}
}

func TestTheTimeLimitEndsAStreamBetweenEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.begun(t)
	for _, path := range paths(id) {
		ctx, cancel := context.WithTimeout(t.Context(), 1300*time.Millisecond)
		body, err := io.ReadAll(w.open(t, ctx, path, "").lines)
		if err != nil || !strings.HasSuffix(string(body), "\n\n") {
			t.Errorf("%s: %q, %v", path, body, err)
		}
		cancel()
	}
}

func TestTheHeadOfAStreamIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range paths(w.begun(t)) {
		got := w.ask(t, t.Context(), http.MethodHead, path, "")
		if body, err := io.ReadAll(got.lines); err != nil || len(body) > 0 || got.status != http.StatusOK {
			t.Errorf("%s: %d %q, %v", path, got.status, body, err)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range append(paths("none"), "/api/scaffolder/v2/tasks", "/api/operations/none") {
		if got := w.open(t, t.Context(), path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if _, err := streamfn.New(streamfn.Deps{}); err == nil {
		t.Error("a zone of nothing")
	}
}
