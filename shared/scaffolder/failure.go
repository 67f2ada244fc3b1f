package scaffolder

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/script"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// failure is what a step failed with, in the place of its outputs.
type failure struct {
	Kind    errs.Kind `json:"kind"`
	Message string    `json:"message"`
}

// stepFails records what a step failed with and lets the state machine go on to the steps
// that ask for failures. What may pass when it is tried again, and what somebody else
// decided, is the task's error at once.
func (t *Tasks) stepFails(ctx context.Context, o *operations.Operation, s step, sc *script.Scope, cause error) error {
	if ctx.Err() != nil || !final(cause) {
		return cause
	}
	now, err := t.deps.Operations.Get(ctx, o.ID)
	if err != nil || now.Status != operations.Running {
		return cause
	}
	f := failure{Kind: errs.KindOf(cause), Message: errs.Explain(cause)}
	body, err := json.Marshal(f)
	if err != nil {
		return cause
	}
	t.deps.Log.WarnContext(ctx, "step failed", "step", s.ID, "kind", f.Kind, "error", cause)
	if _, err := t.deps.Operations.StepEnds(ctx, o.ID, stepKey(s.ID), operations.StepFailed, f.Message, body); err != nil {
		return fmt.Errorf("recording the failure of step %q: %w", s.ID, err)
	}
	sc.Fail()
	return nil
}

// final reports whether trying again can't help. It is the state machine that tries again:
// these are the names in its Retry.
func final(err error) bool {
	switch workflow.TaskErrorFrom(err).Name {
	case "Slipway.Busy", "Slipway.Unavailable", "Slipway.RateLimited":
		return false
	}
	return true
}

// failure gives what the first failed step failed with, nil when none has.
func (t *Tasks) failure(ctx context.Context, o *operations.Operation, r resolved) error {
	now, err := t.deps.Operations.Get(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, s := range r.Template.Steps {
		ended := now.Step(stepKey(s.ID))
		if ended == nil || ended.Status != operations.StepFailed {
			continue
		}
		f := failure{Kind: errs.Internal}
		if json.Unmarshal(ended.Output, &f) != nil || !f.Kind.Known() {
			f.Kind = errs.Internal
		}
		return errs.New(f.Kind, f.Message)
	}
	return nil
}
