package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// pipelineWait is the kind of wait for the end of a pipeline; its key is pipelineKey.
const pipelineWait = "gitlab.pipeline"

// PipelineFailed is the error name of a task whose pipeline did not pass.
const PipelineFailed = "Slipway.PipelineFailed"

func pipelineKey(project, id int64) string { return fmt.Sprintf("%d/%d", project, id) }

// PipelineWatch wakes the task that waits for a pipeline once the pipeline has ended. It
// is told of a pipeline by whoever heard something, and reads the truth itself: late,
// duplicate and reordered events make no difference.
type PipelineWatch struct {
	Pipelines scm.Pipelines
	Waits     operations.Waits
	Callbacks workflow.Callbacks
	Log       *slog.Logger
}

// complete reports whether the watch has all it needs.
func (w PipelineWatch) complete() bool {
	return w.Pipelines != nil && w.Waits.Table != nil && w.Waits.Clock != nil && w.Callbacks != nil && w.Log != nil
}

// Heard says that something happened to a pipeline.
func (w PipelineWatch) Heard(ctx context.Context, project, id int64) error {
	who, waiting, err := w.Waits.Waiting(ctx, pipelineWait, pipelineKey(project, id))
	if err != nil || !waiting {
		return err
	}
	p, err := w.Pipelines.Pipeline(ctx, project, id)
	switch {
	case errors.Is(err, errs.NotFound):
		p.Status = deletedPipeline
	case err != nil:
		return fmt.Errorf("reading pipeline %d of project %d: %w", id, project, err)
	case !p.Status.Ended():
		return nil
	}
	if err := w.wake(ctx, who, p); err != nil && !errors.Is(err, errs.NotFound) {
		return fmt.Errorf("waking operation %s: %w", who.OperationID, err)
	}
	w.Log.InfoContext(ctx, "pipeline ended", "operation", who.OperationID, "pipeline", id, "status", p.Status)
	return w.Waits.Over(ctx, pipelineWait, pipelineKey(project, id), who)
}

// CatchUp looks at every pipeline that somebody waits for: after a time in which nothing
// could be heard.
func (w PipelineWatch) CatchUp(ctx context.Context) error {
	keys, err := w.Waits.Keys(ctx, pipelineWait)
	problems := []error{err}
	for _, key := range keys {
		var project, id int64
		if _, err := fmt.Sscanf(key, "%d/%d", &project, &id); err != nil {
			problems = append(problems, errs.Wrap(errs.Internal, "a wait has the key "+key, err))
			continue
		}
		problems = append(problems, w.Heard(ctx, project, id))
	}
	return errors.Join(problems...)
}

func (w PipelineWatch) wake(ctx context.Context, who operations.Waiter, p scm.Pipeline) error {
	if !p.Status.Passed() {
		return w.Callbacks.Fail(ctx, who.Token, PipelineFailed, pipelineProblem(p))
	}
	output, err := json.Marshal(map[string]string{"status": string(p.Status)})
	if err != nil {
		return errs.Wrap(errs.Internal, "a pipeline's status can't be written as JSON", err)
	}
	return w.Callbacks.Succeed(ctx, who.Token, output)
}

// deletedPipeline stands for the status of a pipeline that is not there any more.
const deletedPipeline scm.PipelineStatus = "deleted"

// pipelineProblem says why a pipeline counts as failed.
func pipelineProblem(p scm.Pipeline) string {
	switch {
	case p.Status == deletedPipeline:
		return "the pipeline was deleted before it ended"
	case !p.Status.Ended():
		return fmt.Sprintf("the pipeline was still %s after %s (%s)", p.Status, pipelineLimit, p.WebURL)
	}
	return fmt.Sprintf("the pipeline ended as %s (%s)", p.Status, p.WebURL)
}
