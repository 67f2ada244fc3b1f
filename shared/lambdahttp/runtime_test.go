package lambdahttp_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/slipwayhq/slipway/shared/lambdahttp"
)

// TestMain lets the test binary stand in for a function: with the environment of Lambda it
// serves events.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		s := must(lambdahttp.NewStream(lambdahttp.StreamConfig{Handler: http.HandlerFunc(gated), Margin: 2 * time.Second}))
		lambda.Start(s.Invoke)
		return
	}
	os.Exit(m.Run())
}

// gated writes a line for each line that it is let in by, and says in the end whether the
// time was up.
func gated(w http.ResponseWriter, r *http.Request) {
	gate := r.URL.Query().Get("gate")
	if gate == "" {
		http.Error(w, "no gate", http.StatusForbidden)
		return
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, gate, nil)
	if err != nil {
		panic(err)
	}
	opened, err := http.DefaultClient.Do(req)
	if err != nil {
		panic(err)
	}
	defer opened.Body.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	w.(http.Flusher).Flush()
	lines := bufio.NewScanner(opened.Body)
	for lines.Scan() {
		if lines.Text() == "abort" {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprintf(w, "data: %s\n\n", lines.Text())
	}
	if r.Context().Err() != nil {
		fmt.Fprint(w, ": time is up\n\n")
	}
}

// function is a process with a Runtime API of its own
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) that answers one event.
type function struct {
	gate    chan string        // lines to let in
	answers chan *bufio.Reader // the body of an answer while it arrives
	head    chan http.Header   // of the message that carries it
	over    chan http.Header   // its trailer when all of it is there
	asked   chan struct{}      // the process is ready for an event
	left    chan struct{}      // closed when nobody waits at the gate any more
	drop    chan struct{}      // hang up instead of reading on
}

func startFunction(t *testing.T, event func(gate string) []byte, limit time.Duration) *function {
	t.Helper()
	f := &function{
		gate: make(chan string), answers: make(chan *bufio.Reader, 1), head: make(chan http.Header, 1),
		over: make(chan http.Header, 1), asked: make(chan struct{}, 8), left: make(chan struct{}), drop: make(chan struct{}),
	}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	sent := false
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		f.asked <- struct{}{}
		if sent {
			<-r.Context().Done()
			return
		}
		sent = true
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(limit).UnixMilli()))
		_, _ = w.Write(event(server.URL + "/gate"))
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/1/response", f.take)
	mux.HandleFunc("GET /gate", f.open)
	self := must(os.Executable())
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(server.URL, "http://"), "AWS_LAMBDA_FUNCTION_NAME=stream"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		server.CloseClientConnections()
		server.Close()
	})
	return f
}

// take hands the answer over while it arrives.
func (f *function) take(w http.ResponseWriter, r *http.Request) {
	f.head <- r.Header
	read, write := io.Pipe()
	f.answers <- bufio.NewReader(read)
	copied := make(chan struct{})
	go func() {
		_, err := io.Copy(write, r.Body)
		_ = write.CloseWithError(err)
		close(copied)
	}()
	select {
	case <-copied:
		f.over <- r.Trailer
		w.WriteHeader(http.StatusAccepted)
	case <-f.drop:
		panic(http.ErrAbortHandler)
	}
}

// open lets lines in as they come.
func (f *function) open(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	_ = out.Flush()
	for {
		select {
		case line, more := <-f.gate:
			if !more {
				return
			}
			_, _ = io.WriteString(w, line+"\n")
			_ = out.Flush()
		case <-r.Context().Done():
			close(f.left)
			return
		}
	}
}

func withGate(gate string) []byte {
	return eventOf(sent{method: "GET", target: "/?gate=" + gate})
}

// prelude reads status and headers, which come before the body with eight zeros between.
func prelude(t *testing.T, body *bufio.Reader) (out output) {
	t.Helper()
	head := must(body.ReadBytes(0))
	if err := json.Unmarshal(head[:len(head)-1], &out); err != nil {
		t.Fatalf("%v in %s", err, head)
	}
	if zeros := must(body.Peek(7)); strings.Trim(string(zeros), "\x00") != "" {
		t.Fatalf("after the head: %q", zeros)
	}
	_ = must(body.Discard(7))
	return out
}

func TestRuntimePassesStreamsOn(t *testing.T) {
	t.Parallel()
	var all []*function
	var bodies []*bufio.Reader
	for range 4 { // at once, as one page opens several; each has a process to itself
		all = append(all, startFunction(t, withGate, time.Minute))
	}
	for _, f := range all {
		if media := (<-f.head).Get("Content-Type"); media != "application/vnd.awslambda.http-integration-response" {
			t.Errorf("the answer is %s", media)
		}
		body := <-f.answers
		if head := prelude(t, body); head.StatusCode != 200 || head.Headers["Content-Type"] != "text/event-stream" {
			t.Errorf("it began with %v", head)
		}
		bodies = append(bodies, body)
	}
	for round := range 3 {
		for i, f := range all {
			f.gate <- fmt.Sprint(round, i)
			if got, want := must(bodies[i].ReadString('\n')), fmt.Sprintf("data: %d %d\n", round, i); got != want {
				t.Errorf("%q instead of %q", got, want)
			}
			_ = must(bodies[i].ReadString('\n'))
		}
	}
	for i, f := range all {
		close(f.gate)
		if rest := must(io.ReadAll(bodies[i])); len(rest) > 0 {
			t.Errorf("it ended with %q", rest)
		}
		if trailer := <-f.over; trailer.Get("Lambda-Runtime-Function-Error-Type") != "" {
			t.Errorf("it failed: %v", trailer)
		}
		<-f.asked
		<-f.asked // the next event: the process lives on
	}
}

func TestRuntimeTellsOfWhatBrokeOff(t *testing.T) {
	t.Parallel()
	f := startFunction(t, withGate, time.Minute)
	body := <-f.answers
	prelude(t, body)
	f.gate <- "abort"
	_ = must(io.ReadAll(body))
	if trailer := <-f.over; trailer.Get("Lambda-Runtime-Function-Error-Type") == "" {
		t.Errorf("half an answer passes for a whole one: %v", trailer)
	}
}

func TestRuntimeSeesErrorsAsAnswers(t *testing.T) {
	t.Parallel()
	f := startFunction(t, func(string) []byte { return eventOf(sent{method: "GET", target: "/"}) }, time.Minute)
	body := <-f.answers
	head := prelude(t, body)
	if rest := string(must(io.ReadAll(body))); head.StatusCode != 403 || rest != "no gate\n" {
		t.Errorf("%d %q", head.StatusCode, rest)
	}
}

func TestRuntimeStreamEndsBeforeTheTimeLimit(t *testing.T) {
	t.Parallel()
	const limit = 3500 * time.Millisecond
	f := startFunction(t, withGate, limit)
	began := time.Now()
	body := <-f.answers
	prelude(t, body)
	rest := string(must(io.ReadAll(body)))
	if took := time.Since(began); rest != ": time is up\n\n" || took > limit {
		t.Errorf("%q after %s", rest, took)
	}
	if trailer := <-f.over; trailer.Get("Lambda-Runtime-Function-Error-Type") != "" {
		t.Errorf("it failed: %v", trailer)
	}
}

func TestRuntimeHangsUp(t *testing.T) {
	t.Parallel()
	f := startFunction(t, withGate, time.Minute)
	prelude(t, <-f.answers)
	<-f.asked
	close(f.drop)
	for { // what is written next is what finds out
		select {
		case f.gate <- "on":
		case <-f.left:
			return
		}
	}
}
