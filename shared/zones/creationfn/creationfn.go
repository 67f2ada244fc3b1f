// Package creationfn puts together the trust zone that creates applications: the only one
// that holds a GitLab token that writes. It is the code behind the tasks of create-app, in
// the function "creation" and in the whole-system process alike.
package creationfn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/sources"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/toolset"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/webhooks"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// Deps is what the zone may touch.
type Deps struct {
	Operations table.Table
	Catalog    table.Table
	Workspaces blob.Store
	SCM        scm.Client // with a token that writes
	Callbacks  workflow.Callbacks
	Sealer     operations.Sealer // of the secrets of operations
	// Bell is rung after each write of an operation; nil when nobody watches in this process.
	Bell        *operations.Bell
	GitLabURL   string
	AWS         actions.AWS         // what templates see of AWS
	SecretStore effects.SecretStore // of the account that Slipway runs in
	WebhookURL  string
	// PlatformGroups may define what others depend on; see catalog.Deps.
	PlatformGroups []string
	// AllowedHosts may be read besides GitLab; see websource.Config.
	AllowedHosts []string
	// Kinds are the kinds of entities; the built-in ones when nil.
	Kinds *entity.Kinds
	// Secrets are what project hooks prove their deliveries with: the first of each kind.
	Secrets webhooks.SecretSource
	// InsecureHookTLS turns certificate verification of hooks off: a loopback receiver.
	InsecureHookTLS bool
	Accounts        []string // AWS accounts that environments may lie in
	Owner           string   // this process; see operations.LedgerConfig
	SoleOwner       bool
	Settle          time.Duration // see operations.LedgerConfig
	Clock           clock.Clock
	IDs             ids.Source
	Log             *slog.Logger
}

// RequestTimeout is after how long GitLab gives up a request, unless it is told otherwise:
// Puma's timeout, GITLAB_RAILS_RACK_TIMEOUT.
const RequestTimeout = time.Minute

// Settle gives how long an effect of unknown outcome is waited for: what is not there a
// moment after GitLab gives up never comes, even if its sender died right after sending it.
func Settle(requestTimeout time.Duration) time.Duration { return requestTimeout + 5*time.Second }

// longest is how long the longest request, a commit, may take.
const longest = 115 * time.Second

// New makes the tasks by the name the state machine calls them.
func New(d Deps) (map[string]workflow.Task, error) {
	if d.SCM == nil || d.Callbacks == nil || d.Secrets == nil || d.SecretStore == nil || d.WebhookURL == "" {
		return nil, errors.New("creation needs GitLab, callbacks, a store of secrets, a webhook URL and its secrets")
	}
	entities, err := sources.New(sources.Config{Table: d.Catalog, SCM: d.SCM, GitLabURL: d.GitLabURL, AllowedHosts: d.AllowedHosts,
		PlatformGroups: d.PlatformGroups, Kinds: d.Kinds, Clock: d.Clock, IDs: d.IDs, Log: d.Log})
	if err != nil {
		return nil, err
	}
	places, err := environments.New(environments.Config{Catalog: entities, Accounts: d.Accounts})
	if err != nil {
		return nil, fmt.Errorf("making environments: %w", err)
	}
	ops, err := operations.New(operations.Deps{Table: d.Operations, Sealer: d.Sealer, Bell: d.Bell, Clock: d.Clock, IDs: d.IDs, Log: d.Log})
	if err != nil {
		return nil, err
	}
	spaces, err := workspace.New(workspace.Config{Blobs: d.Workspaces})
	if err != nil {
		return nil, fmt.Errorf("making workspaces: %w", err)
	}
	return d.tasks(parts{entities: entities, places: places, ops: ops, spaces: spaces})
}

// parts are the contexts that the tasks are made of.
type parts struct {
	entities *catalog.Service
	places   *environments.Resolver
	ops      *operations.Service
	spaces   *workspace.Store
}

func (d Deps) tasks(p parts) (map[string]workflow.Task, error) {
	tools, err := toolset.New(toolset.Config{
		SCM: d.SCM, Catalog: p.entities, Environments: p.places, GitLabURL: d.GitLabURL, AWS: d.AWS,
		Vault: p.vault(), Clock: d.Clock, Spaces: p.spaces,
	})
	if err != nil {
		return nil, err
	}
	// An attempt may act as long as it takes to settle and then to make a request.
	ledger, err := operations.NewLedger(operations.LedgerConfig{
		Operations: p.ops, Performers: d.performers(p), Log: d.Log,
		Owner: d.Owner, SoleOwner: d.SoleOwner, Attempt: d.Settle + longest, Settle: d.Settle,
	})
	if err != nil {
		return nil, err
	}
	tasks, err := scaffolder.NewTasks(scaffolder.TaskDeps{
		Operations: p.ops, Ledger: ledger, Catalog: p.entities, Planner: tools.Planner,
		Actions: tools.Actions, Script: tools.Script, Workspaces: p.spaces, Log: d.Log,
		Watch: scaffolder.PipelineWatch{Pipelines: d.SCM, Waits: operations.Waits{Table: d.Operations, Clock: d.Clock}, Callbacks: d.Callbacks, Log: d.Log},
	})
	if err != nil {
		return nil, err
	}
	return tasks.ByName(), nil
}

func (p parts) vault() effects.Vault { return effects.OperationSecrets{Operations: p.ops} }

// hookSecrets gives what a new hook is created with: the current secrets.
func (d Deps) hookSecrets(ctx context.Context) (effects.HookSecrets, error) {
	s, err := d.Secrets.WebhookSecrets(ctx)
	if err != nil {
		return effects.HookSecrets{}, err
	}
	return effects.HookSecrets{Token: first(s.Tokens), SigningToken: first(s.Signing)}, nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func (d Deps) performers(p parts) map[string]operations.Performer {
	list := effects.GitLab(effects.GitLabDeps{SCM: d.SCM, Workspaces: p.spaces, Vault: p.vault(), Clock: d.Clock})
	maps.Copy(list, map[string]operations.Performer{
		effects.ProjectKind:     effects.Project{Projects: d.SCM, Repositories: d.SCM},
		effects.CommitKind:      effects.Commit{Projects: d.SCM, Repositories: d.SCM, Workspaces: p.spaces},
		effects.HookKind:        effects.Hook{Projects: d.SCM, Hooks: d.SCM, URL: d.WebhookURL, Secrets: d.hookSecrets, InsecureTLS: d.InsecureHookTLS},
		effects.PipelineKind:    effects.Pipeline{Projects: d.SCM, Pipelines: d.SCM},
		effects.SecretKind:      effects.Secret{Store: d.SecretStore},
		effects.SecretValueKind: effects.SecretValue{Store: d.SecretStore, Vault: p.vault()},
		effects.LocationKind:    effects.Location{Locations: effects.CatalogLocations{Catalog: p.entities}},
	})
	return list
}
