package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// confirmCatalog makes sure that the catalog shows what the operation registered.
func (t *Tasks) confirmCatalog(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	if waiting := o.Step(awaitStep); waiting != nil && waiting.Ended == nil {
		detail, err := t.pipelineDetail(ctx, o)
		if err != nil {
			return nil, err
		}
		if _, err := t.deps.Operations.StepEnds(ctx, o.ID, awaitStep, operations.StepCompleted, detail, nil); err != nil {
			return nil, err
		}
	}
	return none{}, t.step(ctx, o, "catalog", "Check the catalog", func() (string, error) {
		var location effects.LocationResult
		err := t.fromLedger(ctx, o, effects.LocationKind, &location)
		if errors.Is(err, errs.NotFound) {
			return "the template registers nothing", nil
		}
		if err != nil {
			return "", err
		}
		if len(location.Entities) == 0 { // found after a lost answer, when its file was refused
			return "", errs.New(errs.Invalid, "the catalog took nothing from the file that was registered")
		}
		for _, ref := range location.Entities {
			if _, err := t.deps.Catalog.Entity(ctx, ref); err != nil {
				return "", errs.Wrap(errs.Unavailable, "the catalog does not show "+ref, err)
			}
		}
		return strings.Join(location.Entities, ", "), nil
	})
}

// pipelineDetail says how the pipelines ended, for a person.
func (t *Tasks) pipelineDetail(ctx context.Context, o *operations.Operation) (string, error) {
	keys, err := t.startedPipelines(ctx, o)
	if err != nil {
		return "", err
	}
	status, err := t.deps.Watch.look(ctx, keys)
	if err != nil {
		return "", err
	}
	for i, one := range status.statuses {
		if one == "manual" {
			status.statuses[i] = "passed up to the manual gate"
		}
	}
	return shortList(status.statuses), nil
}

// Output is what an app.create operation gives when it has succeeded.
type Output struct {
	Project     string   `json:"project,omitempty"` // full path
	WebURL      string   `json:"webUrl,omitempty"`
	CloneURL    string   `json:"cloneUrl,omitempty"`
	PipelineURL string   `json:"pipelineUrl,omitempty"`
	Entities    []string `json:"entities,omitempty"`
	// Template is the template's own output, rendered: links and texts.
	Template keyorder.Object `json:"template,omitzero"`
}

// complete records the outcome; from here on nothing is undone.
func (t *Tasks) complete(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	out, err := t.output(ctx, o)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "the outcome can't be written as JSON", err)
	}
	t.tidy(ctx, o.ID)
	_, err = t.deps.Operations.Succeed(ctx, o.ID, body)
	return none{}, err
}

// tidyTime is how long removing the files of an application that is complete may take.
const tidyTime = 15 * time.Second

// tidy removes a workspace as far as that can be done now. Nothing of the application
// lacks: undoing it for scratch files, which expire anyway, would help nobody.
func (t *Tasks) tidy(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, tidyTime)
	defer cancel()
	if err := t.deps.Workspaces.Delete(ctx, id); err != nil {
		t.deps.Log.WarnContext(ctx, "the workspace is left", "error", err)
	}
}

func (t *Tasks) output(ctx context.Context, o *operations.Operation) (Output, error) {
	var project effects.ProjectResult
	var pipeline effects.PipelineResult
	var location effects.LocationResult
	entries, err := t.deps.Operations.Ledger(ctx, o.ID)
	if err != nil {
		return Output{}, err
	}
	for kind, into := range map[string]any{effects.ProjectKind: &project, effects.PipelineKind: &pipeline, effects.LocationKind: &location} {
		if err := resultOf(entries, kind, into); err != nil && !errors.Is(err, errs.NotFound) {
			return Output{}, err
		}
	}
	r, err := readResolved(o)
	if err != nil {
		return Output{}, err
	}
	rendered, err := t.deps.Script.Output(ctx, r.Template.Output, newScope(o, r))
	if err != nil {
		return Output{}, err
	}
	return Output{
		Project: project.Path, WebURL: project.WebURL, CloneURL: project.CloneURL,
		PipelineURL: pipeline.WebURL, Entities: location.Entities, Template: rendered,
	}, nil
}

// compensate undoes everything that the operation made.
func (t *Tasks) compensate(ctx context.Context, o *operations.Operation, c call) (any, error) {
	ended, err := t.deps.Ledger.Compensate(ctx, o.ID, problemOf(c.Failure))
	if err != nil {
		return nil, err
	}
	if err := t.deps.Workspaces.Delete(ctx, o.ID); err != nil {
		return nil, fmt.Errorf("removing the workspace: %w", err)
	}
	return map[string]operations.Status{"status": ended.Status}, nil
}

// park gives up undoing: what is left is named for a person.
func (t *Tasks) park(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	_, err := t.deps.Ledger.Park(ctx, o.ID)
	return none{}, err
}

// problemOf turns what the state machine caught into what a person reads.
func problemOf(f operations.Failure) *operations.Problem {
	message := f.Cause
	// Step Functions passes a Lambda function's error as a JSON document.
	var lambda struct {
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(f.Cause), &lambda) == nil && lambda.Message != "" {
		message = lambda.Message
	}
	kind, ours := strings.CutPrefix(f.Error, "Slipway.")
	switch {
	case f.Error == "":
		return &operations.Problem{Kind: errs.Internal, Message: "the operation was interrupted and could not be resumed"}
	case f.Error == PipelineFailed:
		return &operations.Problem{Kind: errs.Conflict, Message: message}
	case !ours: // "States.Timeout", "Lambda.Unknown": the cause may hold anything
		return &operations.Problem{Kind: errs.Internal, Message: "a task of the operation failed (" + f.Error + ")"}
	}
	problem := &operations.Problem{Kind: errs.Kind(kind), Message: message}
	if !problem.Kind.Known() { // a failure with a name of its own
		problem.Kind = errs.Internal
	}
	return problem
}
