package operations

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// Retry runs a failed or parked operation again, under the same id and with the template
// and the plan it had: what the ledger still holds as done is not made again. Secrets are
// given anew, those of before are gone. Conflict when it has not ended that way, or when
// its target was taken since. Of several calls at once one wins, and all give the same
// operation.
func (s *Service) Retry(ctx context.Context, id string, secrets map[string]string) (*Operation, error) {
	actor := correlation.From(ctx).Actor
	if actor == "" {
		return nil, errs.New(errs.Unauthenticated, "an operation is retried by an actor")
	}
	if s.deps.Workflow == nil {
		return nil, errs.New(errs.Internal, "operations can't be retried without workflows")
	}
	if err := s.checkSecrets(secrets); err != nil {
		return nil, err
	}
	seen, err := s.get(ctx, id)
	if err != nil {
		return nil, err
	}
	ctx = correlation.With(ctx, correlation.IDs{OperationID: id})
	o, err := s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Attempt > seen.Attempt { // by another call, or by this one with its answer lost
			return unchanged, nil
		}
		return s.again(ctx, o, actor, secrets)
	})
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx, o); err != nil {
		s.deps.Log.WarnContext(ctx, "the operation is to run again but not started yet", "error", err)
	}
	return o, nil
}

// again puts an operation back to where Accept had brought it.
func (s *Service) again(ctx context.Context, o *Operation, actor string, secrets map[string]string) (change, error) {
	if o.Status != Failed && o.Status != Parked {
		return change{}, errs.New(errs.Conflict, fmt.Sprintf("the operation is %s: only one that has failed can be retried", o.Status))
	}
	free := o.Status == Failed && !o.Shared // a parked one still holds its target
	o.Attempt++
	o.Status, o.Recoveries, o.Steps = Accepted, 0, nil
	o.Problem, o.Cancelled, o.Ended = nil, nil, nil
	writes, err := s.secretWrites(o, secrets)
	if err != nil {
		return change{}, err
	}
	writes = append(writes, openingWrites(o)...)
	if free {
		if err := s.mustBeFree(ctx, o.Target); err != nil {
			return change{}, err
		}
		writes = append(writes, targetWrite(o))
	}
	line := Line{Type: LineRecovered, Message: fmt.Sprintf("Run is retried by %s", actor)}
	return change{event: EventRetried, writes: writes, lines: []Line{line}}, nil
}

// mustBeFree refuses a target that another operation holds. That nobody takes it before it
// is written is up to the write's condition.
func (s *Service) mustBeFree(ctx context.Context, target string) error {
	_, err := s.table.Get(ctx, targetKey(target))
	switch {
	case errors.Is(err, errs.NotFound):
		return nil
	case err != nil:
		return fmt.Errorf("looking for who holds %s: %w", target, err)
	}
	return s.targetTaken(ctx, target)
}

// targetWrite reserves an operation's target.
func targetWrite(o *Operation) table.Write {
	return table.PutWrite(table.Item{Key: targetKey(o.Target), Body: []byte(o.ID)}, table.Absent)
}

// openingWrites lets an operation make effects and be found as open.
func openingWrites(o *Operation) []table.Write {
	id := []byte(o.ID)
	return []table.Write{
		table.PutWrite(table.Item{Key: applyingKey(o.ID, o.Attempt), Body: id}, table.Absent),
		table.PutWrite(table.Item{Key: timeKey(openPartition, o.Created, o.ID), Body: id}, table.Always),
	}
}
