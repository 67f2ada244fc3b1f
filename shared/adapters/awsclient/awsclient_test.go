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
