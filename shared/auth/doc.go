// Package auth owns who is calling: it turns the Authorization header of a request into
// a verified Principal, or refuses.
//
// Bearer tokens are JSON Web Signatures of one configured OpenID Connect issuer. A strict
// pre-check looks at the token's text and at both JSON parts for everything the JWT library
// tolerates (duplicate members, crit, embedded keys, control characters …); the library
// then verifies the signature; the claims are held against the policy last. What a caller
// may do is not decided here, and keys are fetched by package jwks: this package knows no
// HTTP beyond the text of one header.
//
// Flow: Verifier.Authenticate → precheck (precheck.go) → claims (claims.go) → policy →
// KeySource.Key → signature → Principal. A token seen before (verified.go) begins at the
// policy, and its signature is not computed again under the same key.
package auth
