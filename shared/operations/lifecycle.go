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

// SetPlan records the plan; the first call wins. Conflict when another plan was approved.
func (s *Service) SetPlan(ctx context.Context, id string, p *Plan) (*Operation, error) {
	return s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Plan != nil {
			return unchanged, mustRun(o)
		}
		if o.Approved != "" && p.Hash != o.Approved {
			return change{}, hasMoved(o.Approved, p)
		}
		o.Plan = p
		return change{event: EventPlanned}, mustRun(o)
	})
}

// StepBegins records that a step is being worked on: its ID, Name and Shown.
func (s *Service) StepBegins(ctx context.Context, id string, begun Step) error {
	_, err := s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Step(begun.ID) != nil {
			return unchanged, mustRun(o)
		}
		step := Step{ID: begun.ID, Name: begun.Name, Shown: begun.Shown, Status: StepProcessing, Started: s.clock.Now()}
		o.Steps = append(o.Steps, step)
		return change{lines: []Line{step.beginLine()}}, mustRun(o)
	})
	return err
}

// StepSkips records a step that does not begin: its ID, Name, Shown, and Detail for why.
func (s *Service) StepSkips(ctx context.Context, id string, skipped Step) error {
	_, err := s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Step(skipped.ID) != nil {
			return unchanged, mustRun(o)
		}
		step := Step{
			ID: skipped.ID, Name: skipped.Name, Shown: skipped.Shown, Status: StepSkipped, Detail: skipped.Detail,
			Started: s.clock.Now(), Ended: s.ended(),
		}
		o.Steps = append(o.Steps, step)
		return change{lines: []Line{step.endLine()}}, mustRun(o)
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
		return change{lines: []Line{step.endLine()}}, nil
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
		return ending(o, EventSucceeded), nil
	})
}

// ending is the change that ends an operation: it gives up all it held, and its target
// when nothing of it is left. One that is parked may be taken up again: what is sealed for
// it stays as long as it lasts.
func ending(o *Operation, event string, lines ...Line) change {
	writes := []table.Write{
		table.DeleteWrite(timeKey(openPartition, o.Created, o.ID), table.Always),
		table.DeleteWrite(applyingKey(o.ID, o.Attempt), table.Always),
		table.DeleteWrite(undoingKey(o.ID, o.Attempt), table.Always),
		table.DeleteWrite(waitingKey(o.ID), table.Always),
	}
	if o.Status != Parked {
		for _, name := range o.Sealed {
			writes = append(writes, table.DeleteWrite(secretKey(o.ID, name), table.Always))
		}
		o.Sealed, o.SealedUntil = nil, nil
	}
	if o.Status == Failed && !o.Shared {
		writes = append(writes, table.DeleteWrite(targetKey(o.Target), table.Always))
	}
	return change{event: event, writes: writes, lines: append(lines, o.completionLine()), ends: true}
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
		o.Problem = cause.clipped()
		return s.undoing(o, failOpenSteps(o, s.ended())), nil
	})
}

// failOpenSteps ends the steps that were being worked on with the operation's problem, and
// gives the lines that say so.
func failOpenSteps(o *Operation, at *time.Time) []Line {
	var lines []Line
	for i := range o.Steps {
		if step := &o.Steps[i]; step.Ended == nil {
			step.Status, step.Detail, step.Ended = StepFailed, o.Problem.Message, at
			lines = append(lines, step.endLine())
		}
	}
	return lines
}

// failed ends an operation as clean: nothing of it is left, its target is free.
func (s *Service) failed(ctx context.Context, id string) (*Operation, error) {
	return s.update(ctx, id, func(o *Operation) (change, error) {
		if o.Status.Ended() {
			return unchanged, nil
		}
		o.Status, o.Ended = Failed, s.ended()
		return ending(o, EventFailed), nil
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
		lines := append(failOpenSteps(o, o.Ended), leftLines(left)...)
		lines = append(lines, o.sealedLines()...)
		return ending(o, EventParked, lines...), nil
	})
}
