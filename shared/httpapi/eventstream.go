package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
)

// keepAlive is how long a stream of events may be silent. Proxies and load balancers close
// connections on which nothing moves, AWS's after 60 s.
const keepAlive = 15 * time.Second

// EventStream is an answer of server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html). Each is on its way when
// Send returns.
type EventStream struct {
	mu     sync.Mutex
	w      http.ResponseWriter
	flush  *http.ResponseController
	quiet  bool // nothing was sent since the last look
	broken error
}

// StreamEvents answers with the events that follow passes on, until it returns or the
// client goes. From its first event on the answer is a stream: errors can't be told any
// more, so the end of the stream is all that the client sees of them, and it asks again.
func (rt *Router) StreamEvents(w http.ResponseWriter, r *http.Request, follow func(ctx context.Context, s *EventStream) error) error {
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Accel-Buffering", "no") // or some proxies keep it until it is long enough
	s := &EventStream{w: w, flush: http.NewResponseController(w)}
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
		s.keepAlive(ctx, rt.cfg.Clock)
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
func (s *EventStream) keepAlive(ctx context.Context, c clock.Clock) {
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

// Send sends one event. JSON has no line ends, so that one line of data holds it.
func (s *EventStream) Send(id int, kind string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding an event: %w", err)
	}
	return s.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", id, kind, data))
}

func (s *EventStream) write(text string) error {
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
