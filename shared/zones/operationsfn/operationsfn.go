// Package operationsfn puts together the trust zone behind /api/operations, /api/audit and
// /api/environments: what the function "operations" runs in the cloud and the whole-system
// process runs locally. Its GitLab token only reads: it says what would be done, stores what
// is asked for and starts the machine that does it.
package operationsfn

import (
	"fmt"
	"net/http"

	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/auditapi"
	"github.com/slipwayhq/slipway/shared/httpapi/environmentsapi"
	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/zones/acceptance"
)

// Deps is what the zone may touch.
type Deps struct {
	acceptance.Deps
	Audit         table.Table // read only
	Authenticator auth.Authenticator
}

// Zone is the zone's parts.
type Zone struct {
	Operations *operations.Service
	Handler    http.Handler
}

// New makes the zone.
func New(d Deps) (*Zone, error) {
	parts, err := acceptance.New(d.Deps)
	if err != nil {
		return nil, err
	}
	trail, err := audit.New(audit.Deps{Table: d.Audit, Clock: d.Clock, Log: d.Log})
	if err != nil {
		return nil, fmt.Errorf("making the audit trail: %w", err)
	}
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: d.Authenticator, Logger: d.Log, Clock: d.Clock, IDs: d.IDs})
	if err != nil {
		return nil, err
	}
	ops := parts.Operations
	operationsapi.Handle(rt, operationsapi.API{Changes: ops, Shown: ops, Log: ops, Planner: parts.Tools.Planner})
	auditapi.Handle(rt, trail)
	environmentsapi.Handle(rt, parts.Environments)
	httpapi.HandleOpenAPI(rt)
	return &Zone{Operations: ops, Handler: rt}, nil
}
