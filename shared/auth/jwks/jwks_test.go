package jwks_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/auth/jwks"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// publisher serves a key set that a test changes.
type publisher struct {
	*httptest.Server
	mu      sync.Mutex
	body    string
	cache   string
	handler http.HandlerFunc // instead of all of that
	fetches atomic.Int64
}

func newPublisher(t testing.TB, kids ...string) *publisher {
	t.Helper()
	p := &publisher{cache: "max-age=600"}
	p.publish(kids...)
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) serve(w http.ResponseWriter, r *http.Request) {
	p.fetches.Add(1)
	p.mu.Lock()
	body, cache, handler := p.body, p.cache, p.handler
	p.mu.Unlock()
	if handler != nil {
		handler(w, r)
		return
	}
	w.Header().Set("Cache-Control", cache)
	_, _ = w.Write([]byte(body))
}

func (p *publisher) set(change func(p *publisher)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

func (p *publisher) publish(kids ...string) {
	keys := make([]string, len(kids))
	for i, k := range kids {
		keys[i] = goodKey(k)
	}
	p.set(func(p *publisher) { p.body = `{"keys":[` + strings.Join(keys, ",") + `]}` })
}

// goodKey is a JSON Web Key that may verify ES256.
func goodKey(kid string) string {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	point, err := k.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","kid":%q,"use":"sig","key_ops":["verify"],"x":%q,"y":%q}`, kid, b64(point[1:33]), b64(point[33:]))
}

func newSource(t testing.TB, p *publisher) (*jwks.Source, *clock.Manual) {
	t.Helper()
	clk := clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	s, err := jwks.New(jwks.Config{URL: p.URL + "/keys", Clock: clk, Logger: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	return s, clk
}

// has reports what became of asking for a key: "" when it is there, else the error's kind.
func has(t testing.TB, s *jwks.Source, kid string) errs.Kind {
	t.Helper()
	k, err := s.Key(t.Context(), kid, "ES256")
	if err == nil && (k.ID != kid || k.Public == nil) {
		t.Errorf("asked for %s, got %+v", kid, k)
	}
	return errs.KindOf(err)
}

func (p *publisher) wantFetches(t testing.TB, n int64, when string) {
	t.Helper()
	if got := p.fetches.Load(); got != n {
		t.Errorf("%s: %d fetches, want %d", when, got, n)
	}
}

func Test61UnknownKeysFetchAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, "a")
	s, clk := newSource(t, p)
	flood := func(prefix string) {
		for i := range 5000 {
			if k := has(t, s, fmt.Sprint(prefix, i)); k != errs.Unauthenticated {
				t.Fatalf("an unknown key: %s", k)
			}
		}
	}
	flood("x")
	p.wantFetches(t, 1, "the first flood")
	clk.Advance(59 * time.Second)
	flood("y")
	p.wantFetches(t, 1, "59 s later")
	clk.Advance(time.Second)
	flood("z")
	p.wantFetches(t, 2, "60 s later")
	if k := has(t, s, "a"); k != "" {
		t.Errorf("the good key: %s", k)
	}
	clk.Advance(time.Minute)
	has(t, s, "z0")
	p.wantFetches(t, 2, "a key that was found to be unknown two minutes ago")
	p.publish("a", "new")
	if k := has(t, s, "new"); k != "" {
		t.Errorf("a new key: %s", k)
	}
	p.wantFetches(t, 3, "a key that is newer than the set")
}

func Test61OneFetchForAllWhoWait(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, "a")
	release := make(chan struct{})
	inner := p.body
	p.set(func(p *publisher) {
		p.handler = func(w http.ResponseWriter, _ *http.Request) {
			<-release
			_, _ = w.Write([]byte(inner))
		}
	})
	s, _ := newSource(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Key(ctx, "a", "ES256"); !errors.Is(err, errs.Unavailable) {
		t.Errorf("a caller that gives up: %v", err)
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if k := has(t, s, "a"); k != "" {
				t.Errorf("after waiting: %s", k)
			}
		})
	}
	close(release)
	wg.Wait()
	p.wantFetches(t, 1, "50 callers")
}

func Test61TheLastSetServesOnDuringAnOutage(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, "a")
	s, clk := newSource(t, p)
	if k := has(t, s, "a"); k != "" {
		t.Fatal(k)
	}
	p.set(func(p *publisher) { p.handler = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) } })
	clk.Advance(11 * time.Minute)
	for range 100 {
		if k := has(t, s, "a"); k != "" {
			t.Fatalf("during the outage: %s", k)
		}
	}
	p.wantFetches(t, 2, "an outage")
	clk.Advance(110 * time.Minute)
	if k := has(t, s, "a"); k != errs.Unavailable {
		t.Errorf("after two hours without the issuer: %q", k)
	}
	p.set(func(p *publisher) { p.handler = nil })
	clk.Advance(5 * time.Second)
	if k := has(t, s, "a"); k != "" {
		t.Errorf("after the outage: %s", k)
	}
}

func Test62AKeyThatWasWithdrawnStopsWithinItsMaxAge(t *testing.T) {
	t.Parallel()
	for cache, lives := range map[string]time.Duration{
		"max-age=600": 10 * time.Minute, "public, max-age=600": 10 * time.Minute, "max-age=31536000": time.Hour,
		"no-cache": time.Minute, "max-age=600, no-store": time.Minute, "": time.Minute, "max-age=1": time.Minute, "max-age=x": time.Minute,
		"max-age=99999999999999999999": time.Minute,
	} {
		p := newPublisher(t, "a", "b")
		p.set(func(p *publisher) { p.cache = cache })
		s, clk := newSource(t, p)
		if k := has(t, s, "b"); k != "" {
			t.Fatal(k)
		}
		p.publish("a")
		clk.Advance(lives - time.Second)
		if k := has(t, s, "b"); k != "" {
			t.Errorf("%q: just before: %s", cache, k)
		}
		clk.Advance(time.Second)
		if k := has(t, s, "b"); k != errs.Unauthenticated {
			t.Errorf("%q: after its time: %q", cache, k)
		}
	}
}

func Test63SetsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	other := newPublisher(t, "a")
	for name, h := range map[string]http.HandlerFunc{
		"not JSON":   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"no keys":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) },
		"keys twice": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[],"keys":[]}`)) },
		"deep":       func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(strings.Repeat("[", 100000))) },
		"too many": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":[` + strings.Repeat("{},", 70) + `{}]}`))
		},
		"error status":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"another host":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) },
		"another scheme": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "https://"+r.Host, http.StatusFound) },
		"endless":        func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
		"100 MB": func(w http.ResponseWriter, _ *http.Request) {
			chunk := []byte(strings.Repeat(" ", 1<<20))
			for range 100 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPublisher(t)
			p.set(func(p *publisher) { p.handler = h })
			s, clk := newSource(t, p)
			if k := has(t, s, "a"); k != errs.Unavailable {
				t.Errorf("got %q", k)
			}
			clk.Advance(4 * time.Second)
			before := p.fetches.Load()
			has(t, s, "a")
			p.wantFetches(t, before, "a failure is not repeated at once")
		})
	}
	if other.fetches.Load() != 0 {
		t.Error("a redirect led to another host")
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	p := newPublisher(t)
	keys := `{"keys":[` + goodKey("a") + `]}`
	for name, c := range map[string]struct {
		issuer, keys string
		want         errs.Kind
	}{
		"right":          {p.URL, p.URL + "/keys", ""},
		"another issuer": {p.URL + "/x", p.URL + "/keys", errs.Unavailable},
		"keys over http": {p.URL, "http://keys.example.net/", errs.Unavailable},
		"keys in a file": {p.URL, "file:///etc/keys", errs.Unavailable},
		"no keys":        {p.URL, "", errs.Unavailable},
	} {
		p.set(func(p *publisher) {
			p.handler = func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/keys" {
					_, _ = w.Write([]byte(keys))
					return
				}
				_ = json.NewEncoder(w).Encode(map[string]string{"issuer": c.issuer, "jwks_uri": c.keys})
			}
		})
		s, err := jwks.New(jwks.Config{Issuer: p.URL, Clock: clock.NewManual(time.Unix(1e9, 0)), Logger: logging.Discard()})
		if err != nil {
			t.Fatal(err)
		}
		if k := has(t, s, "a"); k != c.want {
			t.Errorf("%s: %q", name, k)
		}
	}
}

func TestWarm(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, "a")
	s, _ := newSource(t, p)
	for range 2 {
		if err := s.Warm(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	has(t, s, "a")
	p.wantFetches(t, 1, "warmed twice and used")
}

func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{
		"https://id.example.com/oauth2/default": true, "http://127.0.0.1:7101": true, "http://localhost:7101": true, "http://[::1]:1/x": true,
		"http://id.example.com": false, "ftp://id.example.com": false, "https://": false, "//id.example.com": false, "": false,
		"https://user:secret@id.example.com": false, "https://id.example.com/#x": false, "http://127.0.0.1.example.com": false, "%": false,
	} {
		_, err := jwks.New(jwks.Config{Issuer: url, Clock: clock.System{}, Logger: logging.Discard()})
		if (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := jwks.New(jwks.Config{Issuer: "https://id.example.com"}); !errors.Is(err, errs.Invalid) {
		t.Errorf("without parts: %v", err)
	}
}
