// Package ingest owns what happens when the portal hears of something in GitLab: which
// part of Slipway is told of which event. It reads nothing itself and decides nothing:
// an event is only a hint, whoever is told re-reads the truth. Late, duplicate, reordered
// and unknown events therefore change nothing.
//
// Flow: bus → Consumer.Handle → discovery brings the catalog in line with the project or
// the group that the event names, the catalog reads a file that was marked as stale, or
// the watch wakes the operation that waits for a pipeline.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/webhooks"
)

// Projects brings the catalog in line with projects.
type Projects interface {
	// Pushed is told that a branch moved.
	Pushed(ctx context.Context, id int64, branch string) (catalog.Synced, error)
	// Sync is told that something about a project may have changed.
	Sync(ctx context.Context, id int64, listed *scm.Project) (catalog.Synced, error)
	// Destroyed is told that a project, last at that path, was deleted for good.
	Destroyed(ctx context.Context, id int64, path string) (catalog.Synced, error)
	// SyncGroup is told that everything below a group may have another path.
	SyncGroup(ctx context.Context, group string) error
}

// Files re-reads files of the catalog.
type Files interface {
	Reread(ctx context.Context, f catalog.FileRef) error
}

// Pipelines is told that something happened to a pipeline.
type Pipelines interface {
	Heard(ctx context.Context, project, pipeline int64) error
}

// Deps is what a Consumer needs.
type Deps struct {
	Projects  Projects
	Files     Files
	Pipelines Pipelines
	Log       *slog.Logger
}

// Consumer handles the events that come from GitLab.
type Consumer struct{ deps Deps }

// New makes a consumer.
func New(d Deps) (*Consumer, error) {
	if d.Projects == nil || d.Files == nil || d.Pipelines == nil || d.Log == nil {
		return nil, errors.New("the consumer of GitLab's events needs projects, files, pipelines and a log")
	}
	return &Consumer{deps: d}, nil
}

// Rule selects the events of the consumer's queue.
func Rule() bus.Rule {
	return bus.Rule{Types: []string{webhooks.PushType, webhooks.PipelineType, webhooks.ProjectType, webhooks.GroupType, catalog.EventStale}}
}

// Handle consumes one event.
func (c *Consumer) Handle(ctx context.Context, e bus.Event) error {
	ctx = correlation.With(ctx, correlation.IDs{RequestID: e.RequestID, Actor: e.Actor, OperationID: e.OperationID})
	switch e.Type {
	case webhooks.PushType:
		return c.push(ctx, e)
	case webhooks.PipelineType:
		return c.pipeline(ctx, e)
	case webhooks.ProjectType:
		return c.project(ctx, e)
	case webhooks.GroupType:
		return c.group(ctx, e)
	case catalog.EventStale:
		return c.stale(ctx, e)
	}
	c.deps.Log.InfoContext(ctx, "event ignored", "type", e.Type, "event", e.ID)
	return nil
}

func (c *Consumer) push(ctx context.Context, e bus.Event) error {
	p, err := webhooks.PushOf(e)
	if err != nil {
		return err
	}
	branch, ok := strings.CutPrefix(p.Ref, "refs/heads/")
	if !ok || p.Project.ID == 0 {
		return nil
	}
	did, err := c.deps.Projects.Pushed(ctx, p.Project.ID, branch)
	return c.told(ctx, p.Project.ID, did, err)
}

func (c *Consumer) project(ctx context.Context, e bus.Event) error {
	p, err := webhooks.ProjectChangeOf(e)
	if err != nil {
		return err
	}
	var did catalog.Synced
	if p.Action == webhooks.ActionDestroy {
		did, err = c.deps.Projects.Destroyed(ctx, p.Project.ID, p.Project.Path)
	} else {
		did, err = c.deps.Projects.Sync(ctx, p.Project.ID, nil)
	}
	return c.told(ctx, p.Project.ID, did, err)
}

// told logs what came of a hint about a project. What is not there is left to the next
// reconciliation: repeating the hint would change nothing.
func (c *Consumer) told(ctx context.Context, project int64, did catalog.Synced, err error) error {
	if errors.Is(err, errs.NotFound) {
		c.deps.Log.InfoContext(ctx, "GitLab does not show what an event was about", "project", project, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("re-reading project %d: %w", project, err)
	}
	c.deps.Log.InfoContext(ctx, "project synced", "project", project, "read", did.Read, "moved", did.Moved, "hidden", did.Hidden, "gone", did.Gone,
		"heldBack", did.HeldBack, "kept", did.Kept, "changed", len(did.Upserted), "deleted", len(did.Deleted), "problems", len(did.Problems))
	return nil
}

func (c *Consumer) group(ctx context.Context, e bus.Event) error {
	g, err := webhooks.GroupChangeOf(e)
	if err != nil {
		return err
	}
	err = c.deps.Projects.SyncGroup(ctx, g.Path)
	if errors.Is(err, errs.NotFound) {
		c.deps.Log.InfoContext(ctx, "GitLab does not show the group of an event", "group", g.ID)
		return nil
	}
	return err
}

func (c *Consumer) stale(ctx context.Context, e bus.Event) error {
	f, err := catalog.StaleOf(e)
	if err != nil {
		return err
	}
	err = c.deps.Files.Reread(ctx, f)
	if errors.Is(err, errs.NotFound) {
		c.deps.Log.InfoContext(ctx, "a stale file can't be read", "project", f.Project, "error", err)
		return nil
	}
	return err
}

func (c *Consumer) pipeline(ctx context.Context, e bus.Event) error {
	p, err := webhooks.PipelineOf(e)
	if err != nil {
		return err
	}
	return c.deps.Pipelines.Heard(ctx, p.Project.ID, p.ID)
}
