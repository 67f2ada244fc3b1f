package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/authtest"
	"github.com/slipwayhq/slipway/shared/auth/jwks"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newPair(t testing.TB, change func(*auth.Config)) (*authtest.Issuer, *auth.Verifier, *clock.Manual) {
	t.Helper()
	clk := clock.NewManual(noon)
	issuer := authtest.NewIssuer(t, authtest.Config{Clock: clk})
	keys, err := jwks.New(jwks.Config{Issuer: issuer.URL, Clock: clk, Logger: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	cfg := auth.Config{Issuer: issuer.URL, Audiences: []string{issuer.Audience}, Keys: keys, Clock: clk}
	if change != nil {
		change(&cfg)
	}
	v, err := auth.NewVerifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return issuer, v, clk
}

func strictest(cfg *auth.Config) {
	cfg.ClientIDs, cfg.RequiredScopes = []string{"0oa1portal"}, []string{"slipway.use"}
}

// TestBadTokens refuses every row of the list of attacks; the rows on the behaviour of the
// key set over time (61 to 63) and the exact boundaries (64) have tests of their own too.
func TestBadTokens(t *testing.T) {
	t.Parallel()
	issuer, v, _ := newPair(t, strictest)
	seen := map[int]bool{}
	for _, bad := range authtest.BadTokens(issuer) {
		seen[bad.Number] = true
		t.Run(fmt.Sprintf("%02d %s", bad.Number, bad.Name), func(t *testing.T) {
			p, err := v.Authenticate(t.Context(), bad.Authorization)
			if !errors.Is(err, errs.Unauthenticated) {
				t.Fatalf("got %+v, %v", p, err)
			}
			if d := cmp.Diff(auth.Principal{}, p); d != "" {
				t.Error("a refusal comes with a principal:", d)
			}
			if strings.ContainsAny(err.Error(), "\n\x1b\x00\u2028") {
				t.Errorf("the reason holds what the token held: %q", err)
			}
		})
	}
	for n := 1; n <= 64; n++ {
		if !seen[n] {
			t.Errorf("row %d is missing", n)
		}
	}
	if _, err := v.Authenticate(t.Context(), []string{"Bearer " + issuer.Issue(nil)}); err != nil {
		t.Errorf("after all of that a good token is refused: %v", err)
	}
}

func TestGoodTokens(t *testing.T) {
	t.Parallel()
	issuer, v, _ := newPair(t, strictest)
	base := auth.Principal{
		Subject: "breanna", EntityRef: "user:default/breanna", Groups: []string{"Everyone", "team-a"},
		Scopes: []string{"openid", "slipway.use"}, Issuer: issuer.URL, TokenID: "AT.1a2b3c4d5e", Kind: auth.User,
	}
	with := func(change func(*auth.Principal)) auth.Principal {
		p := base
		change(&p)
		return p
	}
	for name, c := range map[string]struct {
		token string
		want  auth.Principal
	}{
		"RS256, at+jwt":     {issuer.Issue(nil), base},
		"ES256":             {issuer.IssueES256(nil), base},
		"typ JWT":           {issuer.IssueTyped("JWT"), base},
		"no typ, as Okta":   {issuer.IssueTyped(""), base},
		"media type as typ": {issuer.IssueTyped("application/at+JWT"), base},
		"aud as an array":   {issuer.Issue(authtest.Claims{"aud": []string{issuer.Audience}}), base},
		"scope as text":     {issuer.Issue(authtest.Claims{"scp": nil, "scope": "slipway.use openid"}), base},
		"client_id":         {issuer.Issue(authtest.Claims{"cid": nil, "client_id": issuer.ClientID}), base},
		"no nbf, no iat":    {issuer.Issue(authtest.Claims{"nbf": nil, "iat": nil}), base},
		"fractions":         {issuer.Issue(authtest.Claims{"exp": float64(noon.Unix()) + 10.5}), base},
		"no groups": {
			issuer.Issue(authtest.Claims{"groups": nil, "jti": nil}),
			with(func(p *auth.Principal) { p.Groups, p.TokenID = nil, "" }),
		},
		"mail address": {
			issuer.Issue(authtest.Claims{"sub": "Breanna.Davison@example.com"}),
			with(func(p *auth.Principal) {
				p.Subject, p.EntityRef = "Breanna.Davison@example.com", "user:default/breanna.davison-example.com-1401cdef1cc3"
			}),
		},
		"service": {
			issuer.Issue(authtest.Claims{"sub": issuer.ClientID, "uid": nil, "groups": nil}),
			with(func(p *auth.Principal) {
				p.Subject, p.EntityRef, p.Kind, p.Groups = issuer.ClientID, "service:default/0oa1portal", auth.Service, nil
			}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := v.Authenticate(t.Context(), []string{"Bearer " + c.token})
			if err != nil {
				t.Fatal(err, errors.Unwrap(err))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestBoundariesOfTheSkew(t *testing.T) {
	t.Parallel()
	issuer, v, _ := newPair(t, nil)
	now := noon.Unix()
	for _, c := range []struct {
		claim  string
		offset int64
		ok     bool
	}{
		{"exp", -29, true}, {"exp", -30, false}, {"nbf", 30, true}, {"nbf", 31, false}, {"iat", 30, true},
		{"iat", 31, false}, {"exp", 24*3600 + 31, false},
	} {
		t.Run(fmt.Sprintf("64 %s %+d s", c.claim, c.offset), func(t *testing.T) {
			claims := authtest.Claims{"iat": nil, "nbf": nil}
			claims[c.claim] = now + c.offset
			_, err := v.Authenticate(t.Context(), []string{"Bearer " + issuer.Issue(claims)})
			if (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheUsernameClaimNamesTheUser(t *testing.T) {
	t.Parallel()
	issuer, v, _ := newPair(t, func(cfg *auth.Config) { cfg.UsernameClaim = "preferred_username" })
	p, err := v.Authenticate(t.Context(), []string{"Bearer " + issuer.Issue(authtest.Claims{"sub": "00u1", "preferred_username": "Jane"})})
	if err != nil || p.EntityRef != "user:default/jane" || p.Subject != "00u1" {
		t.Errorf("got %+v, %v", p, err)
	}
	if _, err := v.Authenticate(t.Context(), []string{"Bearer " + issuer.Issue(nil)}); !errors.Is(err, errs.Unauthenticated) {
		t.Errorf("a token that does not name its user: %v", err)
	}
}

func TestAlgorithmsCanBeNarrowed(t *testing.T) {
	t.Parallel()
	issuer, v, _ := newPair(t, func(cfg *auth.Config) { cfg.Algorithms = []string{auth.RS256} })
	if _, err := v.Authenticate(t.Context(), []string{"Bearer " + issuer.IssueES256(nil)}); !errors.Is(err, errs.Unauthenticated) {
		t.Errorf("got %v", err)
	}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	t.Parallel()
	good := auth.Config{Issuer: "https://id.example.com", Audiences: []string{"a"}, Keys: outage{}, Clock: clock.System{}}
	for name, change := range map[string]func(*auth.Config){
		"no issuer":      func(c *auth.Config) { c.Issuer = "" },
		"no audience":    func(c *auth.Config) { c.Audiences = nil },
		"empty audience": func(c *auth.Config) { c.Audiences = []string{"a", ""} },
		"no keys":        func(c *auth.Config) { c.Keys = nil },
		"no clock":       func(c *auth.Config) { c.Clock = nil },
		"HS256":          func(c *auth.Config) { c.Algorithms = []string{"HS256"} },
		"none":           func(c *auth.Config) { c.Algorithms = []string{"RS256", "none"} },
	} {
		cfg := good
		change(&cfg)
		if _, err := auth.NewVerifier(cfg); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// outage is a key source whose issuer can't be reached.
type outage struct{}

func (outage) Key(context.Context, string, string) (auth.Key, error) {
	return auth.Key{}, errs.New(errs.Unavailable, "down")
}

func TestAnOutageIsNotARefusal(t *testing.T) {
	t.Parallel()
	issuer, v, _ := newPair(t, func(cfg *auth.Config) { cfg.Keys = outage{} })
	if _, err := v.Authenticate(t.Context(), []string{"Bearer " + issuer.Issue(nil)}); !errors.Is(err, errs.Unavailable) {
		t.Errorf("got %v", err)
	}
}

func TestGuestOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for listen, ok := range map[string]bool{
		"127.0.0.1:7007": true, "[::1]:7007": true, "localhost:7007": true, "127.9.9.9:0": true,
		":7007": false, "0.0.0.0:7007": false, "[::]:7007": false, "10.0.0.5:7007": false, "portal.example.com:80": false,
		"localhost.example.com:80": false, "127.0.0.1": false, "": false,
	} {
		g, err := auth.NewGuest(listen)
		if (err == nil) != ok {
			t.Errorf("%q: %v", listen, err)
		}
		if p, err := g.Authenticate(t.Context(), nil); ok && (err != nil || p.EntityRef != "user:development/guest") {
			t.Errorf("%q: %+v %v", listen, p, err)
		}
	}
}

func FuzzAuthenticate(f *testing.F) {
	issuer, v, _ := newPair(f, strictest)
	f.Add("Bearer " + issuer.Issue(nil))
	f.Add("Bearer e30.e30.AA")
	for _, b := range authtest.BadTokens(issuer) {
		if len(b.Authorization) == 1 && len(b.Authorization[0]) < 2000 {
			f.Add(b.Authorization[0])
		}
	}
	good := map[string]bool{"Bearer " + issuer.Issue(nil): true}
	f.Fuzz(func(t *testing.T, header string) {
		if _, err := v.Authenticate(context.Background(), []string{header}); err == nil && !good[header] {
			t.Fatalf("accepted %q", header)
		}
	})
}
