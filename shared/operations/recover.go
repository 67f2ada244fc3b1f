package operations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// Recover finds operations that have not ended, are older than minAge and have no
// execution working on them: one that never started is started; one whose execution died
// is undone by a new one. It gives the number of executions it started.
func (s *Service) Recover(ctx context.Context, minAge time.Duration) (int, error) {
	if s.deps.Workflow == nil || s.deps.Executions == nil {
		return 0, errs.New(errs.Internal, "operations can't be recovered without workflows")
	}
	started := 0
	q := table.Query{PK: openPartition}
	var problems []error
	for {
		page, err := s.table.Query(ctx, q)
		if err != nil {
			return started, fmt.Errorf("listing open operations: %w", err)
		}
		for _, item := range page.Items {
			did, err := s.recoverOne(ctx, string(item.Body), minAge)
			switch {
			case err != nil:
				problems = append(problems, err)
			case did:
				started++
			}
		}
		if page.Next == "" {
			return started, errors.Join(problems...)
		}
		q.After = page.Next
	}
}

func (s *Service) recoverOne(ctx context.Context, id string, minAge time.Duration) (bool, error) {
	o, err := s.get(ctx, id)
	if err != nil {
		return false, err
	}
	if o.Status.Ended() || o.Updated.After(s.clock.Now().Add(-minAge)) {
		return false, nil
	}
	ctx = correlation.With(ctx, correlation.IDs{OperationID: o.ID, Actor: o.Actor, RequestID: o.RequestID})
	execution, err := s.deps.Executions.Describe(ctx, o.Machine, executionName(o))
	switch {
	case errors.Is(err, errs.NotFound):
		return true, s.startExecution(ctx, o, o.Recoveries > 0 || o.Status == Compensating)
	case err != nil:
		return false, fmt.Errorf("looking at the execution of %s: %w", o.ID, err)
	case execution.Status == workflow.Running && s.deps.Callbacks != nil:
		return false, s.wake(ctx, o) // whoever cancelled it may not have come to it
	case execution.Status == workflow.Running:
		return false, nil
	}
	return s.startCompensation(ctx, o)
}

// executionName gives the name of the newest execution of an operation.
func executionName(o *Operation) string {
	name := o.ID
	if o.Attempt > 0 {
		name += fmt.Sprintf("-t%d", o.Attempt)
	}
	if o.Recoveries > 0 {
		name += fmt.Sprintf("-r%d", o.Recoveries)
	}
	return name
}

// startCompensation starts the execution that undoes an operation, unless the operation
// has ended or somebody else has done so since it was read. It reports whether it did.
func (s *Service) startCompensation(ctx context.Context, seen *Operation) (bool, error) {
	mine := false
	o, err := s.update(ctx, seen.ID, func(o *Operation) (change, error) {
		if mine = !o.Status.Ended() && o.Attempt == seen.Attempt && o.Recoveries == seen.Recoveries; !mine {
			return unchanged, nil
		}
		o.Recoveries++
		return change{ends: true}, nil
	})
	if err != nil || !mine {
		return false, err
	}
	s.deps.Log.WarnContext(ctx, "the execution of an operation died: undoing it", "execution", executionName(seen))
	return true, s.startExecution(ctx, o, true)
}
