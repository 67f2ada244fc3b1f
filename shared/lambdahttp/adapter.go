// Package lambdahttp owns the step between Lambda and net/http: it turns the event of an
// HTTP API or of a function URL (payload format 2.0 either way) into a request and runs the
// same http.Handler that serves locally. An Adapter turns the answer into the response that
// API Gateway expects, compressed when the client takes that and it pays. A Stream passes
// it on as it is written. It knows no routes and no errors beyond its own.
//
// Flow: Adapter.Invoke → event (event.go) → request (request.go) → http.Handler → recorder
// (recorder.go, encoding.go) → response (response.go); Stream.Invoke (stream.go) → event →
// request → http.Handler → streamed (streamed.go).
//
// The formats are those of "Working with AWS Lambda proxy integrations for HTTP APIs" in
// the API Gateway developer guide, and of "Response streaming for Lambda functions" in
// Lambda's.
package lambdahttp

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Adapter is a Lambda handler (aws-lambda-go's lambda.Handler, which gets the payload as it
// came) around an http.Handler.
type Adapter struct {
	handler http.Handler
	idle    sync.Pool // of *recorder
}

// New makes an adapter.
func New(handler http.Handler) (*Adapter, error) {
	if handler == nil {
		return nil, errs.New(errs.Invalid, "the Lambda adapter needs an HTTP handler")
	}
	return &Adapter{handler: handler}, nil
}

// margin is how long before the function's time limit the contexts of requests end: an
// answer that says so is better than none.
const margin = time.Second

// Invoke answers one event. It fails only for payloads that API Gateway does not send;
// whatever the handler does becomes an answer.
func (a *Adapter) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := decode(payload)
	if err != nil {
		return nil, err
	}
	ctx, cancel := limit(correlation.With(ctx, correlation.IDs{RequestID: e.requestID}), margin)
	defer cancel()
	r, err := newRequest(ctx, e)
	if err != nil {
		return failure(http.StatusBadRequest, "the request could not be read"), nil
	}
	rec := a.recorder(r)
	defer a.release(rec)
	if aborted := serve(a.handler, rec, r); aborted {
		return failure(http.StatusInternalServerError, "the answer broke off"), nil
	}
	return rec.response(), nil
}

// limit ends a context some time before Lambda ends the process.
func limit(ctx context.Context, before time.Duration) (context.Context, context.CancelFunc) {
	deadline, limited := ctx.Deadline()
	if !limited {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-before))
}

// recorder gives one for the answer to r, with the buffers of an earlier one.
func (a *Adapter) recorder(r *http.Request) *recorder {
	rec, ok := a.idle.Get().(*recorder)
	if !ok {
		rec = &recorder{}
	}
	rec.reset(r)
	return rec
}

// maxIdle is the largest buffer in bytes that is kept for the next answer.
const maxIdle = 1 << 20

func (a *Adapter) release(rec *recorder) {
	if rec.body.Cap() <= maxIdle {
		rec.request, rec.live, rec.cookies = nil, nil, nil
		a.idle.Put(rec)
	}
}

// serve runs the handler. net/http cuts the connection of a handler that aborts; here the
// only way not to pass half an answer off as a whole one is not to pass it on.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			aborted = true
		}
	}()
	h.ServeHTTP(w, r)
	return false
}
