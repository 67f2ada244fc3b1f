package operations

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// Begin marks an accepted operation as running and gives it. A repeated call gives a
// running one. Conflict when it is being undone or has ended: the task must not act.
func (s *Service) Begin(ctx context.Context, id string) (*Operation, error) {
	return s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Status != Accepted {
			return unchanged, mustRun(o)
		}
		o.Status = Running
		return change{}, nil
	})
}

func mustRun(o *Operation) error {
	if o.Status != Running {
		return errs.New(errs.Conflict, fmt.Sprintf("the operation is %s", o.Status))
	}
	return nil
}

// SetResolved records what the input was resolved to; the first call wins, so that a
// repeated task goes on with the same template and environments.
func (s *Service) SetResolved(ctx context.Context, id string, resolved json.RawMessage) (*Operation, error) {
	return s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Resolved != nil {
			return unchanged, mustRun(o)
		}
		o.Resolved = resolved
		return change{}, mustRun(o)
	})
}

// SetPlan records the plan; the first call wins.
func (s *Service) SetPlan(ctx context.Context, id string, p *Plan) (*Operation, error) {
	return s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Plan != nil {
			return unchanged, mustRun(o)
		}
		o.Plan = p
		return change{event: EventPlanned}, mustRun(o)
	})
}

// StepBegins records that a step is being worked on.
func (s *Service) StepBegins(ctx context.Context, id, stepID, name string) error {
	_, err := s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Step(stepID) != nil {
			return unchanged, mustRun(o)
		}
		o.Steps = append(o.Steps, Step{ID: stepID, Name: name, Status: StepProcessing, Started: s.clock.Now()})
		return change{}, mustRun(o)
	})
	return err
}

// StepEnds records how a step ended, with a line for a person and what later steps may
// refer to.
func (s *Service) StepEnds(ctx context.Context, id, stepID string, status StepStatus, detail string, output json.RawMessage) (*Operation, error) {
	return s.update(ctx, id, func(o *Operation) (change, error) {
		step := o.Step(stepID)
		if step == nil {
			return change{}, errs.New(errs.Internal, fmt.Sprintf("step %q has not begun", stepID))
		}
		if step.Ended != nil {
			return unchanged, nil
		}
		step.Status, step.Detail, step.Output, step.Ended = status, detail, output, s.ended()
		return change{}, nil
	})
}

func (s *Service) ended() *time.Time {
	now := s.clock.Now()
	return &now
}

// Succeed ends an operation as complete. From then on nothing can undo it. A repeated
// call succeeds.
func (s *Service) Succeed(ctx context.Context, id string, output json.RawMessage) (*Operation, error) {
	return s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Status == Succeeded {
			return unchanged, nil
		}
		if err := mustRun(o); err != nil {
			return change{}, err
		}
		o.Status, o.Output, o.Ended = Succeeded, output, s.ended()
		return change{event: EventSucceeded, writes: s.closingWrites(o, false), ends: true}, nil
	})
}

// closingWrites closes an operation; with release it also frees the target, which only
// happens when nothing of it is left.
func (s *Service) closingWrites(o *Operation, release bool) []table.Write {
	writes := []table.Write{
		table.DeleteWrite(timeKey(openPartition, o.Created, o.ID), table.Always),
		table.DeleteWrite(applyingKey(o.ID), table.Always),
	}
	if release {
		writes = append(writes, table.DeleteWrite(targetKey(o.Target), table.Always))
	}
	return writes
}

// compensating stops new effects from starting and records why. What it was for first
// stays recorded.
func (s *Service) compensating(ctx context.Context, id string, cause *Problem) (*Operation, error) {
	return s.update(ctx, id, func(o *Operation) (change, error) {
		switch o.Status {
		case Compensating, Failed, Parked:
			return unchanged, nil
		case Succeeded:
			return change{}, errs.New(errs.Conflict, "the operation has succeeded and is not undone")
		}
		o.Status, o.Problem = Compensating, cause.clipped()
		failOpenSteps(o, s.ended())
		writes := []table.Write{table.DeleteWrite(applyingKey(o.ID), table.Always)}
		return change{event: EventCompensating, writes: writes, ends: true}, nil
	})
}

// failOpenSteps ends the steps that were being worked on with the operation's problem.
func failOpenSteps(o *Operation, at *time.Time) {
	for i := range o.Steps {
		if o.Steps[i].Ended == nil {
			o.Steps[i].Status, o.Steps[i].Detail, o.Steps[i].Ended = StepFailed, o.Problem.Message, at
		}
	}
}

// failed ends an operation as clean: nothing of it is left, its target is free.
func (s *Service) failed(ctx context.Context, id string) (*Operation, error) {
	return s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Status.Ended() {
			return unchanged, nil
		}
		o.Status, o.Ended = Failed, s.ended()
		return change{event: EventFailed, writes: s.closingWrites(o, true), ends: true}, nil
	})
}

// parked ends an operation that only a person can clean up: its target stays taken. One
// that has ended otherwise stays as it is: it may have succeeded with its answer lost.
func (s *Service) parked(ctx context.Context, id string, left []string) (*Operation, error) {
	return s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Status.Ended() {
			return unchanged, nil
		}
		if o.Problem == nil {
			o.Problem = &Problem{Kind: errs.Internal, Message: "the operation was interrupted"}
		}
		o.Status, o.Problem.Left, o.Ended = Parked, clippedList(left), s.ended()
		failOpenSteps(o, o.Ended)
		return change{event: EventParked, writes: s.closingWrites(o, false), ends: true}, nil
	})
}
