package operations

import (
	"context"
	"errors"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/table/optimistic"
)

// CancelledError is the error name that a waiting task of a cancelled operation fails with.
const CancelledError = "Slipway.Cancelled"

// Cancel ends an operation for ctx's actor: from then on no effect can start, and its
// execution undoes what was made. Of one that is parked, what is left is undone once more:
// whoever was in the way may have made room. One that is being undone already or has ended
// otherwise is given as it is.
//
// A task that waits is woken. If that fails the execution finds out at its next report;
// calling again wakes it too.
func (s *Service) Cancel(ctx context.Context, id string) (*Operation, error) {
	actor := correlation.From(ctx).Actor
	if actor == "" {
		return nil, errs.New(errs.Unauthenticated, "an operation is cancelled by an actor")
	}
	if s.deps.Callbacks == nil || s.deps.Workflow == nil {
		return nil, errs.New(errs.Internal, "operations can't be cancelled without callbacks and workflows")
	}
	ctx = correlation.With(ctx, correlation.IDs{OperationID: id})
	wasParked := false
	o, err := s.update(ctx, id, func(o *Operation) (change, error) {
		wasParked = wasParked || o.Status == Parked // also when the answer of a write was lost
		return s.cancelled(o, actor), nil
	})
	if err != nil {
		return nil, err
	}
	if wasParked {
		if err := s.startExecution(ctx, o, true); err != nil {
			s.deps.Log.WarnContext(ctx, "what is left of the operation is not being undone yet", "error", err)
		}
		return o, nil
	}
	if err := s.wake(ctx, o); err != nil {
		s.deps.Log.WarnContext(ctx, "the waiting task of a cancelled operation is not woken yet", "error", err)
	}
	return o, nil
}

// cancelled is the change that a cancellation makes.
func (s *Service) cancelled(o *Operation, actor string) change {
	by := &Cancellation{By: actor, At: s.clock.Now()}
	switch o.Status {
	case Accepted, Running:
		o.Cancelled = by
		o.Problem = (&Problem{Kind: errs.Conflict, Message: "cancelled by " + actor}).clipped()
		return s.undoing(o, cancelOpenSteps(o))
	case Parked:
		o.Attempt++
		o.Cancelled, o.Problem.Left, o.Recoveries, o.Ended = by, nil, 0, nil
		c := s.undoing(o, []Line{{Type: LineRecovered, Message: "What is left is undone for " + actor}})
		c.writes = append(c.writes, openWrite(o))
		return c
	}
	return unchanged
}

// cancelOpenSteps ends the steps that were being worked on and gives the lines that say so.
func cancelOpenSteps(o *Operation) []Line {
	var lines []Line
	for i := range o.Steps {
		if step := &o.Steps[i]; step.Ended == nil {
			step.Status, step.Detail, step.Ended = StepCancelled, o.Problem.Message, &o.Cancelled.At
			lines = append(lines, step.cancelledLine())
		}
	}
	if len(lines) == 0 {
		lines = []Line{{Type: LineCancelled, Message: "The run has been cancelled."}}
	}
	return lines
}

// wake fails the task that a cancelled operation waits in, if there is one.
func (s *Service) wake(ctx context.Context, o *Operation) error {
	if o.Cancelled == nil || o.Status != Compensating {
		return nil
	}
	return optimistic.Retry(ctx, s.clock, func(ctx context.Context) error {
		item, err := s.table.Get(ctx, waitingKey(o.ID))
		if errors.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		err = s.deps.Callbacks.Fail(ctx, string(item.Body), CancelledError, o.Problem.Message)
		if errors.Is(err, errs.NotFound) { // it has woken since
			return nil
		}
		return err
	})
}

// undoing is the change that stops new effects from starting and lets what was made be
// undone. What the operation is undone for is recorded in it already.
func (s *Service) undoing(o *Operation, lines []Line) change {
	o.Status = Compensating
	return change{
		event: EventCompensating, lines: lines, ends: true,
		writes: []table.Write{
			table.DeleteWrite(applyingKey(o.ID, o.Attempt), table.Always),
			table.PutWrite(table.Item{Key: undoingKey(o.ID, o.Attempt), Body: []byte(o.ID)}, table.Always),
		},
	}
}
