// Package usertoken owns the tokens that the portal itself issues to people who signed in:
// Backstage's user tokens, which its frontends show with every call and its other backends
// verify by the published key.
//
// A token is an ES256 JSON Web Signature of type vnd.backstage.user that lives an hour. It
// carries a second signature, uip, which proves a limited token: the same subject and times
// without the right to do anything but fetch static content. Backstage's plugins cut it out
// of the whole token (@backstage/plugin-auth-backend 0.30, TokenIssuer).
//
// Who may have a token is not decided here; verifying is package auth's, with the key and the
// policy that Issuer.Verifier gives it. The key is made and kept by whoever runs the portal.
//
// Flow: ParseKey or NewKey → New → Issuer.Issue, Issuer.KeySet, Issuer.Verifier.
package usertoken
