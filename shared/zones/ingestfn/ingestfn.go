// Package ingestfn puts together the trust zone that hears what happens in GitLab: it
// re-reads descriptor files into the catalog and wakes operations that wait for a
// pipeline. It holds a GitLab token that reads.
package ingestfn

import (
	"fmt"
	"log/slog"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/sources"
	"github.com/slipwayhq/slipway/shared/ingest"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/holds"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// Deps is what the zone may touch.
type Deps struct {
	Catalog    table.Table
	Operations table.Table // the records of who waits for what, and of what is being made
	SCM        scm.Client  // with a token that reads
	Callbacks  workflow.Callbacks
	GitLabURL  string
	// PlatformGroups may define what others depend on; see catalog.Deps.
	PlatformGroups []string
	// AllowedHosts may be read besides GitLab; see websource.Config.
	AllowedHosts []string
	// Kinds are the kinds of entities; the built-in ones when nil.
	Kinds *entity.Kinds
	// DiscoverGroups are looked through for files that nobody registered.
	DiscoverGroups []string
	Clock          clock.Clock
	IDs            ids.Source
	Log            *slog.Logger
}

// New makes the zone's consumer.
func New(d Deps) (*ingest.Consumer, error) {
	entities, err := sources.New(sources.Config{Table: d.Catalog, SCM: d.SCM, GitLabURL: d.GitLabURL, AllowedHosts: d.AllowedHosts,
		PlatformGroups: d.PlatformGroups, Kinds: d.Kinds, Clock: d.Clock, IDs: d.IDs, Log: d.Log})
	if err != nil {
		return nil, err
	}
	ops, err := operations.New(operations.Deps{Table: d.Operations, Clock: d.Clock, IDs: d.IDs, Log: d.Log})
	if err != nil {
		return nil, err
	}
	projects, err := catalog.NewDiscovery(catalog.DiscoveryDeps{Catalog: entities, Host: d.SCM, Holds: holds.Holds{Operations: ops}, Groups: d.DiscoverGroups})
	if err != nil {
		return nil, fmt.Errorf("making discovery: %w", err)
	}
	return ingest.New(ingest.Deps{Projects: projects, Files: entities, Pipelines: Watch(d), Log: d.Log})
}

// Watch makes what wakes operations that wait for a pipeline.
func Watch(d Deps) scaffolder.PipelineWatch {
	return scaffolder.PipelineWatch{Pipelines: d.SCM, Waits: operations.Waits{Table: d.Operations, Clock: d.Clock}, Callbacks: d.Callbacks, Log: d.Log}
}
