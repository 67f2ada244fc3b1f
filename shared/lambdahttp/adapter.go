// Package lambdahttp owns the step between API Gateway and net/http: it turns an HTTP API
// event (payload format 2.0) into a request, runs the same http.Handler that serves
// locally, and turns its answer into the response that API Gateway expects. It knows no
// routes and no errors beyond its own.
//
// Flow: Adapter.Invoke → request (request.go) → http.Handler → recorder → response
// (response.go).
//
// The formats are those of "Working with AWS Lambda proxy integrations for HTTP APIs" in
// the API Gateway developer guide.
package lambdahttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Adapter is a Lambda handler (aws-lambda-go's lambda.Handler) around an http.Handler.
type Adapter struct{ handler http.Handler }

// New makes an adapter.
func New(handler http.Handler) (*Adapter, error) {
	if handler == nil {
		return nil, errs.New(errs.Invalid, "the Lambda adapter needs an HTTP handler")
	}
	return &Adapter{handler}, nil
}

// Invoke answers one event. It fails only for payloads that API Gateway does not send;
// whatever the handler does becomes an answer.
func (a *Adapter) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf("decoding the HTTP API event: %w", err)
	}
	if e.RequestContext.HTTP.Method == "" {
		return nil, errors.New("this is not an event of an HTTP API in payload format 2.0")
	}
	ctx = correlation.With(ctx, correlation.IDs{RequestID: e.RequestContext.RequestID})
	r, err := newRequest(ctx, &e)
	if err != nil {
		return json.Marshal(failure(http.StatusBadRequest, "the request could not be read"))
	}
	rec := newRecorder()
	if aborted := serve(a.handler, rec, r); aborted {
		return json.Marshal(failure(http.StatusInternalServerError, "the answer broke off"))
	}
	return rec.encode(r.Method)
}

// serve runs the handler. net/http cuts the connection of a handler that aborts; here the
// only way not to pass half an answer off as a whole one is not to pass it on.
func serve(h http.Handler, rec *recorder, r *http.Request) (aborted bool) {
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			aborted = true
		}
	}()
	h.ServeHTTP(rec, r)
	return false
}
