package wire

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// How often the schedule's tasks run in one process.
const (
	reconcileEvery = 5 * time.Minute
	sweepEvery     = 10 * time.Minute
)

// Run works until ctx ends: it resumes what an earlier process left unfinished, relays
// events, delivers queues, runs executions, and reconciles on schedule. It returns nil when
// ctx ended, and else the first part's failure.
func (s *System) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := []func(context.Context) error{s.queue.Run, s.runner.Run, s.recoverAtStart, s.schedule}
	for name, relay := range s.relays {
		parts = append(parts, func(ctx context.Context) error { return relay.Run(ctx, s.file.Changes(name)) })
	}
	if s.gitlab != nil {
		parts = append(parts, s.gitlab.Run)
	}
	problems := make([]error, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		wg.Go(func() {
			if err := part(ctx); err != nil && !errors.Is(err, context.Canceled) {
				problems[i] = err
				cancel()
			}
		})
	}
	wg.Wait()
	return errors.Join(problems...)
}

// recoverAtStart starts operations that were accepted but never started (no earlier
// process can still be about to), and looks at the pipelines that operations wait for:
// webhooks that came while no process was there are lost.
func (s *System) recoverAtStart(ctx context.Context) error {
	for {
		_, err := s.Operations.Recover(ctx, 0)
		if err = errors.Join(err, s.catchUp(ctx)); err == nil {
			return nil
		}
		s.cfg.Log.ErrorContext(ctx, "recovering operations", "error", err)
		if !errs.Transient(err) {
			return nil // the schedule tries again; the others must not wait for it
		}
		if err := s.cfg.Clock.Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
}

// schedule runs what EventBridge Scheduler and DynamoDB's expiry do in the cloud.
func (s *System) schedule(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { s.every(ctx, reconcileEvery, "reconcile", s.reconcile) })
	wg.Go(func() {
		s.every(ctx, sweepEvery, "sweep", func(ctx context.Context) error { _, err := s.file.Sweep(ctx); return err })
	})
	wg.Wait()
	return nil
}

func (s *System) every(ctx context.Context, interval time.Duration, what string, work func(context.Context) error) {
	for s.cfg.Clock.Sleep(ctx, interval) == nil {
		if err := work(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.ErrorContext(ctx, "scheduled work failed", "work", what, "error", err)
		}
	}
}
