package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

var (
	errNoRoute  = errs.New(errs.NotFound, "there is nothing at this path")
	errNoMethod = errs.New(errs.NotFound, "this path does not take this method")
)

// meaning is how HTTP says a kind: the status, the title of its problem document and the
// name of the error in Backstage's envelope (@backstage/errors).
type meaning struct {
	status    int
	title     string
	backstage string
}

var meanings = map[errs.Kind]meaning{
	errs.Invalid:            {http.StatusBadRequest, "The request is not valid", "InputError"},
	errs.Unauthenticated:    {http.StatusUnauthorized, "Who is calling could not be verified", "AuthenticationError"},
	errs.Forbidden:          {http.StatusForbidden, "Not allowed", "NotAllowedError"},
	errs.NotFound:           {http.StatusNotFound, "Not found", "NotFoundError"},
	errs.Conflict:           {http.StatusConflict, "In conflict with the present state", "ConflictError"},
	errs.PreconditionFailed: {http.StatusPreconditionFailed, "Not what the request was made for", "PreconditionFailedError"},
	errs.TooLarge:           {http.StatusRequestEntityTooLarge, "Over a limit", "PayloadTooLargeError"},
	errs.RateLimited:        {http.StatusTooManyRequests, "Too many requests", "TooManyRequestsError"},
	errs.Unavailable:        {http.StatusServiceUnavailable, "Not available at the moment", "ServiceUnavailableError"},
	errs.Internal:           {http.StatusInternalServerError, "A fault on our side", "Error"},
}

func kindOf(err error) errs.Kind {
	k := errs.KindOf(err)
	if k == errs.Internal && errors.Is(err, context.DeadlineExceeded) {
		return errs.Unavailable
	}
	if _, known := meanings[k]; !known {
		return errs.Internal
	}
	return k
}

// StatusOf gives the HTTP status that says the kind of err.
func StatusOf(err error) int { return meanings[kindOf(err)].status }

// backstageMounts are the plugins whose paths, shapes and errors are Backstage's.
var backstageMounts = []string{"/api/catalog", "/api/scaffolder", "/api/search", "/api/auth", "/api/permission", "/api/user-settings", "/api/notifications"}

// BackstageMount gives the mount that path is below, "" when it is Slipway's own.
func BackstageMount(path string) string {
	for _, m := range backstageMounts {
		if path == m || strings.HasPrefix(path, m+"/") {
			return m
		}
	}
	return ""
}

// writeError answers with err in the form that the path's clients expect.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Del("ETag")
	if s := retryAfter(err); s != "" {
		h.Set("Retry-After", s)
	}
	if kindOf(err) == errs.Unauthenticated {
		h.Set("WWW-Authenticate", challenge(r))
	}
	// A failed write here means that the client has gone; there is nobody left to tell.
	if mount := BackstageMount(r.URL.Path); mount != "" {
		_ = writeEnvelope(w, r, mount, err)
		return
	}
	_ = writeProblem(w, r, err)
}

// challenge follows RFC 6750 §3.1: without credentials no error code is given.
func challenge(r *http.Request) string {
	if len(r.Header.Values("Authorization")) == 0 {
		return `Bearer realm="slipway"`
	}
	return `Bearer realm="slipway", error="invalid_token"`
}

// retryAfter gives whole seconds, rounded up.
func retryAfter(err error) string {
	var e *errs.Error
	if !errors.As(err, &e) || e.RetryAfter <= 0 {
		return ""
	}
	return strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds())))
}

// problem is a problem document (RFC 9457).
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail,omitempty"`
	RequestID string         `json:"requestId,omitempty"`
	Errors    []problemError `json:"errors,omitempty"`
}

// problemError is one thing wrong with the request; Pointer is a JSON pointer in the form
// of a URI fragment, as in RFC 9457 §3.
type problemError struct {
	Detail  string `json:"detail"`
	Pointer string `json:"pointer"`
}

func writeProblem(w http.ResponseWriter, r *http.Request, err error) error {
	kind := kindOf(err)
	m := meanings[kind]
	p := problem{
		Type:      "urn:slipway:problem:" + strings.ToLower(string(kind)),
		Title:     m.title,
		Status:    m.status,
		Detail:    Message(err),
		RequestID: correlation.From(r.Context()).RequestID,
	}
	if errors.Is(err, errNoMethod) {
		p.Type, p.Title, p.Status = "about:blank", http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed
	}
	for _, f := range errs.Fields(err) {
		p.Errors = append(p.Errors, problemError{Detail: f.Message, Pointer: "#" + f.Pointer})
	}
	return writeJSON(w, p.Status, mediaProblem, p)
}

// Message gives what may be shown; a deadline that no adapter classified is told as such.
func Message(err error) string {
	if kindOf(err) != errs.KindOf(err) {
		return "this took too long"
	}
	return errs.Message(err)
}

// envelope is Backstage's form of an error (ErrorResponseBody of @backstage/errors).
type envelope struct {
	Error    envelopeError    `json:"error"`
	Request  envelopeRequest  `json:"request"`
	Response envelopeResponse `json:"response"`
}

type envelopeError struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

type envelopeRequest struct {
	Method string `json:"method"`
	URL    string `json:"url"` // below the plugin's mount, with the query
}

type envelopeResponse struct {
	StatusCode int `json:"statusCode"`
}

func writeEnvelope(w http.ResponseWriter, r *http.Request, mount string, err error) error {
	if errors.Is(err, errNoRoute) || errors.Is(err, errNoMethod) {
		w.Header().Del("Allow")
		w.WriteHeader(http.StatusNotFound) // an empty body, as Backstage's routers answer
		return nil
	}
	m := meanings[kindOf(err)]
	text := messageWithFields(err)
	if m.status == http.StatusInternalServerError {
		text = "An internal error occurred logId=" + logID(correlation.From(r.Context()).RequestID)
	}
	return writeEnvelopeOf(w, r, mount, m, text)
}

func writeEnvelopeOf(w http.ResponseWriter, r *http.Request, mount string, m meaning, text string) error {
	return WriteJSON(w, m.status, envelope{
		Error:    envelopeError{Name: m.backstage, Message: text},
		Request:  envelopeRequest{Method: r.Method, URL: strings.TrimPrefix(r.URL.RequestURI(), mount)},
		Response: envelopeResponse{StatusCode: m.status},
	})
}

// messageWithFields tells the fields in the message: the envelope has no place for them.
func messageWithFields(err error) string {
	var parts []string
	for _, f := range errs.Fields(err) {
		parts = append(parts, fmt.Sprintf("%s %s", f.Pointer, f.Message))
	}
	if len(parts) == 0 {
		return Message(err)
	}
	return Message(err) + ": " + strings.Join(parts, ", ")
}

// logID ties a Backstage answer, which has no place for a request id, to the log line.
func logID(requestID string) string {
	sum := sha256.Sum256([]byte(requestID))
	return hex.EncodeToString(sum[:10])
}

// NotImplemented answers for a route below a mount of Backstage's that has no use here, as
// Backstage's servers do.
func NotImplemented(w http.ResponseWriter, r *http.Request) error {
	m := meaning{status: http.StatusNotImplemented, backstage: "NotImplementedError"}
	return writeEnvelopeOf(w, r, BackstageMount(r.URL.Path), m, "Not implemented")
}
