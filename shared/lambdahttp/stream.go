package lambdahttp

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// StreamConfig is what a Stream is made of.
type StreamConfig struct {
	Handler http.Handler
	// Margin is how long before the function's time limit the contexts of requests end, so
	// that an answer that would go on still ends in order.
	Margin time.Duration
	// Authorization names the header that holds what the client sent as Authorization,
	// where the signature of whoever calls the function stands in its place; "" for none.
	Authorization string
}

// Stream is a Lambda handler around an http.Handler whose answers leave as they are
// written: that of a function URL with the invoke mode RESPONSE_STREAM. What is written
// is on its way when Write returns, flushed or not.
//
// Lambda does not tell a function that its client has gone: the context of a request ends
// before the time limit, or when the Runtime API takes no more of what is written.
type Stream struct{ cfg StreamConfig }

// NewStream makes a streaming adapter.
func NewStream(cfg StreamConfig) (*Stream, error) {
	if cfg.Handler == nil || cfg.Margin <= 0 {
		return nil, errs.New(errs.Invalid, "a streaming Lambda adapter needs an HTTP handler and a margin before the time limit")
	}
	return &Stream{cfg}, nil
}

// Invoke answers one event of a function URL, which has the format of HTTP APIs. It returns
// when the answer has begun: status and headers are settled then, the body is read while
// the handler goes on.
func (s *Stream) Invoke(ctx context.Context, payload json.RawMessage) (*events.LambdaFunctionURLStreamingResponse, error) {
	e, err := decode(payload)
	if err != nil {
		return nil, err
	}
	ctx, cancel := limit(correlation.With(ctx, correlation.IDs{RequestID: e.requestID}), s.cfg.Margin)
	r, err := newRequest(ctx, e)
	if err != nil {
		cancel()
		return streamedFailure(http.StatusBadRequest, "the request could not be read"), nil //nolint:nilerr // that is the answer
	}
	s.restoreAuthorization(r.Header)
	w := newStreamed(r, cancel)
	go w.run(s.cfg.Handler)
	<-w.begun
	if w.status == 0 {
		cancel()
		return streamedFailure(http.StatusInternalServerError, "the answer broke off"), nil
	}
	return w.response(), nil
}

// restoreAuthorization gives the request the Authorization header of the client, and no
// other: what stands there is a signature, or came around whoever signs.
func (s *Stream) restoreAuthorization(h http.Header) {
	if s.cfg.Authorization == "" {
		return
	}
	h.Del("Authorization")
	if sent := h.Values(s.cfg.Authorization); len(sent) > 0 {
		h["Authorization"] = sent
		h.Del(s.cfg.Authorization)
	}
}
