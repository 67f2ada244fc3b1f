package operations

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// Retry runs a failed or parked operation again, under the same id and with the template
// and the plan it had: what the ledger holds as done, and is still there, is not made again.
//
// Secrets are given anew. What is kept sealed for a parked operation need not be; of one
// that has failed nothing is. Invalid, naming them, when some are missing that the plan
// needs: nothing has begun then. Conflict when it has not ended that way, or when its target
// was taken since. Of several calls at once one wins, and all give the same operation.
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
	writes, err := s.sealAgain(ctx, o, secrets)
	if err != nil {
		return change{}, err
	}
	o.Attempt++
	o.Status, o.Recoveries, o.Steps = Accepted, 0, nil
	o.Problem, o.Cancelled, o.Ended = nil, nil, nil
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

// sealAgain seals what is given for a retry together with what is kept from before: from now
// on all of it lasts equally long.
func (s *Service) sealAgain(ctx context.Context, o *Operation, given map[string]string) ([]table.Write, error) {
	all, err := s.kept(ctx, o)
	if err != nil {
		return nil, err
	}
	maps.Copy(all, given)
	if err := mustSuffice(o, given, all); err != nil {
		return nil, err
	}
	for name := range given {
		if !slices.Contains(o.Secrets, name) {
			o.Secrets = append(o.Secrets, name)
		}
	}
	slices.Sort(o.Secrets)
	return s.seal(o, all)
}

// mustSuffice refuses a retry that would find out on its way that a secret is missing, or
// that would not do what was planned.
func mustSuffice(o *Operation, given, all map[string]string) error {
	var fields []errs.Field
	complain := func(name, message string) {
		fields = append(fields, errs.Field{Pointer: "/secrets/" + pointerToken(name), Message: message})
	}
	for _, name := range o.needed() {
		if _, there := all[name]; !there {
			complain(name, "is needed and not kept any more: give it again")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if o.Plan != nil && !slices.Contains(o.Secrets, name) {
			complain(name, "is not known to the plan, which was made without it")
		}
	}
	switch {
	case len(fields) > 0:
		return errs.WithFields("the operation can't be retried with these secrets", fields)
	case len(all) > maxSecrets:
		return errs.New(errs.TooLarge, fmt.Sprintf("the operation has more than %d secrets", maxSecrets))
	}
	return nil
}

// needed gives those of the secrets the operation was given that its plan hands to the
// outside; all of them when there is no plan yet. What it makes itself it makes again.
func (o *Operation) needed() []string {
	if o.Plan == nil {
		return o.Secrets
	}
	var params strings.Builder
	for _, e := range o.Plan.Effects {
		params.Write(e.Params)
	}
	return slices.DeleteFunc(SecretReferences(params.String()), func(name string) bool { return !slices.Contains(o.Secrets, name) })
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
	return []table.Write{
		table.PutWrite(table.Item{Key: applyingKey(o.ID, o.Attempt), Body: []byte(o.ID)}, table.Absent),
		openWrite(o),
	}
}

// openWrite lists an operation as open.
func openWrite(o *Operation) table.Write {
	return table.PutWrite(table.Item{Key: timeKey(openPartition, o.Created, o.ID), Body: []byte(o.ID)}, table.Always)
}
