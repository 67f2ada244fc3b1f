package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/script"
)

// pipelineFile is what a repository with a pipeline has.
const pipelineFile = ".gitlab-ci.yml"

// next tells the state machine where to go.
type next struct {
	Next string `json:"next"` // "step", "pipeline" or "catalog"
}

// runStep runs the first step that has not ended. After a failure that trying again can't
// mend, the steps that ask for it still run; then the failure is what the task ends with.
func (t *Tasks) runStep(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	r, err := readResolved(o)
	if err != nil {
		return nil, err
	}
	sc := newScope(o, r)
	for i, s := range r.Template.Steps {
		if done := o.Step(stepKey(s.ID)); done != nil && done.Ended != nil {
			continue
		}
		if err := t.runOne(ctx, o, r, s, sc); err != nil {
			return nil, err
		}
		if i < len(r.Template.Steps)-1 && !sc.Failed() { // after a failure, the rest is soon done
			return next{"step"}, nil
		}
	}
	if err := t.failure(ctx, o, r); err != nil {
		return nil, err
	}
	return afterSteps(o), nil
}

// stepKey keeps the ids of a template's steps apart from the operation's own.
func stepKey(id string) string { return "template/" + id }

func (t *Tasks) runOne(ctx context.Context, o *operations.Operation, r resolved, s step, sc *script.Scope) error {
	name := s.Name
	if name == "" {
		name = s.ID
	}
	shown := operations.Step{ID: stepKey(s.ID), Name: name, Shown: s.ID}
	if t.deps.Script.PassedOver(ctx, s, sc) {
		shown.Detail = "a previous step failed"
		return t.deps.Operations.StepSkips(ctx, o.ID, shown)
	}
	if err := t.deps.Operations.StepBegins(ctx, o.ID, shown); err != nil {
		return fmt.Errorf("beginning step %q: %w", s.ID, err)
	}
	did, err := t.work(ctx, o, r, s, sc)
	if err != nil {
		return t.stepFails(ctx, o, s, sc, fmt.Errorf("step %q: %w", s.ID, err))
	}
	var outputs json.RawMessage
	if did.status == operations.StepCompleted {
		if outputs, err = json.Marshal(did.outputs); err != nil {
			return errs.Wrap(errs.Internal, "a step's outputs can't be written as JSON", err)
		}
		sc.SetOutput(s.ID, did.outputs)
	}
	_, err = t.deps.Operations.StepEnds(ctx, o.ID, stepKey(s.ID), did.status, did.detail, outputs)
	return err
}

// done is what came of a step.
type done struct {
	status  operations.StepStatus
	detail  string
	outputs map[string]any
}

// work makes all calls of a step.
func (t *Tasks) work(ctx context.Context, o *operations.Operation, r resolved, s step, sc *script.Scope) (done, error) {
	calls, wanted, err := t.deps.Script.Calls(ctx, s, sc)
	switch {
	case err != nil:
		return done{}, err
	case !wanted:
		return done{status: operations.StepSkipped, detail: "its if condition was false"}, nil
	}
	action, err := t.deps.Actions.Action(s.Action)
	if err != nil {
		return done{}, err
	}
	acting, stop := t.deps.Operations.WhileApplying(ctx, o.Ref())
	defer stop()
	var outputs []map[string]any
	details := sc.Kept()
	for _, c := range calls {
		result, err := action.Run(acting, t.call(ctx, o, r, s, c, sc.Failed()))
		if err != nil {
			return done{}, orCancelled(acting, err)
		}
		outputs = append(outputs, result.Outputs)
		details = append(details, result.Detail)
	}
	return done{operations.StepCompleted, shortList(details), script.Outputs(s, outputs)}, nil
}

// orCancelled gives what an action failed with, or that the operation was cancelled
// meanwhile.
func orCancelled(acting context.Context, err error) error {
	if cause := context.Cause(acting); errors.Is(cause, errs.Conflict) {
		return fmt.Errorf("%w (%w)", cause, err)
	}
	return err
}

// call makes a call of a step's action complete. What it reports and the effects that it
// makes have ctx, which a cancellation does not end: an effect on its way is waited for, so
// that what came of it is known.
func (t *Tasks) call(ctx context.Context, o *operations.Operation, r resolved, s step, c script.Call, failed bool) actions.Call {
	return actions.Call{
		Operation: o.Ref(), StepID: c.ID, Input: c.Input, Source: r.sourceFor(o), Template: r.Template.Ref(), AwaitPipeline: r.Template.AwaitPipeline,
		Workspace: o.ID, Files: t.deps.Workspaces, Apply: t.apply(ctx, o, failed), Begun: t.begun(o),
		Say: func(lines ...string) {
			if err := t.deps.Operations.Say(ctx, o.ID, s.ID, lines...); err != nil {
				t.deps.Log.WarnContext(ctx, "lines of the log are lost", "step", s.ID, "error", err)
			}
		},
	}
}

// apply makes effects as far as they are in the plan, and none after a failure: everything
// is undone then.
func (t *Tasks) apply(ctx context.Context, o *operations.Operation, failed bool) func(context.Context, operations.Effect) (json.RawMessage, error) {
	return func(_ context.Context, e operations.Effect) (json.RawMessage, error) {
		if failed {
			return nil, errs.New(errs.Conflict, fmt.Sprintf("%s %s is not made: a step has failed, and everything is undone", e.Kind, e.Target))
		}
		if !o.Plan.Holds(e) {
			return nil, errs.New(errs.Conflict, fmt.Sprintf("%s %s is not in the plan as it would be made now", e.Kind, e.Target))
		}
		return t.deps.Ledger.Apply(ctx, o.Ref(), e)
	}
}

// begun looks for an effect in the ledger.
func (t *Tasks) begun(o *operations.Operation) func(context.Context, string) (*operations.Effect, error) {
	return func(ctx context.Context, id string) (*operations.Effect, error) {
		entries, err := t.deps.Operations.Ledger(ctx, o.ID)
		if err != nil {
			return nil, fmt.Errorf("reading the ledger: %w", err)
		}
		for _, e := range entries {
			if e.ID == id && e.State != operations.Compensated { // as an earlier attempt may have left it
				return &e.Effect, nil
			}
		}
		return nil, nil
	}
}

// shortList joins what a person is told of several calls, as far as it fits into a line.
func shortList(details []string) string {
	const most = 5
	var shown []string
	for _, d := range details {
		if d != "" {
			shown = append(shown, d)
		}
	}
	if len(shown) > most {
		shown = append(shown[:most:most], fmt.Sprintf("… %d in all", len(shown)))
	}
	return strings.Join(shown, "; ")
}

// afterSteps goes on to the pipelines if there are any to wait for.
func afterSteps(o *operations.Operation) next {
	if len(planned(o, effects.PipelineKind)) > 0 {
		return next{"pipeline"}
	}
	return next{"catalog"}
}

// planned gives the effects of a kind in an operation's plan.
func planned(o *operations.Operation, kind string) (list []operations.Effect) {
	if o.Plan == nil {
		return nil
	}
	for _, e := range o.Plan.Effects {
		if e.Kind == kind {
			list = append(list, e)
		}
	}
	return list
}
