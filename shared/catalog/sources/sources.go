// Package sources puts the writing side of the catalog together with the hosts that it may
// read: GitLab first, then those on the list. Every zone that writes makes its catalog here,
// so that what may be read, and who may define what, is set in one place.
//
// It decides nothing itself: gitlabsource and websource read, catalog holds the rules.
package sources

import (
	"fmt"
	"log/slog"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/gitlabsource"
	"github.com/slipwayhq/slipway/shared/catalog/websource"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
)

// Config is what a catalog and its sources need.
type Config struct {
	Table     table.Table
	SCM       scm.Client // with a token that at least reads
	GitLabURL string
	// AllowedHosts may be read besides GitLab; see websource.Config.
	AllowedHosts []string
	// PlatformGroups, Kinds and Shown are those of catalog.Deps.
	PlatformGroups []string
	Kinds          *entity.Kinds
	Shown          catalog.Shown
	Clock          clock.Clock
	IDs            ids.Source
	Log            *slog.Logger
}

// New makes a catalog.
func New(c Config) (*catalog.Service, error) {
	gitlab, err := gitlabsource.New(gitlabsource.Config{Base: c.GitLabURL, Projects: c.SCM, Repositories: c.SCM})
	if err != nil {
		return nil, fmt.Errorf("making the catalog's source: %w", err)
	}
	all, err := websource.New(websource.Config{Host: gitlab, Hosts: c.AllowedHosts})
	if err != nil {
		return nil, fmt.Errorf("making the catalog's source: %w", err)
	}
	service, err := catalog.New(catalog.Deps{Table: c.Table, Source: all, Clock: c.Clock, IDs: c.IDs, Log: c.Log,
		Shown: c.Shown, PlatformGroups: c.PlatformGroups, Kinds: c.Kinds})
	if err != nil {
		return nil, fmt.Errorf("making the catalog: %w", err)
	}
	return service, nil
}
