// Package streamfn puts together the trust zone behind the routes that stream: what the
// function "stream" runs in the cloud and the whole-system process runs locally. It reads
// operations and their logs, and may do nothing else.
package streamfn

import (
	"errors"
	"log/slog"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
	"github.com/slipwayhq/slipway/shared/httpapi/scaffolderapi"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
	"github.com/slipwayhq/slipway/shared/table"
)

// Deps is what the zone may touch.
type Deps struct {
	Operations table.Table // read only
	// Bell is rung by everybody who writes operations, if they are all in this process.
	Bell          *operations.Bell
	Authenticator auth.Authenticator
	Clock         clock.Clock
	IDs           ids.Source
	Log           *slog.Logger
}

// New makes the zone.
func New(d Deps) (*httpapi.Router, error) {
	ops, err := operations.New(operations.Deps{Table: d.Operations, Bell: d.Bell, Clock: d.Clock, IDs: d.IDs, Log: d.Log})
	if err != nil {
		return nil, err
	}
	events, err1 := tasks.NewEvents(ops, ops)
	rt, err2 := httpapi.NewRouter(httpapi.Config{Authenticator: d.Authenticator, Logger: d.Log, Clock: d.Clock, IDs: d.IDs})
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	scaffolderapi.HandleStream(rt, events)
	operationsapi.HandleStream(rt, ops)
	return rt, nil
}
