package httpapi_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/authtest"
	"github.com/slipwayhq/slipway/shared/auth/jwks"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// discarded takes an answer and keeps its headers.
type discarded struct{ header http.Header }

func (d discarded) Header() http.Header       { return d.header }
func (discarded) Write(p []byte) (int, error) { return len(p), nil }
func (discarded) WriteHeader(int)             {}

// everybody lets everybody in.
type everybody struct{}

func (everybody) Authenticate(context.Context, []string) (auth.Principal, error) {
	return auth.Principal{Subject: "jane", EntityRef: "user:default/jane", Kind: auth.User}, nil
}

// BenchmarkExchange is all that a request costs besides its handler: with everybody let in,
// and with a token verified.
func BenchmarkExchange(b *testing.B) {
	issuer := authtest.NewIssuer(b, authtest.Config{})
	keys, err := jwks.New(jwks.Config{Issuer: issuer.URL, Clock: clock.System{}, Logger: logging.Discard()})
	if err != nil {
		b.Fatal(err)
	}
	verifier, err := auth.NewVerifier(auth.Config{Issuer: issuer.URL, Audiences: []string{issuer.Audience}, Keys: keys, Clock: clock.System{}})
	if err != nil {
		b.Fatal(err)
	}
	for name, who := range map[string]auth.Authenticator{"open": everybody{}, "token": verifier} {
		b.Run(name, func(b *testing.B) {
			rt, err := httpapi.NewRouter(httpapi.Config{
				Authenticator: who, Logger: logging.New(io.Discard, slog.LevelInfo), Clock: clock.System{}, IDs: ids.Random{},
			})
			if err != nil {
				b.Fatal(err)
			}
			for _, route := range []string{"", "/by-query", "/by-refs", "/by-uid/{uid}"} {
				rt.Handle("GET /api/catalog/entities"+route, failWith(nil))
			}
			rt.Handle("GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}", func(w http.ResponseWriter, _ *http.Request) error {
				return httpapi.WriteRawJSON(w, http.StatusOK, []byte("{}"))
			})
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "/api/catalog/entities/by-name/component/default/orders?x=1", http.NoBody)
			if err != nil {
				b.Fatal(err)
			}
			r.Header = http.Header{"Authorization": {"Bearer " + issuer.Issue(nil)}, "X-Amzn-Trace-Id": {"Root=1-6920a1f3-4b8e0c1d2f3a4b5c6d7e8f90"}}
			b.ReportAllocs()
			for b.Loop() {
				rt.ServeHTTP(discarded{make(http.Header, 8)}, r)
			}
		})
	}
}
