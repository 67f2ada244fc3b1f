// Package faults owns making a GitLab fail on purpose, in tests: a middleware that decides
// per request whether to answer with an error before anything happened, to let it happen
// and then lose the answer, to delay, or to say too many requests in either of GitLab's two
// ways. It knows nothing of what is behind it.
//
//	in, err := faults.New(server.Handler(), clock.System{})
//	in.Set(faults.Once(faults.On("POST", "/pipeline"), faults.AnswerLost()))
package faults

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
)

// Fault is what goes wrong with one request. Its zero value is nothing.
type Fault struct {
	// Delay is waited before anything else; it ends early when the client goes.
	Delay time.Duration
	// Run lets the request take effect, although its answer may be replaced.
	Run bool
	// Status, when not 0, is answered: in place of the effect, or of its answer with Run.
	Status int
	Header http.Header
	Body   string
	// Drop closes the connection without an answer: before the effect, or after it with Run.
	Drop bool
	// Cut, with Run, sends half of the answer's body and then closes the connection.
	Cut bool
}

// None lets the request through.
func None() Fault { return Fault{Run: true} }

// Refused answers a status before the effect.
func Refused(status int) Fault {
	return Fault{Status: status, Body: `{"message":"` + strconv.Itoa(status) + " " + http.StatusText(status) + `"}`}
}

// Unauthorized answers 401 as GitLab does for a bad token.
func Unauthorized() Fault { return Refused(http.StatusUnauthorized) }

// EffectThen lets the request take effect and answers a status in place of its answer.
func EffectThen(status int) Fault {
	f := Refused(status)
	f.Run = true
	return f
}

// AnswerLost lets the request take effect and closes the connection without an answer.
func AnswerLost() Fault { return Fault{Run: true, Drop: true} }

// Dropped closes the connection before the effect.
func Dropped() Fault { return Fault{Drop: true} }

// Truncated lets the request take effect and breaks off in the middle of its answer.
func Truncated() Fault { return Fault{Run: true, Cut: true} }

// Hanging keeps the client waiting until it gives up; nothing happens.
func Hanging() Fault { return Fault{Delay: 24 * time.Hour, Drop: true} }

// Slow delays the request and then lets it through.
func Slow(d time.Duration) Fault { return Fault{Run: true, Delay: d} }

// Throttled is the 429 of GitLab's request throttle: plain text, with RateLimit headers
// and Retry-After.
func Throttled(now time.Time, wait time.Duration) Fault {
	reset := now.Add(wait)
	h := http.Header{}
	h.Set("Content-Type", "text/plain")
	h.Set("RateLimit-Limit", "60")
	h.Set("RateLimit-Name", "throttle_authenticated_api")
	h.Set("RateLimit-Observed", "61")
	h.Set("RateLimit-Remaining", "0")
	h.Set("RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	h.Set("RateLimit-ResetTime", reset.UTC().Format(http.TimeFormat))
	h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	return Fault{Status: http.StatusTooManyRequests, Header: h, Body: "Retry later\n"}
}

// Limited is the 429 of GitLab's application limits: JSON, without any header about when
// to come again.
func Limited() Fault {
	return Fault{
		Status: http.StatusTooManyRequests,
		Body:   `{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`,
	}
}

// Decide says what happens to a request. It is called from several goroutines at once.
type Decide func(*http.Request) Fault

// On matches requests by method ("" for any) and by how the path ends; a part that ends in a
// slash may be anywhere in the path.
func On(method, part string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		if method != "" && method != r.Method {
			return false
		}
		path := r.URL.EscapedPath()
		if strings.HasSuffix(part, "/") {
			return strings.Contains(path, part)
		}
		return strings.HasSuffix(path, part)
	}
}

// Once applies a fault to the first request that matches.
func Once(match func(*http.Request) bool, f Fault) Decide { return Times(1, match, f) }

// Times applies a fault to the first n requests that match.
func Times(n int, match func(*http.Request) bool, f Fault) Decide {
	var mu sync.Mutex
	return func(r *http.Request) Fault {
		if !match(r) {
			return None()
		}
		mu.Lock()
		defer mu.Unlock()
		if n <= 0 {
			return None()
		}
		n--
		return f
	}
}

// After lets the first n requests that match through and gives the later ones to next, so
// that a listing fails in its middle.
func After(n int, match func(*http.Request) bool, next Decide) Decide {
	var mu sync.Mutex
	return func(r *http.Request) Fault {
		if !match(r) {
			return None()
		}
		mu.Lock()
		if n > 0 {
			n--
			mu.Unlock()
			return None()
		}
		mu.Unlock()
		return next(r)
	}
}

// Always applies a fault to every request that matches.
func Always(match func(*http.Request) bool, f Fault) Decide {
	return func(r *http.Request) Fault {
		if match(r) {
			return f
		}
		return None()
	}
}

// Injector is the middleware.
type Injector struct {
	next  http.Handler
	clock clock.Clock

	mu     sync.Mutex
	decide Decide
	hits   []string
}

// New makes an injector around a handler. Without Set it lets everything through.
func New(next http.Handler, c clock.Clock) (*Injector, error) {
	if next == nil || c == nil {
		return nil, errors.New("fault injection needs a handler and a clock")
	}
	return &Injector{next: next, clock: c}, nil
}

// Set replaces what decides; nil lets everything through.
func (i *Injector) Set(d Decide) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.decide = d
}

// Hits lists the requests that a fault was applied to, as "METHOD /path", so that a test
// can tell that its fault was met.
func (i *Injector) Hits() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string{}, i.hits...)
}

func (i *Injector) fault(r *http.Request) Fault {
	i.mu.Lock()
	d := i.decide
	i.mu.Unlock()
	if d == nil {
		return None()
	}
	f := d(r)
	if f.Delay > 0 || f.Status != 0 || f.Drop || f.Cut {
		i.mu.Lock()
		i.hits = append(i.hits, r.Method+" "+r.URL.EscapedPath())
		i.mu.Unlock()
	}
	return f
}

// ServeHTTP serves one request, with its fault.
func (i *Injector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := i.fault(r)
	if i.clock.Sleep(r.Context(), f.Delay) != nil && f.Delay > 0 {
		return // the client went
	}
	if f.Run && f.Status == 0 && !f.Drop && !f.Cut {
		i.next.ServeHTTP(w, r)
		return
	}
	if f.Run {
		answer := httptest.NewRecorder()
		i.next.ServeHTTP(answer, r)
		if f.Cut {
			cut(w, answer)
		}
	}
	if f.Drop {
		panic(http.ErrAbortHandler) // net/http's way to close a connection without an answer
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	for k, v := range f.Header {
		h[k] = v
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(f.Body)) // the client has gone if this fails
}

// cut sends an answer's header and half of its body.
func cut(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	body := answer.Body.Bytes()
	h := w.Header()
	for k, v := range answer.Header() {
		h[k] = v
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body[:len(body)/2])
	panic(http.ErrAbortHandler)
}
