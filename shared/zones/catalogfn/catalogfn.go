// Package catalogfn puts together the trust zone behind /api/catalog and /api/search: what
// the function "catalog" runs in the cloud and the whole-system process runs locally. It owns
// no logic; adapters are chosen by whoever calls it.
package catalogfn

import (
	"log/slog"
	"net/http"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/search"
	"github.com/slipwayhq/slipway/shared/catalog/sources"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/catalogapi"
	"github.com/slipwayhq/slipway/shared/httpapi/searchapi"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/reconcile"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
)

// Deps is what the zone may touch.
type Deps struct {
	Catalog   table.Table
	Snapshots view.Snapshots // nil: every instance builds its own index
	SCM       scm.Client     // with a token that reads
	GitLabURL string
	// PlatformGroups may define what others depend on; see catalog.Deps.
	PlatformGroups []string
	// AllowedHosts may be read besides GitLab; see websource.Config.
	AllowedHosts []string
	// Kinds are the kinds of entities; the built-in ones when nil.
	Kinds         *entity.Kinds
	Authenticator auth.Authenticator
	Clock         clock.Clock
	IDs           ids.Source
	Log           *slog.Logger
}

// Zone is the zone's parts.
type Zone struct {
	Service *catalog.Service // writes
	View    *view.View       // reads
	Handler http.Handler
}

// New makes the zone.
func New(d Deps) (*Zone, error) {
	log, err := changelog.New(changelog.Config{Table: d.Catalog, Clock: d.Clock, IDs: d.IDs})
	if err != nil {
		return nil, err
	}
	z := &Zone{}
	if z.View, err = view.New(view.Deps{Log: log, Snapshots: d.Snapshots, Kinds: d.Kinds, Clock: d.Clock, Logger: d.Log}); err != nil {
		return nil, err
	}
	written, err := sources.New(sources.Config{Table: d.Catalog, SCM: d.SCM, GitLabURL: d.GitLabURL, AllowedHosts: d.AllowedHosts,
		PlatformGroups: d.PlatformGroups, Kinds: d.Kinds, Shown: z.View, Clock: d.Clock, IDs: d.IDs, Log: d.Log})
	if err != nil {
		return nil, err
	}
	z.Service = written
	z.Handler, err = z.surface(d, log)
	return z, err
}

// surface makes the zone's routes.
func (z *Zone) surface(d Deps, log *changelog.Log) (http.Handler, error) {
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: d.Authenticator, Logger: d.Log, Clock: d.Clock, IDs: d.IDs})
	if err != nil {
		return nil, err
	}
	catalogapi.HandleEntities(rt, z.View)
	catalogapi.HandleUpkeep(rt, z.Service)
	catalogapi.HandleLocations(rt, z.Service)
	catalogapi.HandleValidation(rt, z.Service)
	catalogapi.HandleAnalysis(rt, z.Service)
	catalogapi.HandleOwn(rt, catalogapi.Own{View: z.View, History: log, Problems: z.Service})
	catalogapi.HandleReconciliation(rt, reconcile.Reports{Table: d.Catalog})
	found, err := search.New(search.Deps{Feed: z.View, IDs: d.IDs})
	if err != nil {
		return nil, err
	}
	searchapi.Handle(rt, found)
	httpapi.HandleHealth(rt, nil)
	return rt, nil
}
