package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog"
)

// portal is a user of the deployed API.
type portal struct {
	base  string
	token string
	host  string // of the distribution, if it is reached through that
}

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// problem is an RFC 9457 document as far as the tests read it.
type problem struct {
	Detail string
	Errors []struct{ Detail, Pointer string }
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatalf("%v in %.500s", err, a.Body)
	}
}

// ask sends a request. Body is sent as JSON, nil for none.
func (p *portal) ask(t *testing.T, method, path string, body any, headers ...string) answer {
	t.Helper()
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	h := http.Header{"Content-Type": {"application/json"}}
	if p.token != "" {
		h.Set("Authorization", "Bearer "+p.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	got, err := p.send(t.Context(), method, path, payload, h)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// send sends a request with exactly these headers.
func (p *portal) send(ctx context.Context, method, path string, payload []byte, headers http.Header) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(payload))
	if err != nil {
		return answer{}, err
	}
	r.Header = headers
	if p.host != "" {
		r.Host = p.host
		r.Header.Set("X-Forwarded-Proto", "https") // how the emulator is told of TLS
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	return answer{Status: res.StatusCode, Header: res.Header, Body: got}, err
}

// must asks and fails unless the answer has that status.
func (p *portal) must(t *testing.T, status int, method, path string, body any, headers ...string) answer {
	t.Helper()
	got := p.ask(t, method, path, body, headers...)
	if got.Status != status {
		t.Fatalf("%s %s: %d, want %d: %.2000s", method, path, got.Status, status, got.Body)
	}
	return got
}

// locations registers through the API what demo.Seed wants registered.
type locations struct {
	t      *testing.T
	portal *portal
}

// RegisterLocation asks the API as the portal's user, whoever actor is.
func (l locations) RegisterLocation(_ context.Context, _, target string) (catalog.Registration, error) {
	l.t.Helper()
	l.portal.must(l.t, http.StatusCreated, http.MethodPost, "/api/catalog/locations", map[string]string{"type": "url", "target": target})
	return catalog.Registration{Location: catalog.Location{Target: target}}, nil
}
