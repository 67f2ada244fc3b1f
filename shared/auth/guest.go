package auth

import (
	"bytes"
	"context"
	"encoding/base64"
	"net"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// GuestRef is what the catalog calls the guest: Backstage's name for it
// (@backstage/plugin-auth-backend-module-guest-provider).
const GuestRef = "user:development/guest"

// portalTokens is what the header's typ of every token that a portal issues holds
// (Backstage's users, plugins and limited users).
const portalTokens = "vnd.backstage."

// Guest lets everybody in as one guest user, for a server that only this machine reaches.
type Guest struct {
	// Tokens verifies what the portal gave to guests who signed in; nil when it gives none.
	Tokens Authenticator
}

var _ Authenticator = Guest{}

// NewGuest makes a guest authenticator for a server that listens on listen. It refuses
// every address but a loopback one: elsewhere it would open the portal to the network.
func NewGuest(listen string) (Guest, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return Guest{}, errs.Wrap(errs.Invalid, "the listen address is not host:port", err)
	}
	ip := net.ParseIP(host)
	if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return Guest{}, errs.New(errs.Invalid, "serving without authentication is possible on a loopback address only, such as 127.0.0.1")
	}
	return Guest{}, nil
}

// Authenticate gives the guest to whoever shows nothing. A token that says it is a
// portal's must be one of Tokens: an expired or forged one is refused, as it is elsewhere.
// What others have issued (a token left in the environment, say) means nothing here.
func (g Guest) Authenticate(ctx context.Context, authorization []string) (Principal, error) {
	if g.Tokens != nil && slices.ContainsFunc(authorization, ofPortal) {
		return g.Tokens.Authenticate(ctx, authorization)
	}
	return Principal{Subject: "guest", EntityRef: GuestRef, Kind: User}, nil
}

// ofPortal reports whether a token says of itself that a portal issued it.
func ofPortal(authorization string) bool {
	if len(authorization) > len(scheme)+maxTokenBytes {
		return false
	}
	scheme, token, _ := strings.Cut(strings.TrimSpace(authorization), " ")
	header, _, _ := strings.Cut(strings.TrimSpace(token), ".")
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(header, "="))
	return err == nil && strings.EqualFold(scheme, "bearer") && bytes.Contains(bytes.ToLower(raw), []byte(portalTokens))
}
