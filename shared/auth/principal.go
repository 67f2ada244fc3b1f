package auth

import (
	"context"
	"slices"
)

// Kind says what sort of caller a Principal is.
type Kind string

// The kinds of callers.
const (
	User    Kind = "user"    // a person who signed in
	Service Kind = "service" // a program with a token of its own
)

// Principal is a verified caller. No field holds control characters.
type Principal struct {
	Subject   string   // as the issuer names the caller
	EntityRef string   // how the catalog names the caller: "user:default/jane"
	Groups    []string // as the issuer names them, sorted and distinct
	Scopes    []string // what the token was granted for, sorted and distinct
	Issuer    string
	TokenID   string // the token's jti, "" when it has none; safe to log
	Kind      Kind
}

// InGroup reports whether the principal is a member of the group.
func (p Principal) InGroup(name string) bool { return slices.Contains(p.Groups, name) }

// Authenticator turns the values of a request's Authorization header into a principal.
// Every refusal is of kind Unauthenticated; Unavailable says that the issuer's keys
// can't be had at the moment.
type Authenticator interface {
	Authenticate(ctx context.Context, authorization []string) (Principal, error)
}

type principalKey struct{}

// WithPrincipal makes p the caller on whose behalf ctx works.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom gives the caller on whose behalf ctx works, and whether there is one.
func PrincipalFrom(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}
