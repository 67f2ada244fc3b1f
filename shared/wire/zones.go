package wire

import (
	"net/http"

	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/webhooks"
	"github.com/slipwayhq/slipway/shared/zones/acceptance"
	"github.com/slipwayhq/slipway/shared/zones/authfn"
	"github.com/slipwayhq/slipway/shared/zones/catalogfn"
	"github.com/slipwayhq/slipway/shared/zones/creationfn"
	"github.com/slipwayhq/slipway/shared/zones/ingestfn"
	"github.com/slipwayhq/slipway/shared/zones/operationsfn"
	"github.com/slipwayhq/slipway/shared/zones/reconcilefn"
	"github.com/slipwayhq/slipway/shared/zones/scaffolderfn"
	"github.com/slipwayhq/slipway/shared/zones/streamfn"
	"github.com/slipwayhq/slipway/shared/zones/webhooksfn"
)

// buildZones puts every trust zone together as it runs in the cloud.
func (s *System) buildZones() error {
	for _, build := range []func() error{s.buildAPI, s.buildCreation, s.buildConsumers, s.buildReconcile} {
		if err := build(); err != nil {
			return err
		}
	}
	return nil
}

func (s *System) buildAPI() error {
	c := s.cfg
	browse := catalogfn.Deps{Catalog: s.tables[catalogTable], Snapshots: s.snapshots, SCM: s.SCM, GitLabURL: c.GitLabURL, PlatformGroups: c.PlatformGroups, AllowedHosts: c.AllowedHosts, Kinds: c.Kinds, Authenticator: c.Authenticator, Clock: c.Clock, IDs: c.IDs, Log: c.Log}
	shown, err := catalogfn.New(browse)
	if err != nil {
		return err
	}
	s.Catalog, s.View = shown.Service, shown.View
	taking := acceptance.Deps{
		Operations: s.tables[operationsTable], Catalog: s.tables[catalogTable], SCM: s.SCM, GitLabURL: c.GitLabURL, AWS: s.aws(), Workflow: s.runner, Executions: s.runner,
		Callbacks: s.runner, Sealer: s.sealer, Bell: s.bell, Accounts: c.Accounts, Clock: c.Clock, IDs: c.IDs, Log: c.Log,
	}
	ops, err := operationsfn.New(operationsfn.Deps{Deps: taking, Audit: s.tables[auditTable], Authenticator: c.Authenticator})
	if err != nil {
		return err
	}
	s.Operations = ops.Operations
	templates, err := scaffolderfn.New(scaffolderfn.Deps{Deps: taking, Authenticator: c.Authenticator})
	if err != nil {
		return err
	}
	streams, err := streamfn.New(streamfn.Deps{Operations: s.tables[operationsTable], Bell: s.bell, Authenticator: c.Authenticator, Clock: c.Clock, IDs: c.IDs, Log: c.Log})
	if err != nil {
		return err
	}
	hooks, err := webhooksfn.New(webhooksfn.Deps{
		Deliveries: s.tables[deliveriesTable], Clock: c.Clock, IDs: c.IDs, Log: c.Log,
		Secrets: s.webhookSecrets(),
	})
	if err != nil {
		return err
	}
	who, err := s.buildAuth(shown.View)
	if err != nil {
		return err
	}
	s.Portal, err = httpapi.CORS(route(zoneHandlers{catalog: shown.Handler, operations: ops.Handler, scaffolder: templates, streams: streams, who: who, hooks: hooks}), c.AppOrigins)
	return err
}

func (s *System) buildAuth(entities *view.View) (http.Handler, error) {
	c := s.cfg
	if s.guests != nil {
		s.guests.Groups = catalogGroups{entities}
	}
	return authfn.New(authfn.Deps{Settings: s.tables[settingsTable], Guests: s.guests, Authenticator: c.Authenticator, Clock: c.Clock, IDs: c.IDs, Log: c.Log})
}

// reconciledHook is where the hooks that reconciliation looks after deliver to.
func (s *System) reconciledHook() string {
	if s.cfg.LeaveHooks {
		return ""
	}
	return s.WebhookURL()
}

func (s *System) webhookSecrets() webhooks.Secrets {
	return webhooks.Secrets{Tokens: []string{s.secrets.WebhookToken}, Signing: []string{s.secrets.WebhookSigning}}
}

// zoneHandlers are the zones that answer requests.
type zoneHandlers struct{ catalog, operations, scaffolder, streams, who, hooks http.Handler }

// route sends a request to its zone by path, as the distribution and API Gateway do. Whatever belongs to no
// zone goes to operations, which answers that there is no such route.
func route(z zoneHandlers) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/catalog/", z.catalog)
	mux.Handle("/api/search/", z.catalog)
	mux.Handle("/.backstage/health/", z.catalog)
	mux.Handle("/api/scaffolder/", z.scaffolder)
	mux.Handle("/api/scaffolder/v2/tasks/{id}/eventstream", z.streams)
	mux.Handle("/api/operations/{id}/log/stream", z.streams)
	for _, mount := range []string{"auth", "permission", "user-settings", "notifications"} {
		mux.Handle("/api/"+mount+"/", z.who)
	}
	mux.Handle("/webhooks/", z.hooks)
	mux.Handle("/", z.operations)
	return mux
}

func (s *System) buildCreation() (err error) {
	c := s.cfg
	s.creation, err = creationfn.New(creationfn.Deps{
		Operations: s.tables[operationsTable], Catalog: s.tables[catalogTable], Workspaces: s.blobs, SCM: s.SCM, Callbacks: s.runner, Sealer: s.sealer, Bell: s.bell,
		GitLabURL: c.GitLabURL, AWS: s.aws(), SecretStore: s.Secrets, WebhookURL: s.WebhookURL(), PlatformGroups: c.PlatformGroups, AllowedHosts: c.AllowedHosts, Kinds: c.Kinds, Accounts: c.Accounts,
		Secrets: s.webhookSecrets(), Owner: c.IDs.New(), SoleOwner: true, Settle: c.Settle, Clock: c.Clock, IDs: c.IDs, Log: c.Log,
	})
	return err
}

func (s *System) buildConsumers() error {
	c := s.cfg
	hearing := ingestfn.Deps{
		Catalog: s.tables[catalogTable], Operations: s.tables[operationsTable], SCM: s.SCM, Callbacks: s.runner,
		GitLabURL: c.GitLabURL, PlatformGroups: c.PlatformGroups, AllowedHosts: c.AllowedHosts, Kinds: c.Kinds, DiscoverGroups: c.DiscoverGroups, Clock: c.Clock, IDs: c.IDs, Log: c.Log,
	}
	consumer, err := ingestfn.New(hearing)
	if err != nil {
		return err
	}
	s.catchUp = ingestfn.Watch(hearing).CatchUp
	if s.Audit, err = audit.New(audit.Deps{Table: s.tables[auditTable], Clock: c.Clock, Log: c.Log}); err != nil {
		return err
	}
	if err := s.queue.Subscribe(ingestQueue, consumer.Handle); err != nil {
		return err
	}
	return s.queue.Subscribe(auditQueue, s.Audit.Consume)
}

func (s *System) buildReconcile() (err error) {
	c := s.cfg
	s.reconcile, err = reconcilefn.New(reconcilefn.Deps{
		Catalog: s.tables[catalogTable], Operations: s.tables[operationsTable], Snapshots: s.snapshots, SCM: s.SCM, GitLabURL: c.GitLabURL,
		PlatformGroups: c.PlatformGroups, AllowedHosts: c.AllowedHosts, Kinds: c.Kinds, DiscoverGroups: c.DiscoverGroups, WebhookURL: s.reconciledHook(), Secrets: s.webhookSecrets(),
		Publisher: s.queue, Workflow: s.runner, Executions: s.runner,
		Outboxes: map[string]table.Table{catalogTable: s.tables[catalogTable], operationsTable: s.tables[operationsTable], deliveriesTable: s.tables[deliveriesTable]},
		Clock:    c.Clock, IDs: c.IDs, Log: c.Log,
	})
	return err
}
