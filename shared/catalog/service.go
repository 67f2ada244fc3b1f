package catalog

import (
	"context"
	"errors"
	"log/slog"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
)

// Deps is what a Service needs.
type Deps struct {
	Table  table.Table
	Source Source
	Clock  clock.Clock
	IDs    ids.Source
	Log    *slog.Logger
	// Shown is what readers see; only RemoveEntity needs it.
	Shown Shown
	// PlatformGroups are the GitLab groups whose projects may define environments,
	// providers, templates, users and groups; empty for all.
	PlatformGroups []string
	// Kinds are the kinds of entities that are taken; the built-in ones when nil.
	Kinds *entity.Kinds
}

// Service is the writing side of the catalog. It is safe for concurrent use.
type Service struct {
	table  table.Table
	log    *changelog.Log
	source Source
	shown  Shown
	events outbox.Emitter
	clock  clock.Clock
	ids    ids.Source
	logger *slog.Logger

	kinds          *entity.Kinds
	platformGroups []string
}

// New makes a catalog.
func New(d Deps) (*Service, error) {
	if d.Table == nil || d.Source == nil || d.Clock == nil || d.IDs == nil || d.Log == nil {
		return nil, errors.New("the catalog needs a table, a source, a clock, a source of ids and a log")
	}
	log, err := changelog.New(changelog.Config{Table: d.Table, Clock: d.Clock, IDs: d.IDs})
	if err != nil {
		return nil, err
	}
	if d.Kinds == nil {
		d.Kinds = entity.Builtin()
	}
	return &Service{table: d.Table, log: log, source: d.Source, kinds: d.Kinds, shown: d.Shown, clock: d.Clock,
		events: outbox.Emitter{Source: changelog.EventSource, Clock: d.Clock, IDs: d.IDs}, ids: d.IDs, logger: d.Log,
		platformGroups: d.PlatformGroups}, nil
}

// Entity gives an entity by its ref, in any case, as it is stored: without relations.
// NotFound when there is none.
func (s *Service) Entity(ctx context.Context, ref string) (entity.Entity, error) {
	return s.log.Entity(ctx, ref)
}

// OfKind gives all entities of a kind as they are stored, by ref.
func (s *Service) OfKind(ctx context.Context, kind string) ([]entity.Entity, error) {
	return s.log.OfKind(ctx, kind)
}

// LastChange gives the number of the last change of the catalog, 0 when there is none.
func (s *Service) LastChange(ctx context.Context) (int64, error) {
	return s.log.Head(ctx)
}

// ConfirmVisible returns nil once readers see the entity: at once after it was written.
func (s *Service) ConfirmVisible(ctx context.Context, ref string) error {
	_, err := s.Entity(ctx, ref)
	return err
}
