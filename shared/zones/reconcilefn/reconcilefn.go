// Package reconcilefn puts together the trust zone that compares the catalog with GitLab
// on a schedule and repairs what an interruption left: projects that nobody told of, hooks
// that do not work, operations without an execution, events that were stored but never
// published. It also keeps the snapshot of the catalog's index near the end of the log. It is
// the code behind the tasks of reconcile. To repair hooks it holds a GitLab token that
// writes, and the secrets that hooks prove themselves with.
package reconcilefn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/sources"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/reconcile"
	"github.com/slipwayhq/slipway/shared/scaffolder/holds"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/webhooks"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// budget is how long one Sweep goes on: well below its timeout, so that what is under way
// when it is used up ends as well.
const budget = 45 * time.Second

// Deps is what the zone may touch.
type Deps struct {
	Catalog    table.Table
	Operations table.Table
	// Outboxes are the tables whose events are published, those two included.
	Outboxes  map[string]table.Table
	SCM       scm.Client // with a token that writes, when hooks are repaired
	GitLabURL string
	// PlatformGroups may define what others depend on; see catalog.Deps.
	PlatformGroups []string
	// AllowedHosts may be read besides GitLab; see websource.Config.
	AllowedHosts []string
	// Kinds are the kinds of entities; the built-in ones when nil.
	Kinds *entity.Kinds
	// DiscoverGroups are looked through for files that nobody registered.
	DiscoverGroups []string
	// WebhookURL is where the hooks of projects deliver to; "" leaves hooks alone.
	WebhookURL string
	// Secrets are what hooks prove their deliveries with: the first of each kind.
	Secrets         webhooks.SecretSource
	InsecureHookTLS bool // a loopback receiver
	// Snapshots keeps the catalog's index; nil: there is none to look after.
	Snapshots  view.Snapshots
	Publisher  bus.Publisher
	Workflow   workflow.Starter
	Executions workflow.Inspector
	Clock      clock.Clock
	IDs        ids.Source
	Log        *slog.Logger
}

// known is what the catalog knows of projects, locations and problems.
type known struct {
	*catalog.Discovery
	*catalog.Service
}

// New makes the tasks by the name the state machine calls them.
func New(d Deps) (map[string]workflow.Task, error) {
	if d.Workflow == nil || d.Executions == nil || d.SCM == nil {
		return nil, errors.New("reconciling needs GitLab, and a workflow to start and to look at")
	}
	if d.WebhookURL != "" && d.Secrets == nil {
		return nil, errors.New("repairing hooks needs their secrets")
	}
	ops, err := operations.New(operations.Deps{Table: d.Operations, Clock: d.Clock, IDs: d.IDs, Log: d.Log, Workflow: d.Workflow, Executions: d.Executions})
	if err != nil {
		return nil, err
	}
	entities, err := sources.New(sources.Config{Table: d.Catalog, SCM: d.SCM, GitLabURL: d.GitLabURL, AllowedHosts: d.AllowedHosts,
		PlatformGroups: d.PlatformGroups, Kinds: d.Kinds, Clock: d.Clock, IDs: d.IDs, Log: d.Log})
	if err != nil {
		return nil, err
	}
	projects, err := catalog.NewDiscovery(catalog.DiscoveryDeps{Catalog: entities, Host: d.SCM, Holds: holds.Holds{Operations: ops}, Groups: d.DiscoverGroups})
	if err != nil {
		return nil, fmt.Errorf("making discovery: %w", err)
	}
	log, err := changelog.New(changelog.Config{Table: d.Catalog, Clock: d.Clock, IDs: d.IDs})
	if err != nil {
		return nil, err
	}
	boxes, err := d.outboxes()
	if err != nil {
		return nil, err
	}
	return d.tasks(reconcile.Deps{
		Table: d.Catalog, Listing: d.SCM, Discovery: projects, Known: known{projects, entities}, Evidence: projects, Hooks: d.hooks(),
		Operations: ops, Outboxes: boxes, Clock: d.Clock, Logger: d.Log, Budget: budget,
	}, log)
}

// tasks makes the tasks, with what looks after the snapshot if there is one.
func (d Deps) tasks(parts reconcile.Deps, log *changelog.Log) (map[string]workflow.Task, error) {
	parts.Log = log
	if d.Snapshots != nil {
		index, err := view.New(view.Deps{Log: log, Snapshots: d.Snapshots, Clock: d.Clock, Logger: d.Log, Kinds: d.Kinds})
		if err != nil {
			return nil, err
		}
		parts.Compacter, parts.Snapshot = index, d.Snapshots
	}
	tasks, err := reconcile.New(parts)
	if err != nil {
		return nil, err
	}
	return tasks.ByName(), nil
}

func (d Deps) outboxes() (map[string]reconcile.Outbox, error) {
	boxes := map[string]reconcile.Outbox{}
	for name, t := range d.Outboxes {
		relay, err := outbox.NewRelay(outbox.Deps{Table: t, Publisher: d.Publisher, Clock: d.Clock, Log: d.Log})
		if err != nil {
			return nil, err
		}
		boxes[name] = relay
	}
	return boxes, nil
}

func (d Deps) hooks() *reconcile.HookKeeper {
	if d.WebhookURL == "" {
		return nil
	}
	return &reconcile.HookKeeper{Hooks: d.SCM, URL: d.WebhookURL, Secrets: d.hookSecrets, InsecureTLS: d.InsecureHookTLS, Table: d.Catalog, Clock: d.Clock}
}

// hookSecrets gives what a new hook is created with: the current secrets.
func (d Deps) hookSecrets(ctx context.Context) (token, signing string, err error) {
	s, err := d.Secrets.WebhookSecrets(ctx)
	if err != nil {
		return "", "", err
	}
	return first(s.Tokens), first(s.Signing), nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
