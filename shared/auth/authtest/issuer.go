// Package authtest owns an OpenID Connect issuer for tests: a discovery document, a key
// set, tokens that are right and a corpus of tokens that are wrong in one way each.
//
// Its key set also publishes keys that no verifier may use (too short, off the curve, for
// encryption, symmetric), beside good ones: a bad key must neither verify nor spoil the
// set. It is used by the tests of package auth and by those that attack a deployed stack.
package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/clock"
)

// The ids of the good keys.
const (
	RSAKey = "rsa-1"
	ECKey  = "ec-1"
)

// Claims are a token's claims. In overrides, nil removes a claim.
type Claims map[string]any

// Config says what an issuer puts into its tokens. Empty fields get usable values.
type Config struct {
	URL      string // iss, and where the issuer's handler can be reached
	Audience string
	ClientID string
	Scopes   []string
	Clock    clock.Clock
}

// Issuer makes tokens.
type Issuer struct {
	Config
	rsa, weak *rsa.PrivateKey
	ec        *ecdsa.PrivateKey
	foreign   func() *rsa.PrivateKey // another tenant's; made when it is first needed
}

// New makes an issuer with fresh keys. It serves nothing by itself: mount Handler at URL.
func New(cfg Config) (*Issuer, error) {
	orElse(&cfg.Audience, "api://slipway")
	orElse(&cfg.ClientID, "0oa1portal")
	if cfg.Scopes == nil {
		cfg.Scopes = []string{"slipway.use", "openid"}
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	i := &Issuer{Config: cfg}
	var err error
	for bits, into := range map[int]**rsa.PrivateKey{2048: &i.rsa, 1024: &i.weak} {
		if *into, err = rsa.GenerateKey(rand.Reader, bits); err != nil {
			return nil, fmt.Errorf("making an RSA key: %w", err)
		}
	}
	i.foreign = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	if i.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, fmt.Errorf("making an EC key: %w", err)
	}
	return i, nil
}

// NewIssuer makes an issuer that is reachable on loopback until the test ends.
func NewIssuer(t testing.TB, cfg Config) *Issuer {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	cfg.URL = server.URL + "/oauth2/default"
	i, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/oauth2/default/", http.StripPrefix("/oauth2/default", i.Handler()))
	return i
}

func orElse(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// Handler serves the discovery document and the key set below the issuer's URL.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": i.URL, "jwks_uri": i.JWKSURL()})
	})
	mux.HandleFunc("GET /v1/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": i.published()})
	})
	return mux
}

// JWKSURL is where the key set is.
func (i *Issuer) JWKSURL() string { return i.URL + "/v1/keys" }

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "max-age=300")
	_ = json.NewEncoder(w).Encode(v) // a client that has gone needs no answer
}

// published are the keys of the set: two good ones among those that must not be used.
func (i *Issuer) published() []map[string]any {
	off := ecJWK("off-curve", i.ec)
	off["x"] = off["y"]
	return []map[string]any{
		{"kty": "oct", "kid": "oct", "use": "sig", "alg": "HS256", "k": b64(octSecret())},
		rsaJWK("weak", i.weak, nil),
		off,
		rsaJWK("for-encryption", i.rsa, map[string]any{"use": "enc"}),
		rsaJWK("for-signing-only", i.rsa, map[string]any{"key_ops": []string{"sign"}}),
		rsaJWK("for-rs512", i.rsa, map[string]any{"alg": "RS512"}),
		rsaJWK(RSAKey, i.rsa, map[string]any{"use": "sig", "alg": "RS256"}),
		ecJWK(ECKey, i.ec),
	}
}

func octSecret() []byte { return []byte("a published symmetric key is no secret") }

func rsaJWK(kid string, k *rsa.PrivateKey, more map[string]any) map[string]any {
	out := map[string]any{"kty": "RSA", "kid": kid, "n": b64(k.N.Bytes()), "e": "AQAB"}
	maps.Copy(out, more)
	return out
}

func ecJWK(kid string, k *ecdsa.PrivateKey) map[string]any {
	point := must(k.PublicKey.Bytes()) // 4, x, y
	return map[string]any{
		"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256",
		"x": b64(point[1:33]), "y": b64(point[33:]),
	}
}

// Claims gives the claims of a good access token of a user, in Okta's shape.
func (i *Issuer) Claims(overrides Claims) Claims {
	now := i.Clock.Now().Unix()
	c := Claims{
		"ver": 1, "jti": "AT.1a2b3c4d5e", "iss": i.URL, "aud": i.Audience, "iat": now, "nbf": now, "exp": now + 3600,
		"cid": i.ClientID, "uid": "00u1breanna", "scp": i.Scopes, "auth_time": now - 60,
		"sub": "breanna", "groups": []string{"team-a", "Everyone"},
	}
	for name, v := range overrides {
		if v == nil {
			delete(c, name)
			continue
		}
		c[name] = v
	}
	return c
}

// Issue makes a good access token, changed by overrides.
func (i *Issuer) Issue(overrides Claims) string {
	return i.rs256(map[string]any{"alg": "RS256", "kid": RSAKey, "typ": "at+jwt"}, i.Claims(overrides))
}

// IssueES256 makes a good access token that is signed with an elliptic curve.
func (i *Issuer) IssueES256(overrides Claims) string {
	return compact(
		marshal(map[string]any{"alg": "ES256", "kid": ECKey, "typ": "at+jwt"}),
		marshal(i.Claims(overrides)), i.signES256)
}

// IssueTyped makes a good access token whose header has this typ, or none for "".
func (i *Issuer) IssueTyped(typ string) string {
	header := map[string]any{"alg": "RS256", "kid": RSAKey, "typ": typ}
	if typ == "" {
		delete(header, "typ")
	}
	return i.rs256(header, i.Claims(nil))
}

func (i *Issuer) rs256(header map[string]any, claims Claims) string {
	return compact(marshal(header), marshal(claims), signRS256(i.rsa))
}

type signer func(signed []byte) []byte

func signRS256(k *rsa.PrivateKey) signer {
	return func(signed []byte) []byte {
		sum := sha256.Sum256(signed)
		return must(rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:]))
	}
}

func (i *Issuer) signES256(signed []byte) []byte {
	sum := sha256.Sum256(signed)
	r, s, err := ecdsa.Sign(rand.Reader, i.ec, sum[:])
	must(0, err)
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out
}

// compact is a JWS in compact form (RFC 7515 §3.1).
func compact(header, claims string, sign signer) string {
	signed := b64([]byte(header)) + "." + b64([]byte(claims))
	return signed + "." + b64(sign([]byte(signed)))
}

func marshal(v any) string { return string(must(json.Marshal(v))) }

// must is for what can only fail by a mistake in this package.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
