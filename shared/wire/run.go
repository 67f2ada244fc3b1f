package wire

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/reconcile"
	"github.com/slipwayhq/slipway/shared/workflow"
	"github.com/slipwayhq/slipway/statemachines"
)

// How often the schedule's tasks run in one process.
const (
	reconcileEvery = 10 * time.Minute
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
	wg.Go(func() {
		again := cmp.Or(s.cfg.ReconcileEvery, reconcileEvery)
		if err := s.startReconcile(ctx); err != nil { // once at the start: nobody told of what happened before
			s.cfg.Log.ErrorContext(ctx, "the first reconciliation could not be started", "error", err)
		}
		s.every(ctx, again, "reconcile", s.startReconcile)
	})
	wg.Go(func() {
		s.every(ctx, sweepEvery, "sweep", func(ctx context.Context) error { _, err := s.file.Sweep(ctx); return err })
	})
	wg.Wait()
	return nil
}

// startReconcile starts a reconciliation, which does nothing while another one runs.
func (s *System) startReconcile(ctx context.Context) error {
	return s.runner.Start(ctx, statemachines.Reconcile, s.cfg.IDs.New(), nil)
}

// Reconcile compares the catalog with GitLab now and gives the report, once Run runs.
// Another reconciliation that is under way is waited for first.
func (s *System) Reconcile(ctx context.Context) (reconcile.Report, error) {
	reports := reconcile.Reports{Table: s.tables[catalogTable]}
	for {
		name := s.cfg.IDs.New()
		if err := s.runner.Start(ctx, statemachines.Reconcile, name, nil); err != nil {
			return reconcile.Report{}, err
		}
		if err := s.ended(ctx, statemachines.Reconcile, name); err != nil {
			return reconcile.Report{}, err
		}
		report, err := reports.Last(ctx)
		if err == nil && report.Run == name || err != nil && !errors.Is(err, errs.NotFound) {
			return report, err
		}
		if err := s.cfg.Clock.Sleep(ctx, 100*time.Millisecond); err != nil {
			return report, err
		}
	}
}

// ended waits for the end of an execution, whatever it is.
func (s *System) ended(ctx context.Context, machine, name string) error {
	for {
		e, err := s.runner.Describe(ctx, machine, name)
		if err != nil || e.Status != workflow.Running {
			return err
		}
		if err := s.cfg.Clock.Sleep(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func (s *System) every(ctx context.Context, interval time.Duration, what string, work func(context.Context) error) {
	for s.cfg.Clock.Sleep(ctx, interval) == nil {
		if err := work(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.ErrorContext(ctx, "scheduled work failed", "work", what, "error", err)
		}
	}
}
