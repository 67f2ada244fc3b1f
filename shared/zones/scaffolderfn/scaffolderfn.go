// Package scaffolderfn puts together the trust zone behind /api/scaffolder: what the
// function "scaffolder" runs in the cloud and the whole-system process runs locally. Its
// GitLab token only reads: it says what templates ask for and would do, starts the machine
// that does it, and passes on the log.
package scaffolderfn

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/scaffolderapi"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/intake"
	"github.com/slipwayhq/slipway/shared/scaffolder/taskbroker"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
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
	SCM        scm.Client  // with a token that reads
	GitLabURL  string
	AWS        actions.AWS // what templates see of AWS
	Workflow   workflow.Starter
	Executions workflow.Inspector
	Callbacks  workflow.Callbacks // wakes tasks of cancelled operations
	Sealer     operations.Sealer  // of secrets that are given to tasks
	// Bell is rung by everybody who writes operations, if they are all in this process.
	Bell          *operations.Bell
	Accounts      []string // AWS accounts that environments may lie in
	Authenticator auth.Authenticator
	Clock         clock.Clock
	IDs           ids.Source
	Log           *slog.Logger
}

// New makes the zone.
func New(d Deps) (http.Handler, error) {
	if d.SCM == nil || d.Workflow == nil {
		return nil, errors.New("the scaffolder needs GitLab and workflows")
	}
	shown, err := changelog.New(changelog.Config{Table: d.Catalog, Clock: d.Clock, IDs: d.IDs})
	if err != nil {
		return nil, fmt.Errorf("making the catalog: %w", err)
	}
	places, err := environments.New(environments.Config{Catalog: shown, Accounts: d.Accounts})
	if err != nil {
		return nil, fmt.Errorf("making environments: %w", err)
	}
	ops, err := d.operations(intake.Deps{Catalog: shown, Environments: places, Machine: statemachines.CreateApp})
	if err != nil {
		return nil, err
	}
	tools, err := toolset.New(toolset.Config{
		SCM: d.SCM, Catalog: shown, Environments: places, GitLabURL: d.GitLabURL, AWS: d.AWS,
		Vault: effects.NoSecrets{}, Clock: d.Clock,
	})
	if err != nil {
		return nil, err
	}
	runs, err1 := taskbroker.New(taskbroker.Deps{Operations: ops, Catalog: shown, Rehearser: tools.Rehearser, IDs: d.IDs})
	events, err2 := tasks.NewEvents(ops, ops)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return d.surface(runs, events)
}

func (d Deps) operations(asked intake.Deps) (*operations.Service, error) {
	types, err := intake.Definitions(asked)
	if err != nil {
		return nil, err
	}
	return operations.New(operations.Deps{
		Table: d.Operations, Clock: d.Clock, IDs: d.IDs, Log: d.Log, Workflow: d.Workflow, Executions: d.Executions,
		Callbacks: d.Callbacks, Sealer: d.Sealer, Bell: d.Bell, Definitions: types,
	})
}

func (d Deps) surface(runs *taskbroker.Broker, events *tasks.Events) (http.Handler, error) {
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: d.Authenticator, Logger: d.Log, Clock: d.Clock, IDs: d.IDs})
	if err != nil {
		return nil, err
	}
	scaffolderapi.Handle(rt, scaffolderapi.API{
		Tasks: runs, Events: events, Templates: runs, Suggesters: map[string]scaffolderapi.Suggester{"gitlab": taskbroker.GitLabSuggester{GitLab: d.SCM}},
	})
	return rt, nil
}
