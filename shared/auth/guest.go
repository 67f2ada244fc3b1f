package auth

import (
	"context"
	"net"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Guest lets everybody in as one guest user, for a server that only this machine reaches.
type Guest struct{}

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

// Authenticate gives the guest, whatever the header says.
func (Guest) Authenticate(context.Context, []string) (Principal, error) {
	return Principal{Subject: "guest", EntityRef: "user:default/guest", Kind: User}, nil
}
