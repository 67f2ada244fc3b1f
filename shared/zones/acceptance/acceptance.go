// Package acceptance puts together what every zone has that takes requests for operations,
// so that a request is understood, planned and stored alike whichever API it came in by:
//
//	catalog (read only) → environments → types of operations → service
//	                    └→ actions → rehearsal → planner ─────┘
//
// It decides nothing itself, answers nothing, and its GitLab token only reads: the effects
// are made by the zone "creation".
package acceptance

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/environments"
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

// Deps is what taking requests needs.
type Deps struct {
	Operations table.Table
	Catalog    table.Table // read only
	SCM        scm.Client  // with a token that reads: plans are made from what is there
	GitLabURL  string
	AWS        actions.AWS // what templates see of AWS
	Workflow   workflow.Starter
	Executions workflow.Inspector
	Callbacks  workflow.Callbacks // wakes tasks of cancelled operations
	Sealer     operations.Sealer  // of secrets that are given to operations
	// Bell is rung after each write of an operation; nil when nobody watches in this process.
	Bell     *operations.Bell
	Accounts []string // AWS accounts that environments may lie in
	Clock    clock.Clock
	IDs      ids.Source
	Log      *slog.Logger
}

// Parts is what was put together.
type Parts struct {
	Catalog      *changelog.Log
	Environments *environments.Resolver
	Tools        *toolset.Set
	Operations   *operations.Service
}

// New puts the parts together.
func New(d Deps) (*Parts, error) {
	if d.SCM == nil || d.Workflow == nil {
		return nil, errors.New("who takes requests for operations needs GitLab and workflows")
	}
	var p Parts
	var err error
	if p.Catalog, err = changelog.New(changelog.Config{Table: d.Catalog, Clock: d.Clock, IDs: d.IDs}); err != nil {
		return nil, fmt.Errorf("making the catalog: %w", err)
	}
	if p.Environments, err = environments.New(environments.Config{Catalog: p.Catalog, Accounts: d.Accounts}); err != nil {
		return nil, fmt.Errorf("making environments: %w", err)
	}
	types, err := intake.Definitions(intake.Deps{Catalog: p.Catalog, Environments: p.Environments, Machine: statemachines.CreateApp})
	if err != nil {
		return nil, err
	}
	p.Tools, err = toolset.New(toolset.Config{
		SCM: d.SCM, Catalog: p.Catalog, Environments: p.Environments, GitLabURL: d.GitLabURL, AWS: d.AWS, Vault: effects.NoSecrets{}, Clock: d.Clock,
	})
	if err != nil {
		return nil, err
	}
	p.Operations, err = operations.New(operations.Deps{
		Table: d.Operations, Clock: d.Clock, IDs: d.IDs, Log: d.Log, Workflow: d.Workflow, Executions: d.Executions,
		Callbacks: d.Callbacks, Sealer: d.Sealer, Bell: d.Bell, Definitions: types, Planner: p.Tools.Planner,
	})
	return &p, err
}
