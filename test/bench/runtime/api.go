package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// deadline is how long an invocation may take, as the Runtime API tells it.
const deadline = 30 * time.Second

// runtimeAPI is a Lambda Runtime API
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) for one process that
// hands out the same event again and again and notes when answers arrive.
type runtimeAPI struct {
	event  []byte
	server *http.Server
	addr   string

	next chan time.Time     // when the process asked for an event
	send chan int           // the invocation to answer that with
	done chan time.Duration // how long an invocation took
	fail chan error         // the process reported an error

	mu   sync.Mutex
	sent time.Time
}

// serveRuntimeAPI listens on a free port of loopback until close.
func serveRuntimeAPI(event []byte) (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the function: %w", err)
	}
	a := &runtimeAPI{
		event: event, addr: listener.Addr().String(),
		next: make(chan time.Time, 1), send: make(chan int), done: make(chan time.Duration, 1), fail: make(chan error, 1),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.handleNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.handleAnswer)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.handleAnswer)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", a.handleInitError)
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: deadline}
	go func() { _ = a.server.Serve(listener) }()
	return a, nil
}

func (a *runtimeAPI) close() { _ = a.server.Close() }

// handleNext blocks until an invocation is due, as Lambda does between invocations.
func (a *runtimeAPI) handleNext(w http.ResponseWriter, r *http.Request) {
	a.next <- time.Now()
	select {
	case n := <-a.send:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(a.event)))
		h.Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(deadline).UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:timed")
		a.mu.Lock()
		a.sent = time.Now()
		a.mu.Unlock()
		_, _ = w.Write(a.event)
	case <-r.Context().Done():
	}
}

// handleAnswer takes the outcome of an invocation. An error is one too: an event that is
// refused goes the whole way, and needs no AWS behind it.
func (a *runtimeAPI) handleAnswer(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	a.mu.Lock()
	took := time.Since(a.sent)
	a.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
	a.done <- took
}

// handleInitError takes what a runtime reports when it could not start.
func (a *runtimeAPI) handleInitError(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 4<<10))
	w.WriteHeader(http.StatusAccepted)
	var report struct{ ErrorMessage string }
	_ = json.Unmarshal(body, &report)
	select {
	case a.fail <- fmt.Errorf("starting: %s", report.ErrorMessage):
	default:
	}
}
