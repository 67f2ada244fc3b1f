// Package operationsfn puts together the trust zone behind /api/operations, /api/audit and
// /api/environments: what the function "operations" runs in the cloud and the whole-system
// process runs locally. Its GitLab token only reads: it says what would be done, stores what
// is asked for and starts the machine that does it.
package operationsfn

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/auditapi"
	"github.com/slipwayhq/slipway/shared/httpapi/environmentsapi"
	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/intake"
	"github.com/slipwayhq/slipway/shared/scaffolder/toolset"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
	"github.com/slipwayhq/slipway/statemachines"
)

// Deps is what the zone may touch.
type Deps struct {
	Operations table.Table
	Catalog    table.Table // read only
	Audit      table.Table // read only
	SCM        scm.Client  // with a token that reads: plans are made from what is there
	GitLabURL  string
	AWS        actions.AWS // what templates see of AWS
	Workflow   workflow.Starter
	Executions workflow.Inspector
	Callbacks  workflow.Callbacks // wakes tasks of cancelled operations
	Sealer     operations.Sealer  // of secrets of operations that are retried
	// Bell is rung after each write of an operation; nil when nobody watches in this process.
	Bell          *operations.Bell
	Accounts      []string // AWS accounts that environments may lie in
	Authenticator auth.Authenticator
	Clock         clock.Clock
	IDs           ids.Source
	Log           *slog.Logger
}

// Zone is the zone's parts.
type Zone struct {
	Operations *operations.Service
	Handler    http.Handler
}

// New makes the zone.
func New(d Deps) (*Zone, error) {
	shown, err := changelog.New(changelog.Config{Table: d.Catalog, Clock: d.Clock, IDs: d.IDs})
	if err != nil {
		return nil, fmt.Errorf("making the catalog: %w", err)
	}
	places, err := environments.New(environments.Config{Catalog: shown, Accounts: d.Accounts})
	if err != nil {
		return nil, fmt.Errorf("making environments: %w", err)
	}
	types, err := intake.Definitions(intake.Deps{Catalog: shown, Environments: places, Machine: statemachines.CreateApp})
	if err != nil {
		return nil, err
	}
	tools, err := toolset.New(toolset.Config{
		SCM: d.SCM, Catalog: shown, Environments: places, GitLabURL: d.GitLabURL, AWS: d.AWS, Vault: effects.NoSecrets{}, Clock: d.Clock,
	})
	if err != nil {
		return nil, err
	}
	ops, err := operations.New(operations.Deps{
		Table: d.Operations, Clock: d.Clock, IDs: d.IDs, Log: d.Log,
		Workflow: d.Workflow, Executions: d.Executions, Callbacks: d.Callbacks, Sealer: d.Sealer, Bell: d.Bell, Definitions: types, Planner: tools.Planner,
	})
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
	operationsapi.Handle(rt, operationsapi.API{Changes: ops, Shown: ops, Log: ops, Planner: tools.Planner})
	auditapi.Handle(rt, trail)
	environmentsapi.Handle(rt, places)
	httpapi.HandleOpenAPI(rt)
	return &Zone{Operations: ops, Handler: rt}, nil
}
