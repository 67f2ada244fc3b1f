package auth

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The policy on times.
const (
	clockSkew   = 30 * time.Second // how far the issuer's clock may differ from ours
	maxLifetime = 24 * time.Hour   // a token that lives longer is refused
)

// Algorithms that a token may be signed with (RFC 7518 §3.1).
const (
	RS256 = "RS256"
	ES256 = "ES256"
)

// Key is a public key of the issuer.
type Key struct {
	ID        string
	Algorithm string // the only one it verifies: RS256 or ES256
	Public    crypto.PublicKey
}

// KeySource gives the issuer's public keys. Package jwks fetches them.
type KeySource interface {
	// Key gives the key with that id for that algorithm. Unauthenticated when the issuer
	// has none, Unavailable when that can't be found out at the moment.
	Key(ctx context.Context, id, algorithm string) (Key, error)
}

// Config says which tokens are accepted.
type Config struct {
	Issuer    string   // compared verbatim with iss
	Audiences []string // every aud of a token must be one of these
	Keys      KeySource
	Clock     clock.Clock

	// Algorithms is empty for RS256 and ES256.
	Algorithms []string
	// ClientIDs, when set, are the only clients whose tokens are accepted.
	ClientIDs []string
	// RequiredScopes, when set, must all be granted to a token.
	RequiredScopes []string
	// UsernameClaim names a person in the catalog: "sub" (the default) or another claim
	// that users can't choose for themselves, such as "preferred_username" at some issuers.
	UsernameClaim string
	// Types are the header's typ that tokens may have; access tokens' when empty.
	Types []string
	// SubjectIsRef says that sub is the caller's ref in the catalog: the portal's own
	// tokens, whose UsernameClaim is not used.
	SubjectIsRef bool
}

// acceptedTypes are the header's typ of access tokens: RFC 9068's and what issuers used
// before it, including nothing.
var acceptedTypes = []string{"", "JWT", "at+jwt", "application/at+jwt"}

// Verifier authenticates bearer tokens of one issuer. It is safe for concurrent use.
type Verifier struct {
	cfg      Config
	parser   *jwt.Parser
	verified verified
}

var _ Authenticator = (*Verifier)(nil)

// NewVerifier makes a verifier.
func NewVerifier(cfg Config) (*Verifier, error) {
	if cfg.Issuer == "" || len(cfg.Audiences) == 0 || cfg.Keys == nil || cfg.Clock == nil {
		return nil, errs.New(errs.Invalid, "verifying tokens needs an issuer, an audience, a source of keys and a clock")
	}
	if slices.Contains(cfg.Audiences, "") {
		return nil, errs.New(errs.Invalid, "an audience of tokens is empty")
	}
	if len(cfg.Algorithms) == 0 {
		cfg.Algorithms = []string{RS256, ES256}
	}
	for _, a := range cfg.Algorithms {
		if a != RS256 && a != ES256 {
			return nil, errs.New(errs.Invalid, "tokens can be verified with RS256 and ES256 only")
		}
	}
	if cfg.UsernameClaim == "" || cfg.SubjectIsRef {
		cfg.UsernameClaim = "sub"
	}
	if len(cfg.Types) == 0 {
		cfg.Types = acceptedTypes
	}
	return &Verifier{cfg: cfg, parser: newParser(cfg)}, nil
}

// newParser sets the library as strict as it can be; what it checks beyond the signature
// has been checked before and is a second line of defence.
func newParser(cfg Config) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods(cfg.Algorithms), jwt.WithIssuer(cfg.Issuer), jwt.WithAudience(cfg.Audiences...),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(clockSkew),
		jwt.WithTimeFunc(cfg.Clock.Now), jwt.WithStrictDecoding(),
	)
}

// Authenticate verifies the one bearer token of a request. Keys are asked for last, so
// that only a token that is right in all but its signature can make us fetch any.
func (v *Verifier) Authenticate(ctx context.Context, authorization []string) (Principal, error) {
	raw, err := bearer(authorization)
	if err != nil {
		return Principal{}, errs.Wrap(errs.Unauthenticated, "a bearer token is required", err)
	}
	if len(raw) > maxTokenBytes {
		return Principal{}, refuse(fmt.Errorf("the token is longer than %d bytes", maxTokenBytes))
	}
	name := digest(sha256.Sum256([]byte(raw)))
	t, known := v.verified.find(name)
	if !known {
		if t, err = v.read(raw); err != nil {
			return Principal{}, refuse(err)
		}
	}
	if err := v.check(t.claims); err != nil {
		return Principal{}, refuse(err)
	}
	key, err := v.keyOf(ctx, t)
	if err != nil {
		return Principal{}, err
	}
	if !t.provenBy(key.Public) {
		if err := v.verify(raw, key); err != nil {
			return Principal{}, refuse(err)
		}
		t.key = key.Public
		v.verified.add(name, t)
	}
	return v.principal(t.claims), nil
}

// read takes in what a token says.
func (v *Verifier) read(raw string) (token, error) {
	u, err := precheck(raw, v.cfg.Types)
	if err != nil {
		return token{}, err
	}
	if !slices.Contains(v.cfg.Algorithms, u.algorithm) {
		return token{}, errors.New("the algorithm is not allowed")
	}
	c, err := readClaims(u.claims, v.cfg.UsernameClaim)
	return token{algorithm: u.algorithm, keyID: u.keyID, claims: c}, err
}

// refuse hides the reason from the caller: it is for the log. No reason quotes the token.
func refuse(reason error) error {
	return errs.Wrap(errs.Unauthenticated, "the bearer token is not valid", reason)
}

// keyOf gives the key that the issuer publishes now under the name that the token gives.
func (v *Verifier) keyOf(ctx context.Context, t token) (Key, error) {
	key, err := v.cfg.Keys.Key(ctx, t.keyID, t.algorithm)
	switch {
	case errors.Is(err, errs.Unauthenticated):
		return Key{}, refuse(err)
	case err != nil:
		return Key{}, fmt.Errorf("looking up the token's key: %w", err)
	case key.Algorithm != t.algorithm:
		return Key{}, refuse(errors.New("the key is for another algorithm"))
	}
	return key, nil
}

func (v *Verifier) verify(raw string, key Key) error {
	_, err := v.parser.ParseWithClaims(raw, &jwt.RegisteredClaims{}, func(*jwt.Token) (any, error) { return key.Public, nil })
	return err
}

// check holds the claims against the policy.
func (v *Verifier) check(c claims) error {
	switch {
	case c.issuer != v.cfg.Issuer:
		return errors.New("another issuer")
	case len(c.audiences) == 0:
		return errors.New("no audience")
	case c.subject == "":
		return errors.New("no subject")
	case c.username == "" && !c.ownBehalf:
		return fmt.Errorf("no %s to name the user by", v.cfg.UsernameClaim)
	case v.cfg.SubjectIsRef && !userRef.MatchString(c.subject):
		return errors.New("a subject that is no user's ref")
	case len(v.cfg.ClientIDs) > 0 && !slices.Contains(v.cfg.ClientIDs, c.client):
		return errors.New("a client that is not allowed")
	}
	for _, a := range c.audiences {
		if !slices.Contains(v.cfg.Audiences, a) {
			return errors.New("another audience")
		}
	}
	for _, s := range v.cfg.RequiredScopes {
		if !slices.Contains(c.scopes, s) {
			return errors.New("a required scope is missing")
		}
	}
	return checkTimes(c, v.cfg.Clock.Now())
}

func checkTimes(c claims, now time.Time) error {
	switch {
	case c.expires.IsZero():
		return errors.New("no expiry")
	case !now.Before(c.expires.Add(clockSkew)):
		return errors.New("expired")
	case c.expires.Sub(now) > maxLifetime+clockSkew:
		return errors.New("expires too far ahead")
	case now.Before(c.notBefore.Add(-clockSkew)):
		return errors.New("not valid yet")
	case now.Before(c.issuedAt.Add(-clockSkew)):
		return errors.New("issued in the future")
	case !c.issuedAt.IsZero() && c.expires.Sub(c.issuedAt) > maxLifetime:
		return errors.New("lives too long")
	}
	return nil
}

func (v *Verifier) principal(c claims) Principal {
	p := Principal{
		Subject: c.subject, Issuer: c.issuer, TokenID: c.tokenID, Kind: User,
		Groups: slices.Clone(c.groups), Scopes: slices.Clone(c.scopes), EntityRef: entityRef("user", c.username),
	}
	if v.cfg.SubjectIsRef {
		p.EntityRef = c.subject
	} else if c.ownBehalf {
		p.Kind, p.EntityRef = Service, entityRef("service", c.client)
	}
	return p
}
