package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/authtest"
	"github.com/slipwayhq/slipway/shared/auth/jwks"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// TestBadTokensAreRefusedAndAGoodOneWorks attacks every API of the running system with the
// whole list of bad tokens.
func TestBadTokensAreRefusedAndAGoodOneWorks(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t, authtest.Config{})
	w := newWorld(t)
	w.who = verifier(t, issuer)
	p := w.start(t, layers{})
	defer p.stop(t)
	for _, path := range []string{"/api/operations", "/api/catalog/entities", "/api/audit/records", "/api/environments"} {
		if status := ask(t, w.portalURL+path, []string{"Bearer " + issuer.Issue(nil)}); status != http.StatusOK {
			t.Errorf("a good token gets %d at %s", status, path)
		}
		if status := ask(t, w.portalURL+path, nil); status != http.StatusUnauthorized {
			t.Errorf("no token gets %d at %s", status, path)
		}
	}
	refused := map[int]bool{}
	for _, bad := range authtest.BadTokens(issuer) {
		t.Run(fmt.Sprintf("%02d %s", bad.Number, bad.Name), func(t *testing.T) {
			url := w.portalURL + "/api/operations"
			if bad.Query != "" {
				url += "?" + strings.TrimPrefix(bad.Query, "?")
			}
			if status := ask(t, url, bad.Authorization); status != http.StatusUnauthorized && status != http.StatusBadRequest && status != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("answered with %d", status)
			}
		})
		refused[bad.Number] = true
	}
	if len(refused) != 64 {
		t.Errorf("%d rows of the list are covered, want 64", len(refused))
	}
}

func verifier(t *testing.T, issuer *authtest.Issuer) auth.Authenticator {
	t.Helper()
	keys, err := jwks.New(jwks.Config{Issuer: issuer.URL, Clock: clock.System{}, Logger: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	v, err := auth.NewVerifier(auth.Config{
		Issuer: issuer.URL, Audiences: []string{issuer.Audience}, Keys: keys, Clock: clock.System{},
		ClientIDs: []string{issuer.ClientID}, RequiredScopes: []string{issuer.Scopes[0]},
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// ask makes one request and gives the status. What net/http itself refuses to send counts
// as refused: it never gets to a server.
func ask(t *testing.T, url string, authorization []string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return http.StatusBadRequest
	}
	if authorization != nil {
		req.Header["Authorization"] = authorization
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil && strings.Contains(err.Error(), "invalid header") {
		return http.StatusBadRequest
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}
