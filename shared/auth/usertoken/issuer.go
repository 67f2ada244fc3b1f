package usertoken

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Lifetime is how long a token is valid. Frontends sign in again during the last five
// minutes, with every call if that is all a token has.
const Lifetime = time.Hour

// What Backstage's backends expect of a token.
const (
	userType    = "vnd.backstage.user"
	limitedType = "vnd.backstage.limited-user"
	audience    = "backstage"
)

// Config is what an Issuer needs.
type Config struct {
	// URL is the issuer's name and where its documents are found: the portal's address with
	// /api/auth, without a slash at the end.
	URL   string
	Key   *ecdsa.PrivateKey // on P-256
	Clock clock.Clock
}

// Issuer issues tokens with one key. It is safe for concurrent use.
type Issuer struct {
	cfg Config
	key publicKey
}

var _ auth.KeySource = (*Issuer)(nil)

// New makes an issuer.
func New(cfg Config) (*Issuer, error) {
	if cfg.URL == "" || strings.HasSuffix(cfg.URL, "/") || cfg.Key == nil || cfg.Clock == nil {
		return nil, errs.New(errs.Invalid, "issuing tokens needs the issuer's URL, a key and a clock")
	}
	key, err := describe(&cfg.Key.PublicKey)
	if err != nil {
		return nil, err
	}
	return &Issuer{cfg: cfg, key: key}, nil
}

// URL is the issuer's name.
func (i *Issuer) URL() string { return i.cfg.URL }

// The parts of a token, in the order of Backstage's: plugins build the limited token's bytes
// anew and hold them against uip.
type (
	header struct {
		Type      string `json:"typ"`
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
	}
	limitedClaims struct {
		Subject string `json:"sub"`
		Issued  int64  `json:"iat"`
		Expires int64  `json:"exp"`
	}
	userClaims struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Audience string `json:"aud"`
		Issued   int64  `json:"iat"`
		Expires  int64  `json:"exp"`
		Proof    string `json:"uip"`
	}
)

// Issue gives a token for a user, named by its ref in the catalog.
func (i *Issuer) Issue(user string) (string, error) {
	issued := i.cfg.Clock.Now().Unix()
	expires := issued + int64(Lifetime/time.Second)
	_, proof, err := i.sign(limitedType, limitedClaims{user, issued, expires})
	if err != nil {
		return "", err
	}
	signed, signature, err := i.sign(userType, userClaims{i.cfg.URL, user, audience, issued, expires, proof})
	return signed + "." + signature, err
}

// sign gives what is signed and its signature.
func (i *Issuer) sign(typ string, claims any) (signed, signature string, err error) {
	head, err := encode(header{typ, auth.ES256, i.key.ID})
	if err != nil {
		return "", "", err
	}
	body, err := encode(claims)
	if err != nil {
		return "", "", err
	}
	signed = head + "." + body
	raw, err := jwt.SigningMethodES256.Sign(signed, i.cfg.Key)
	if err != nil {
		return "", "", fmt.Errorf("signing a token: %w", err)
	}
	return signed, base64.RawURLEncoding.EncodeToString(raw), nil
}

// encode writes JSON as JavaScript does, without HTML's escapes.
func encode(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", fmt.Errorf("encoding a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// Key gives the public key under its id.
func (i *Issuer) Key(_ context.Context, id, algorithm string) (auth.Key, error) {
	if id != i.key.ID || algorithm != auth.ES256 {
		return auth.Key{}, errs.New(errs.Unauthenticated, "the portal has no such key")
	}
	return auth.Key{ID: id, Algorithm: algorithm, Public: &i.cfg.Key.PublicKey}, nil
}

// Verifier takes this issuer's user tokens and no others: not its limited ones, and not
// what Backstage lets through (another issuer or audience, no type).
func (i *Issuer) Verifier() (*auth.Verifier, error) { return verifier(i.cfg.URL, i, i.cfg.Clock) }

func verifier(issuer string, keys auth.KeySource, c clock.Clock) (*auth.Verifier, error) {
	return auth.NewVerifier(auth.Config{
		Issuer: issuer, Audiences: []string{audience}, Keys: keys, Clock: c,
		Algorithms: []string{auth.ES256}, Types: []string{userType}, SubjectIsRef: true,
	})
}
