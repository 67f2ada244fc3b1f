// Package signin makes the authenticator of a function from its settings: bearer tokens of
// one OIDC issuer. It owns the names of the settings; what is verified is auth's.
package signin

import (
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/jwks"
	"github.com/slipwayhq/slipway/shared/boot"
)

// New reads OIDC_ISSUER, OIDC_AUDIENCE (one or several, comma-separated) and, unless the
// issuer's discovery document is to name the keys, OIDC_JWKS_URL. OIDC_CLIENT_IDS names the
// only clients that are accepted, OIDC_SCOPES the scopes that each token must carry; both
// are comma-separated and may be empty.
func New(env boot.Env) (auth.Authenticator, error) {
	issuer := env.Settings.Required("OIDC_ISSUER")
	env.Settings.Required("OIDC_AUDIENCE")
	keys, err := jwks.New(jwks.Config{Issuer: issuer, URL: env.Settings.Optional("OIDC_JWKS_URL", ""), Clock: env.Clock, Logger: env.Log})
	if err != nil {
		return nil, err
	}
	return auth.NewVerifier(auth.Config{
		Issuer: issuer, Audiences: env.Settings.List("OIDC_AUDIENCE"), Keys: keys, Clock: env.Clock,
		ClientIDs: env.Settings.List("OIDC_CLIENT_IDS"), RequiredScopes: env.Settings.List("OIDC_SCOPES"),
	})
}
