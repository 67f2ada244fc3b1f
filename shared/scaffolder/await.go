package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// pipelineLimit is how long an operation waits for its pipeline in all.
const pipelineLimit = 4 * time.Hour

const (
	startStep = "pipeline"
	awaitStep = "await-pipeline"
)

// startPipeline starts exactly one pipeline.
func (t *Tasks) startPipeline(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	return none{}, t.step(ctx, o, startStep, "Start the pipeline", func() (string, error) {
		effect := planned(o, effects.PipelineKind)
		if effect == nil {
			return "", errs.New(errs.Internal, "the plan has no pipeline")
		}
		raw, err := t.deps.Ledger.Apply(ctx, o.Ref(), *effect)
		if err != nil {
			return "", err
		}
		var made effects.PipelineResult
		if err := json.Unmarshal(raw, &made); err != nil {
			return "", errs.Wrap(errs.Internal, "the pipeline in the ledger is damaged", err)
		}
		return made.WebURL, nil
	})
}

// startedPipeline gives the operation's pipeline from the ledger.
func (t *Tasks) startedPipeline(ctx context.Context, o *operations.Operation) (effects.PipelineResult, error) {
	var made effects.PipelineResult
	return made, t.fromLedger(ctx, o, effects.PipelineKind, &made)
}

// fromLedger reads the result of the operation's effect of a kind; NotFound when it has
// none that is done.
func (t *Tasks) fromLedger(ctx context.Context, o *operations.Operation, kind string, into any) error {
	entries, err := t.deps.Operations.Ledger(ctx, o.ID)
	if err != nil {
		return err
	}
	return resultOf(entries, kind, into)
}

// resultOf reads the result of the effect of a kind among a ledger's entries; NotFound when
// none is done.
func resultOf(entries []*operations.Entry, kind string, into any) error {
	for _, e := range entries {
		if e.Kind != kind || e.State != operations.Done {
			continue
		}
		if err := json.Unmarshal(e.Result, into); err != nil {
			return errs.Wrap(errs.Internal, "the "+kind+" in the ledger is damaged", err)
		}
		return nil
	}
	return errs.New(errs.NotFound, "the operation has made no "+kind)
}

// awaitPipeline leaves the token for whoever hears of the pipeline's end, and then looks
// once itself: the end may have come before the token.
func (t *Tasks) awaitPipeline(ctx context.Context, o *operations.Operation, c call) (any, error) {
	made, err := t.startedPipeline(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := t.deps.Operations.StepBegins(ctx, o.ID, operations.Step{ID: awaitStep, Name: "Wait for the pipeline"}); err != nil {
		return nil, err
	}
	who := operations.Waiter{OperationID: o.ID, Attempt: o.Attempt, Token: c.Token}
	if err := t.deps.Watch.Waits.Wait(ctx, pipelineWait, pipelineKey(made.Project, made.ID), who); err != nil {
		return nil, err
	}
	return none{}, t.deps.Watch.Heard(ctx, made.Project, made.ID)
}

// ended tells the state machine whether the pipeline has ended.
type ended struct {
	Ended bool `json:"ended"`
}

// pollPipeline looks once after a long silence: the webhook may have been lost.
func (t *Tasks) pollPipeline(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	if o.Status != operations.Running { // somebody may have cancelled it, and nobody woke it
		return nil, errs.New(errs.Conflict, fmt.Sprintf("the operation is %s", o.Status))
	}
	made, err := t.startedPipeline(ctx, o)
	if err != nil {
		return nil, err
	}
	p, err := t.deps.Watch.Pipelines.Pipeline(ctx, made.Project, made.ID)
	switch {
	case errors.Is(err, errs.NotFound):
		p.Status = deletedPipeline
	case err != nil:
		return nil, fmt.Errorf("reading pipeline %d: %w", made.ID, err)
	case p.Status.Passed():
		return ended{true}, nil
	case !p.Status.Ended() && !t.tooLong(o):
		return ended{false}, nil
	}
	return nil, &workflow.TaskError{Name: PipelineFailed, Cause: pipelineProblem(p)}
}

func (t *Tasks) tooLong(o *operations.Operation) bool {
	waiting := o.Step(awaitStep)
	return waiting != nil && t.deps.Watch.Waits.Clock.Now().Sub(waiting.Started) > pipelineLimit
}
