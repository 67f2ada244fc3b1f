// Package reconcilefn puts together the trust zone that runs on a schedule and repairs
// what an interruption left: operations without an execution, events that were stored but
// never published.
package reconcilefn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// grace is how old something must be before it counts as left behind.
const grace = time.Minute

// Deps is what the zone may touch.
type Deps struct {
	Operations table.Table
	// Outboxes are the tables whose events are published, the operations table included.
	Outboxes   map[string]table.Table
	Publisher  bus.Publisher
	Workflow   workflow.Starter
	Executions workflow.Inspector
	Clock      clock.Clock
	IDs        ids.Source
	Log        *slog.Logger
}

// New makes one round of repair. A part that fails does not keep the others from running.
func New(d Deps) (func(context.Context) error, error) {
	if d.Workflow == nil || d.Executions == nil {
		return nil, errors.New("reconciling needs a workflow to start and to look at")
	}
	ops, err := operations.New(operations.Deps{Table: d.Operations, Clock: d.Clock, IDs: d.IDs, Log: d.Log, Workflow: d.Workflow, Executions: d.Executions})
	if err != nil {
		return nil, err
	}
	relays := map[string]*outbox.Relay{}
	for name, t := range d.Outboxes {
		if relays[name], err = outbox.NewRelay(outbox.Deps{Table: t, Publisher: d.Publisher, Clock: d.Clock, Log: d.Log}); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) error { return round(ctx, d.Log, ops, relays) }, nil
}

func round(ctx context.Context, log *slog.Logger, ops *operations.Service, relays map[string]*outbox.Relay) error {
	started, err := ops.Recover(ctx, grace)
	problems := []error{err}
	published := 0
	for name, relay := range relays {
		n, err := relay.Drain(ctx, grace)
		if err != nil {
			problems = append(problems, fmt.Errorf("draining the outbox of %s: %w", name, err))
		}
		published += n
	}
	log.InfoContext(ctx, "reconciled", "executionsStarted", started, "eventsPublished", published)
	return errors.Join(problems...)
}
