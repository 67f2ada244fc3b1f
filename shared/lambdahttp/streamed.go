package lambdahttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

var (
	errBrokeOff = errors.New("the answer broke off")
	errNotRead  = errors.New("nobody reads the answer any more")
)

// streamed takes the handler's answer and passes it on through a pipe while the handler
// writes it.
type streamed struct {
	request *http.Request
	cancel  context.CancelFunc
	live    http.Header // that the handler may still change
	headers map[string]string
	cookies []string
	status  int // 0 before the answer began
	to      *io.PipeWriter
	from    *io.PipeReader
	begins  bool
	begun   chan struct{} // closed when status and headers may leave, or never will
	ended   chan struct{} // closed when the handler has returned
}

func newStreamed(r *http.Request, cancel context.CancelFunc) *streamed {
	w := &streamed{
		request: r, cancel: cancel, live: make(http.Header, 8),
		begun: make(chan struct{}), ended: make(chan struct{}),
	}
	w.from, w.to = io.Pipe()
	return w
}

// run serves the request, and says in the end whether the answer is whole: half of one
// must not look like one.
func (w *streamed) run(h http.Handler) {
	defer close(w.ended)
	aborted := serve(h, w, w.request)
	switch {
	case !aborted:
		w.begin(nil)
		_ = w.to.Close()
	case w.begins:
		_ = w.to.CloseWithError(errBrokeOff)
	default:
		w.status = 0
		close(w.begun)
	}
}

// Header gives the headers of the answer.
func (w *streamed) Header() http.Header { return w.live }

// WriteHeader settles status and headers. They leave with the beginning of the body, as
// net/http sends them. A function URL has no informational answers (1xx).
func (w *streamed) WriteHeader(status int) {
	if w.status != 0 || status < http.StatusOK {
		return
	}
	w.status = status
	w.headers = make(map[string]string, len(w.live))
	for name, values := range w.live {
		switch {
		case name == "Set-Cookie":
			w.cookies = slices.Clone(values)
		case len(values) > 0:
			w.headers[name] = toUTF8(strings.Join(values, ","))
		}
	}
}

// begin lets status and headers leave. Where the handler names no type, the body's first
// bytes do, as in net/http.
func (w *streamed) begin(p []byte) {
	if w.begins {
		return
	}
	w.WriteHeader(http.StatusOK) // if the handler did not
	_, typed := w.headers["Content-Type"]
	_, encoded := w.headers["Content-Encoding"]
	if !typed && !encoded && len(p) > 0 {
		w.headers["Content-Type"] = http.DetectContentType(p)
	}
	w.begins = true
	close(w.begun)
}

// Write passes a part of the body on. It returns when that was taken.
func (w *streamed) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		return len(p), nil
	}
	w.begin(p)
	if w.request.Method == http.MethodHead {
		return len(p), nil
	}
	return w.to.Write(p)
}

var _ http.Flusher = (*streamed)(nil)

// Flush begins the answer; there is nothing else to wait for.
func (w *streamed) Flush() { w.begin(nil) }

// response gives what aws-lambda-go sends: the status and headers as they are now, and the
// body as it comes.
func (w *streamed) response() *events.LambdaFunctionURLStreamingResponse {
	return &events.LambdaFunctionURLStreamingResponse{StatusCode: w.status, Headers: w.headers, Cookies: w.cookies, Body: body{w}}
}

// body is an answer's body for whoever sends it.
type body struct{ of *streamed }

var _ io.ReadCloser = body{}

// Read gives what the handler has written, and waits for it.
func (b body) Read(p []byte) (int, error) { return b.of.from.Read(p) }

// Close ends the request and waits for the handler: what it would do after the invocation
// would be done in the next one.
func (b body) Close() error {
	b.of.cancel()
	_ = b.of.from.CloseWithError(errNotRead)
	<-b.of.ended
	return nil
}

// streamedFailure is an answer to what happens outside of the handler.
func streamedFailure(status int, detail string) *events.LambdaFunctionURLStreamingResponse {
	return &events.LambdaFunctionURLStreamingResponse{
		StatusCode: status, Body: bytes.NewReader(problem(status, detail)),
		Headers: map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store"},
	}
}
