// Package ingest owns what happens when the portal hears of something in GitLab: which
// part of Slipway is told of which event. It reads nothing itself and decides nothing:
// an event is only a hint, whoever is told re-reads the truth. Late, duplicate, reordered
// and unknown events therefore change nothing.
//
// Flow: bus → Consumer.Handle → the catalog re-reads the project's descriptor files, or
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
	"github.com/slipwayhq/slipway/shared/webhooks"
)

// Catalog re-reads what it has from a project.
type Catalog interface {
	// IngestProject brings the catalog in line with the head of a branch.
	IngestProject(ctx context.Context, project, branch string) (catalog.Ingested, error)
}

// Pipelines is told that something happened to a pipeline.
type Pipelines interface {
	Heard(ctx context.Context, project, pipeline int64) error
}

// Deps is what a Consumer needs.
type Deps struct {
	Catalog   Catalog
	Pipelines Pipelines
	Log       *slog.Logger
}

// Consumer handles the events that come from GitLab.
type Consumer struct{ deps Deps }

// New makes a consumer.
func New(d Deps) (*Consumer, error) {
	if d.Catalog == nil || d.Pipelines == nil || d.Log == nil {
		return nil, errors.New("the consumer of GitLab's events needs a catalog, pipelines and a log")
	}
	return &Consumer{deps: d}, nil
}

// Rule selects the events of the consumer's queue.
func Rule() bus.Rule {
	return bus.Rule{Types: []string{webhooks.PushType, webhooks.PipelineType}}
}

// Handle consumes one event.
func (c *Consumer) Handle(ctx context.Context, e bus.Event) error {
	ctx = correlation.With(ctx, correlation.IDs{RequestID: e.RequestID, Actor: e.Actor, OperationID: e.OperationID})
	switch e.Type {
	case webhooks.PushType:
		return c.push(ctx, e)
	case webhooks.PipelineType:
		return c.pipeline(ctx, e)
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
	if !ok || p.Project.Path == "" {
		return nil
	}
	did, err := c.deps.Catalog.IngestProject(ctx, p.Project.Path, branch)
	if errors.Is(err, errs.NotFound) { // the project is gone: there is nothing to re-read
		c.deps.Log.InfoContext(ctx, "the pushed project is gone", "project", p.Project.ID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("re-reading %s: %w", p.Project.Path, err)
	}
	c.deps.Log.InfoContext(ctx, "catalog re-read", "project", p.Project.ID, "changed", len(did.Upserted), "deleted", len(did.Deleted), "problems", len(did.Problems))
	return nil
}

func (c *Consumer) pipeline(ctx context.Context, e bus.Event) error {
	p, err := webhooks.PipelineOf(e)
	if err != nil {
		return err
	}
	return c.deps.Pipelines.Heard(ctx, p.Project.ID, p.ID)
}
