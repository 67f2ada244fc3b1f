package lambdahttp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/slipwayhq/slipway/shared/lambdahttp/textgzip"
)

// maxResponse is the largest response of a synchronous invocation in bytes, in its JSON
// form; Lambda answers larger ones with an error that says nothing to the client.
const maxResponse = 6 << 20

// minCompressed is the smallest body in bytes that is compressed. Smaller ones fit into one
// packet either way.
const minCompressed = 1 << 10

var errTooLarge = errors.New("the answer is larger than Lambda can return")

// recorder takes the handler's answer. The beginning of a body is held as it is; from
// minCompressed bytes on the body is compressed as it comes, if it is to be.
//
// A recorder is used again after the response was made of it: nothing of it may be kept.
type recorder struct {
	request  *http.Request
	live     http.Header // that the handler may still change
	sent     []field     // as they were when the answer began
	cookies  []string
	status   int          // 0 before the answer began
	typed    bool         // the type is settled
	body     bytes.Buffer // as it leaves: compressed if compressing
	zip      compressor   // one of the two that follow
	text     textgzip.Writer
	other    *gzip.Writer // nil before it is needed
	zipping  bool
	overflow bool
}

// compressor is made ready by Reset and ends its text with Close.
type compressor interface {
	io.WriteCloser
	Reset(w io.Writer)
}

var (
	_ compressor = (*textgzip.Writer)(nil)
	_ compressor = (*gzip.Writer)(nil)
)

// reset empties the recorder for the answer to r.
func (w *recorder) reset(r *http.Request) {
	w.request, w.live, w.status = r, make(http.Header, 8), 0
	w.sent, w.cookies = w.sent[:0], nil
	w.body.Reset()
	w.typed, w.zipping, w.overflow = false, false, false
}

// Header gives the headers of the answer.
func (w *recorder) Header() http.Header { return w.live }

// WriteHeader begins the answer. API Gateway has no informational answers (1xx).
func (w *recorder) WriteHeader(status int) {
	if w.status != 0 || status < http.StatusOK {
		return
	}
	w.status = status
	_, w.typed = w.live["Content-Type"]
	for name, values := range w.live {
		switch {
		case name == "Set-Cookie":
			w.cookies = slices.Clone(values)
		case len(values) == 1:
			w.sent = append(w.sent, field{name, values[0]})
		case len(values) > 1:
			w.sent = append(w.sent, field{name, strings.Join(values, ",")})
		}
	}
}

// set gives the begun answer one more header, or another value.
func (w *recorder) set(name, value string) {
	i := slices.IndexFunc(w.sent, func(f field) bool { return f.name == name })
	if i < 0 {
		w.sent = append(w.sent, field{name, value})
		return
	}
	w.sent[i].value = value
}

// header gives a header of the begun answer, and whether it is there.
func (w *recorder) header(name string) (string, bool) {
	for _, f := range w.sent {
		if f.name == name {
			return f.value, true
		}
	}
	return "", false
}

// Write adds to the body, up to what Lambda can return.
func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK) // if it has not begun
	held := w.body.Len()
	switch {
	case w.overflow:
		return 0, errTooLarge
	case !w.hasBody():
		return len(p), nil
	case w.request.Method == http.MethodHead: // its beginning may tell its type
		w.body.Write(p[:min(len(p), max(0, minCompressed-held))])
		return len(p), nil
	case w.zipping:
		return w.compress(p)
	case held < minCompressed && held+len(p) >= minCompressed && w.compressible(p):
		return w.beginCompressed(p)
	}
	if w.overflow = held+len(p) > maxResponse; w.overflow {
		return 0, errTooLarge
	}
	return w.body.Write(p)
}

// hasBody reports whether an answer of that status has a body, whatever the handler writes.
func (w *recorder) hasBody() bool {
	return w.status != http.StatusNoContent && w.status != http.StatusNotModified
}

var _ http.Flusher = (*recorder)(nil)

// Flush does nothing: the answer leaves as a whole in the end.
func (w *recorder) Flush() {}

// end completes the answer when the handler has returned.
func (w *recorder) end() error {
	w.WriteHeader(http.StatusOK) // if it has not begun
	if w.overflow {
		return errTooLarge
	}
	if w.zipping {
		if err := w.zip.Close(); err != nil {
			return fmt.Errorf("ending the compressed body: %w", err)
		}
		return nil
	}
	w.sniff(w.body.Bytes())
	return nil
}

// sniff names the type of a body by its beginning where the handler does not, as net/http
// does.
func (w *recorder) sniff(begin []byte) {
	if _, encoded := w.header("Content-Encoding"); !w.typed && !encoded && len(begin) > 0 {
		w.set("Content-Type", http.DetectContentType(begin))
	}
}
