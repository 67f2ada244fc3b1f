package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// keepAlive is how long a stream of events may be silent. Proxies and load balancers close
// connections on which nothing moves, AWS's after 60 s.
const keepAlive = 15 * time.Second

// eventStream is an answer of server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html). Each is on its way when
// send returns.
type eventStream struct {
	mu     sync.Mutex
	w      http.ResponseWriter
	flush  *http.ResponseController
	quiet  bool // nothing was sent since the last look
	broken error
}

// streamEvents answers with the events that follow passes on, until it returns or the
// client goes. From its first event on the answer is a stream: errors can't be told any
// more, so the end of the stream is all that the client sees of them, and it asks again.
func streamEvents(w http.ResponseWriter, r *http.Request, c clock.Clock, follow func(ctx context.Context, s *eventStream) error) error {
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Accel-Buffering", "no") // or some proxies keep it until it is long enough
	s := &eventStream{w: w, flush: http.NewResponseController(w)}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead { // nothing of what would follow
		return nil
	}
	if err := s.write(":\n\n"); err != nil {
		return nil //nolint:nilerr // the client has gone
	}
	alive := make(chan struct{})
	go func() {
		defer close(alive)
		s.keepAlive(ctx, c)
	}()
	err := follow(ctx, s)
	ended := ctx.Err() != nil
	stop()
	<-alive
	if s.broken != nil || ended { // the client, or the platform's time for it, has gone
		return nil
	}
	return err
}

// keepAlive sends comments, which clients skip, while nothing else is sent.
func (s *eventStream) keepAlive(ctx context.Context, c clock.Clock) {
	for c.Sleep(ctx, keepAlive) == nil {
		s.mu.Lock()
		quiet := s.quiet
		s.quiet = true
		s.mu.Unlock()
		if quiet && s.write(":\n\n") != nil {
			return
		}
	}
}

// send sends one event. JSON has no line ends, so that one line of data holds it.
func (s *eventStream) send(id int, kind string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding an event: %w", err)
	}
	return s.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", id, kind, data))
}

func (s *eventStream) write(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quiet = false
	if s.broken == nil {
		_, s.broken = s.w.Write([]byte(text))
	}
	if s.broken == nil {
		s.broken = s.flush.Flush()
	}
	return s.broken
}

// lastEvent reads after which event a client wants to go on: the parameter "after", or what
// a browser remembers of the stream that broke off.
func lastEvent(r *http.Request, p params) (int, error) {
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		n, err := strconv.Atoi(id)
		if err != nil {
			return 0, errs.New(errs.Invalid, "Last-Event-ID must be integer")
		}
		return max(n, 0), nil
	}
	return after(p)
}

// after reads the parameter of that name: a whole number, of any sign.
func after(p params) (int, error) {
	text, err := p.one("after")
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errs.New(errs.Invalid, "request/query/after must be integer")
	}
	return int(min(max(n, 0), maxNumber)), nil
}
