package scaffolder

import (
	"context"
	"encoding/json"
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

// startPipeline starts exactly one pipeline in each project that waits for one.
func (t *Tasks) startPipeline(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	return none{}, t.step(ctx, o, startStep, "Start the pipeline", func() (string, error) {
		effects := planned(o, effects.PipelineKind)
		if len(effects) == 0 {
			return "", errs.New(errs.Internal, "the plan has no pipeline")
		}
		var urls []string
		for _, e := range effects {
			made, err := t.start(ctx, o, e)
			if err != nil {
				return "", err
			}
			urls = append(urls, made.WebURL)
		}
		return shortList(urls), nil
	})
}

func (t *Tasks) start(ctx context.Context, o *operations.Operation, e operations.Effect) (made effects.PipelineResult, err error) {
	raw, err := t.deps.Ledger.Apply(ctx, o.Ref(), e)
	if err != nil {
		return made, err
	}
	if err := json.Unmarshal(raw, &made); err != nil {
		return made, errs.Wrap(errs.Internal, "the pipeline in the ledger is damaged", err)
	}
	return made, nil
}

// startedPipelines gives the keys of the operation's pipelines from the ledger; NotFound when
// it has started none.
func (t *Tasks) startedPipelines(ctx context.Context, o *operations.Operation) ([]string, error) {
	entries, err := t.deps.Operations.Ledger(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, e := range entries {
		if e.Kind != effects.PipelineKind || e.State != operations.Done {
			continue
		}
		var made effects.PipelineResult
		if err := json.Unmarshal(e.Result, &made); err != nil {
			return nil, errs.Wrap(errs.Internal, "the pipeline in the ledger is damaged", err)
		}
		keys = append(keys, pipelineKey(made.Project, made.ID))
	}
	if len(keys) == 0 {
		return nil, errs.New(errs.NotFound, "the operation has started no pipeline")
	}
	return keys, nil
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

// awaitPipeline leaves the token for whoever hears of the pipelines' ends, and then looks
// once itself: an end may have come before the token.
func (t *Tasks) awaitPipeline(ctx context.Context, o *operations.Operation, c call) (any, error) {
	keys, err := t.startedPipelines(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := t.deps.Operations.StepBegins(ctx, o.ID, operations.Step{ID: awaitStep, Name: "Wait for the pipeline"}); err != nil {
		return nil, err
	}
	who := operations.Waiter{OperationID: o.ID, Attempt: o.Attempt, Token: c.Token, Keys: keys}
	if err := t.deps.Watch.Waits.Wait(ctx, pipelineWait, who); err != nil {
		return nil, err
	}
	return none{}, t.deps.Watch.heard(ctx, keys[0])
}

// ended tells the state machine whether the pipeline has ended.
type ended struct {
	Ended bool `json:"ended"`
}

// pollPipeline looks once after a long silence: webhooks may have been lost.
func (t *Tasks) pollPipeline(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	if o.Status != operations.Running { // somebody may have cancelled it, and nobody woke it
		return nil, errs.New(errs.Conflict, fmt.Sprintf("the operation is %s", o.Status))
	}
	keys, err := t.startedPipelines(ctx, o)
	if err != nil {
		return nil, err
	}
	status, err := t.deps.Watch.look(ctx, keys)
	switch {
	case err != nil:
		return nil, err
	case status.failed == nil && status.running == nil:
		return ended{true}, nil
	case status.failed == nil && !t.tooLong(o):
		return ended{false}, nil
	case status.failed == nil:
		status.failed = status.running
	}
	return nil, &workflow.TaskError{Name: PipelineFailed, Cause: pipelineProblem(*status.failed)}
}

func (t *Tasks) tooLong(o *operations.Operation) bool {
	waiting := o.Step(awaitStep)
	return waiting != nil && t.deps.Watch.Waits.Clock.Now().Sub(waiting.Started) > pipelineLimit
}
