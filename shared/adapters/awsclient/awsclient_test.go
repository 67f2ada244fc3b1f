package awsclient

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheEmbeddedRootsAreAmazons(t *testing.T) {
	t.Parallel()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(amazonRoots) {
		t.Fatal("no roots")
	}
	if n := strings.Count(string(amazonRoots), "BEGIN CERTIFICATE"); n != 5 {
		t.Errorf("%d roots, want 5", n)
	}
}

func TestAnotherAuthorityFallsBackToTheSystem(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != "payload" {
			t.Errorf("the body arrived as %q", body)
		}
		asked++
	}))
	defer server.Close()
	tr := newTransport(x509.NewCertPool())
	tr.system = server.Client().Transport // vouches for the server
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("payload"))
		if err != nil {
			t.Fatal(err)
		}
		res, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	if asked != 2 || !tr.fallen.Load() {
		t.Errorf("asked %d times, fallen back: %v", asked, tr.fallen.Load())
	}
}

// closing is a body that fails whoever asks it for more than the request announced, as the
// SDK's does once an answer has begun.
type closing struct{ io.Reader }

func (closing) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }
func (closing) Close() error                     { return nil }

// TestAnAnswerThatBeginsEarlyIsReadToItsEnd answers a request before net/http is through
// with the request's body.
func TestAnAnswerThatBeginsEarlyIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body[:1])
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write(body[1:])
	}))
	defer server.Close()
	tr := newTransport(x509.NewCertPool())
	for range 20 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, closing{strings.NewReader("payload")})
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = int64(len("payload"))
		res, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(res.Body); err != nil || string(body) != "payload" {
			t.Errorf("read %q, %v", body, err)
		}
		_ = res.Body.Close()
	}
}
