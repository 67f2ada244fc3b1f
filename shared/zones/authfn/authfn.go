// Package authfn puts together the trust zone behind /api/auth, /api/permission,
// /api/user-settings and /api/notifications: what the function "auth" runs in the cloud and
// the whole-system process runs locally. It is about the person in front of a frontend, and
// touches nothing but their settings. It owns no logic; adapters are chosen by whoever calls it.
package authfn

import (
	"log/slog"
	"net/http"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/permission"
	"github.com/slipwayhq/slipway/shared/auth/usertoken"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/frontendapi"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/usersettings"
)

// Deps is what the zone may touch.
type Deps struct {
	Settings table.Table
	// Guests, when set, lets everybody sign in as the guest. No function sets it: a portal
	// that others reach has no guests.
	Guests        *Guests
	Authenticator auth.Authenticator
	Clock         clock.Clock
	IDs           ids.Source
	Log           *slog.Logger
}

// Guests is what signing in as the guest takes.
type Guests struct {
	Tokens *usertoken.Issuer
	Groups frontendapi.Groups
}

// New makes the zone's handler.
func New(d Deps) (http.Handler, error) {
	settings, err := usersettings.New(usersettings.Deps{Table: d.Settings, Clock: d.Clock})
	if err != nil {
		return nil, err
	}
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: d.Authenticator, Logger: d.Log, Clock: d.Clock, IDs: d.IDs})
	if err != nil {
		return nil, err
	}
	if d.Guests != nil {
		if d.Guests.Tokens == nil || d.Guests.Groups == nil {
			return nil, errs.New(errs.Invalid, "guests need tokens and a source of groups")
		}
		frontendapi.HandleGuestSignIn(rt, d.Guests.Tokens, d.Guests.Groups)
	}
	frontendapi.HandleSignIn(rt)
	frontendapi.HandlePermission(rt, permission.SignedIn{})
	frontendapi.HandleUserSettings(rt, settings)
	frontendapi.HandleNotifications(rt)
	return rt, nil
}
