// Package webhooksfn puts together the trust zone that GitLab talks to: it verifies a
// delivery, stores it with its event, and answers. It can read nothing else.
package webhooksfn

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/webhooksapi"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/webhooks"
)

// Deps is what the zone may touch.
type Deps struct {
	Deliveries table.Table
	Secrets    webhooks.SecretSource
	Clock      clock.Clock
	IDs        ids.Source
	Log        *slog.Logger
}

// New makes the zone's HTTP surface.
func New(d Deps) (http.Handler, error) {
	receiver, err := webhooks.NewReceiver(webhooks.Deps{Table: d.Deliveries, Secrets: d.Secrets, Clock: d.Clock, Logger: d.Log})
	if err != nil {
		return nil, err
	}
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: nobody{}, Logger: d.Log, Clock: d.Clock, IDs: d.IDs})
	if err != nil {
		return nil, err
	}
	webhooksapi.Handle(rt, receiver)
	return rt, nil
}

// nobody lets nobody in: the zone's only route has a proof of its own.
type nobody struct{}

var _ auth.Authenticator = nobody{}

func (nobody) Authenticate(context.Context, []string) (auth.Principal, error) {
	return auth.Principal{}, errs.New(errs.Unauthenticated, "there is nothing to sign in to here")
}
