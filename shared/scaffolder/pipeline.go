package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

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

// PipelineWatch wakes the task that waits for pipelines once all have passed or one has not. It
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
	return w.heard(ctx, pipelineKey(project, id))
}

func (w PipelineWatch) heard(ctx context.Context, key string) error {
	who, waiting, err := w.Waits.Waiting(ctx, pipelineWait, key)
	if err != nil || !waiting {
		return err
	}
	status, err := w.look(ctx, who.Keys)
	if err != nil || !status.over() {
		return err
	}
	if err := w.wake(ctx, who, status); err != nil && !errors.Is(err, errs.NotFound) {
		return fmt.Errorf("waking operation %s: %w", who.OperationID, err)
	}
	w.Log.InfoContext(ctx, "pipelines ended", "operation", who.OperationID, "pipeline", key, "passed", status.failed == nil)
	return w.Waits.Over(ctx, pipelineWait, who)
}

// pipelines is how the pipelines of an operation stand.
type pipelines struct {
	statuses []string
	running  *scm.Pipeline // one of those that have not ended
	failed   *scm.Pipeline // the first that ended in another way than passing
}

// over reports whether there is nothing more to wait for: all have passed, or one has not.
func (p pipelines) over() bool { return p.failed != nil || p.running == nil }

// look reads how pipelines stand, up to the first that has failed.
func (w PipelineWatch) look(ctx context.Context, keys []string) (pipelines, error) {
	var all pipelines
	for _, key := range keys {
		project, id, err := readPipelineKey(key)
		if err != nil {
			return all, err
		}
		p, err := w.Pipelines.Pipeline(ctx, project, id)
		switch {
		case errors.Is(err, errs.NotFound):
			p.Status = deletedPipeline
			all.failed = &p
		case err != nil:
			return all, fmt.Errorf("reading pipeline %d of project %d: %w", id, project, err)
		case !p.Status.Ended():
			all.running = &p
		case !p.Status.Passed():
			all.failed = &p
		}
		if all.failed != nil {
			return all, nil
		}
		all.statuses = append(all.statuses, string(p.Status))
	}
	return all, nil
}

func readPipelineKey(key string) (project, id int64, err error) {
	if _, err := fmt.Sscanf(key, "%d/%d", &project, &id); err != nil {
		return 0, 0, errs.Wrap(errs.Internal, "a wait has the key "+key, err)
	}
	return project, id, nil
}

// CatchUp looks at every pipeline that somebody waits for: after a time in which nothing
// could be heard.
func (w PipelineWatch) CatchUp(ctx context.Context) error {
	keys, err := w.Waits.Keys(ctx, pipelineWait)
	problems := []error{err}
	for _, key := range keys {
		problems = append(problems, w.heard(ctx, key))
	}
	return errors.Join(problems...)
}

func (w PipelineWatch) wake(ctx context.Context, who operations.Waiter, status pipelines) error {
	if status.failed != nil {
		return w.Callbacks.Fail(ctx, who.Token, PipelineFailed, pipelineProblem(*status.failed))
	}
	output, err := json.Marshal(map[string]string{"status": strings.Join(status.statuses, ", ")})
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
