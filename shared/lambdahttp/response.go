package lambdahttp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// maxResponse is the largest response of a synchronous invocation in bytes, in its JSON
// form; Lambda answers larger ones with an error that says nothing to the client.
const maxResponse = 6 << 20

// response is what an HTTP API expects of an integration (payload format 2.0).
type response struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers,omitempty"`
	Cookies         []string          `json:"cookies,omitempty"`
	Body            string            `json:"body,omitempty"`
	IsBase64Encoded bool              `json:"isBase64Encoded,omitempty"`
}

var errTooLarge = errors.New("the answer is larger than Lambda can return")

// recorder takes the handler's answer.
type recorder struct {
	live     http.Header // that the handler may still change
	sent     http.Header // as they were when the answer began; nil before that
	status   int
	body     bytes.Buffer
	overflow bool
}

func newRecorder() *recorder { return &recorder{live: http.Header{}} }

// Header gives the headers of the answer.
func (w *recorder) Header() http.Header { return w.live }

// WriteHeader begins the answer. API Gateway has no informational answers (1xx).
func (w *recorder) WriteHeader(status int) {
	if w.sent != nil || status < http.StatusOK {
		return
	}
	w.status, w.sent = status, w.live.Clone()
}

// Write adds to the body, up to what Lambda can return.
func (w *recorder) Write(p []byte) (int, error) {
	if w.sent == nil {
		w.WriteHeader(http.StatusOK)
	}
	if w.overflow = w.overflow || w.body.Len()+len(p) > maxResponse; w.overflow {
		return 0, errTooLarge
	}
	return w.body.Write(p)
}

// Flush satisfies http.Flusher: the answer leaves as a whole in the end.
func (w *recorder) Flush() {}

// encode gives the response's JSON. An answer that Lambda can't return becomes an error
// that says so.
func (w *recorder) encode(method string) ([]byte, error) {
	if w.sent == nil {
		w.WriteHeader(http.StatusOK)
	}
	if w.overflow {
		return json.Marshal(tooLarge())
	}
	out, err := marshal(w.response(method))
	if err == nil && len(out) > maxResponse {
		return json.Marshal(tooLarge())
	}
	return out, err
}

// marshal leaves <, > and & alone: escaping them makes answers larger for nobody's good.
func marshal(r response) ([]byte, error) {
	var buf bytes.Buffer
	buf.Grow(len(r.Body) + 512)
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("encoding the response: %w", err)
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}

func (w *recorder) response(method string) response {
	body := w.body.Bytes()
	noBody := w.status == http.StatusNoContent || w.status == http.StatusNotModified
	if len(body) > 0 && !noBody && w.sent.Get("Content-Type") == "" && len(w.sent["Content-Type"]) == 0 {
		w.sent.Set("Content-Type", http.DetectContentType(body)) // as net/http does
	}
	r := response{StatusCode: w.status, Cookies: w.sent.Values("Set-Cookie"), Headers: map[string]string{}}
	for name, values := range w.sent {
		if name != "Set-Cookie" && len(values) > 0 {
			r.Headers[name] = strings.Join(values, ",")
		}
	}
	switch {
	case noBody || method == http.MethodHead:
	case utf8.Valid(body):
		r.Body = string(body)
	default:
		r.Body, r.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return r
}

func tooLarge() response {
	return failure(http.StatusInternalServerError,
		fmt.Sprintf("the answer is larger than %d bytes; ask for less of it at once", maxResponse))
}

// failure is a problem document (RFC 9457) for what happens outside of the handler.
func failure(status int, detail string) response {
	return response{
		StatusCode: status,
		Headers:    map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store"},
		Body:       fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d,"detail":%q}`, http.StatusText(status), status, detail),
	}
}
