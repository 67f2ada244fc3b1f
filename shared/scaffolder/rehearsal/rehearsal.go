package rehearsal

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/script"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// Rehearser runs templates without doing anything. It is safe for concurrent use.
type Rehearser struct {
	actions *actions.Registry
	script  *script.Reader
}

// Config is what a Rehearser needs.
type Config struct {
	Actions *actions.Registry
	Script  *script.Reader
}

// New makes a rehearser.
func New(c Config) (*Rehearser, error) {
	if c.Actions == nil || c.Script == nil {
		return nil, errors.New("a rehearsal needs actions and a reader of their steps")
	}
	return &Rehearser{actions: c.Actions, script: c.Script}, nil
}

// Request is what is rehearsed.
type Request struct {
	Template *template.Template
	// Source is where the template's files lie; with Source.Beside, they are given.
	Source       actions.Source
	Values       keyorder.Object // checked, with defaults
	User         any             // entity of who asks; nil when the catalog has none
	Environments any             // what the values' environments were resolved to
	Secrets      []string        // their names
	// Operation is for whom the effects are stated.
	Operation operations.Ref
}

// Result is what came of it.
type Result struct {
	Effects []operations.Effect
	Changes []operations.FileChange // files that the effects write
	Files   []workspace.File        // what the steps leave
	Log     []operations.Line
	Output  keyorder.Object // the template's own
	// Failed is the first step that can't succeed as things are, and why; "" for none.
	Failed  string
	Failure error
}

// Err says which step can't succeed, and why; nil when all can.
func (r *Result) Err() error {
	if r.Failed == "" {
		return nil
	}
	at := fmt.Sprintf("step %q: ", r.Failed)
	if kind := errs.KindOf(r.Failure); kind != errs.Internal {
		return &errs.Error{Kind: kind, Message: at + errs.Message(r.Failure), Fields: errs.Fields(r.Failure), Cause: r.Failure}
	}
	return fmt.Errorf("%s%w", at, r.Failure)
}

// Rehearse runs the steps of a template. What a step fails with is part of the result; the
// error is for a template that can't be rehearsed, such as one with an unknown action, and
// for sources that can't be read now.
func (r *Rehearser) Rehearse(ctx context.Context, q Request) (*Result, error) {
	for _, s := range q.Template.Steps {
		if _, err := r.actions.Action(s.Action); err != nil && !s.Conditional() {
			return nil, err
		}
	}
	run := &run{Rehearser: r, q: q, scope: q.scope(), scratch: workspace.NewScratch(), out: &Result{}}
	run.say("", "", fmt.Sprintf("Starting up task with %d steps", len(q.Template.Steps)))
	for _, s := range q.Template.Steps {
		if err := run.step(ctx, s); err != nil {
			return nil, err
		}
	}
	return run.result(ctx)
}

func (q Request) scope() *script.Scope {
	return script.NewScope(script.Context{Task: q.Operation.ID, User: q.Operation.Actor, UserEntity: q.User, Values: q.Values, Environments: q.Environments, Secrets: operations.StandIns(q.Secrets)})
}

// run is one rehearsal.
type run struct {
	*Rehearser
	q       Request
	scope   *script.Scope
	scratch *workspace.Scratch
	out     *Result
}

func (r *run) say(step string, status operations.StepStatus, message string) {
	r.out.Log = append(r.out.Log, operations.Line{Seq: len(r.out.Log) + 1, Type: operations.LineLog, Step: step, Status: status, Message: message})
}

// step rehearses one step. An error ends the rehearsal; a step that can't succeed does not.
func (r *run) step(ctx context.Context, s template.Step) error {
	if r.script.PassedOver(ctx, s, r.scope) {
		r.say(s.ID, operations.StepSkipped, fmt.Sprintf("Skipping step %s because a previous step failed", s.ID))
		return nil
	}
	calls, wanted, err := r.script.Calls(ctx, s, r.scope)
	if err != nil && r.unforeseen(s, err) {
		return nil
	}
	r.say(s.ID, operations.StepProcessing, "Beginning step "+s.Name)
	if err == nil && !wanted {
		r.say(s.ID, operations.StepSkipped, fmt.Sprintf("Skipping step %s because its if condition was false", s.ID))
		return nil
	}
	if err == nil {
		err = r.calls(ctx, s, calls)
	}
	return r.ended(ctx, s, err)
}

// ended says how a step ended.
func (r *run) ended(ctx context.Context, s template.Step, err error) error {
	switch {
	case err == nil:
		r.say(s.ID, operations.StepCompleted, "Finished step "+s.Name)
		return nil
	case ctx.Err() != nil, errs.Transient(err):
		return fmt.Errorf("rehearsing step %q: %w", s.ID, err)
	case r.unforeseen(s, err):
		return nil
	}
	r.say(s.ID, operations.StepFailed, errs.Explain(err))
	r.scope.Fail()
	if r.out.Failed == "" {
		r.out.Failed, r.out.Failure = s.ID, err
	}
	return nil
}

func (r *run) calls(ctx context.Context, s template.Step, calls []script.Call) error {
	action, err := r.actions.Action(s.Action)
	if err != nil {
		return err
	}
	var outputs []map[string]any
	for _, c := range calls {
		planned, err := action.Plan(ctx, r.call(s, c))
		if err != nil {
			return unknowing(c, err)
		}
		if len(planned.Effects) > 0 && r.scope.Failed() {
			return errs.New(errs.Conflict, "nothing is made after a failure: everything is undone")
		}
		r.effects(s, planned)
		outputs = append(outputs, planned.Outputs)
	}
	r.scope.SetOutput(s.ID, script.Outputs(s, outputs))
	return nil
}

func (r *run) call(s template.Step, c script.Call) actions.Call {
	return actions.Call{
		Operation: r.q.Operation, StepID: c.ID, Input: c.Input, Source: r.q.Source, Template: r.q.Template.Ref(), AwaitPipeline: r.q.Template.AwaitPipeline,
		Workspace: r.q.Operation.ID, Files: r.scratch, Rehearsing: true,
		Say: func(lines ...string) {
			for _, line := range lines {
				r.say(s.ID, "", line)
			}
		},
	}
}

func (r *run) effects(s template.Step, planned actions.Planned) {
	for _, e := range planned.Effects {
		r.say(s.ID, "", fmt.Sprintf("Would make %s %s", e.Kind, e.Target))
	}
	r.out.Effects = append(r.out.Effects, planned.Effects...)
	r.out.Changes = append(r.out.Changes, planned.Changes...)
}

// result reads what the steps leave.
func (r *run) result(ctx context.Context) (*Result, error) {
	files, err := r.scratch.Load(ctx, r.q.Operation.ID)
	if err == nil {
		r.out.Files = files.All()
	}
	if r.out.Failed != "" {
		return r.out, nil
	}
	r.out.Output, err = r.script.Output(ctx, r.q.Template.Output, r.scope)
	return r.out, err
}
