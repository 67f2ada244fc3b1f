package scaffolder_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// manual keeps a pipeline waiting for its first job for ever, as a delayed one is.
const endless = "job:\n  script: [\"true\"]\n  when: delayed\n  start_in: 1 week\n"

// started gives an operation whose pipeline has been started.
func (w *world) started(t *testing.T) string {
	t.Helper()
	id := w.accept(t, map[string]any{"name": "orders"})
	w.run(t, id, "Prepare", "Plan", "RunStep", "RunStep", "StartPipeline")
	return id
}

func (w *world) awaits(t *testing.T, id, token string) {
	t.Helper()
	if _, err := w.call(t, id, "AwaitPipeline", map[string]any{"token": token}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) heard(t *testing.T, project, pipeline int64) {
	t.Helper()
	if err := w.watch.Heard(t.Context(), project, pipeline); err != nil {
		t.Fatal(err)
	}
}

func TestAPipelineThatEndedBeforeAnybodyWaitedWakesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep+publishStep, skeleton(passing))
	id := w.started(t)
	project, pipeline := w.pipelineEnds(t)
	w.heard(t, project, pipeline) // nobody waits yet
	w.awaits(t, id, "token")
	w.heard(t, project, pipeline) // nobody waits any more
	if diff := cmp.Diff([]string{`token {"status":"success"}`}, w.callbacks.said); diff != "" {
		t.Error(diff)
	}
	if got := w.run(t, id, "PollPipeline"); got != `{"ended":true}` {
		t.Errorf("looked and saw %s", got)
	}
}

func TestOnlyTheEndWakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep+publishStep, skeleton(endless))
	id := w.started(t)
	project, pipeline := w.pipeline(t)
	w.awaits(t, id, "old")
	w.heard(t, project, pipeline)
	if len(w.callbacks.said) != 0 {
		t.Fatalf("woken by %v", w.callbacks.said)
	}
	if got := w.run(t, id, "PollPipeline"); got != `{"ended":false}` {
		t.Errorf("looked and saw %s", got)
	}
	w.awaits(t, id, "new")
	if err := w.Client.CancelPipeline(t.Context(), project, pipeline); err != nil {
		t.Fatal(err)
	}
	w.pipelineEnds(t)
	w.callbacks.answer = errs.New(errs.Unavailable, "Step Functions does not answer")
	if err := w.watch.Heard(t.Context(), project, pipeline); !errors.Is(err, errs.Unavailable) {
		t.Errorf("the event counts as consumed: %v", err)
	}
	w.callbacks.answer = nil
	w.heard(t, project, pipeline)
	want := []string{fmt.Sprintf("new Slipway.PipelineFailed: the pipeline ended as canceled (%s/apps/orders/-/pipelines/%d)", w.URL, pipeline)}
	if diff := cmp.Diff(want, w.callbacks.said); diff != "" {
		t.Error(diff)
	}
	_, err := w.call(t, id, "PollPipeline", nil)
	named(t, err, "Slipway.PipelineFailed")
}

func TestATaskThatIsGoneNeedsNoWaking(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep+publishStep, skeleton(passing))
	id := w.started(t)
	project, pipeline := w.pipelineEnds(t)
	w.callbacks.answer = errs.New(errs.NotFound, "this token was used")
	w.awaits(t, id, "token")
	w.callbacks.answer = nil
	w.heard(t, project, pipeline)
	if len(w.callbacks.said) != 0 {
		t.Errorf("it is still waited for: %v", w.callbacks.said)
	}
}

func TestAPipelineMayNotTakeForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep+publishStep, skeleton(endless))
	id := w.started(t)
	w.awaits(t, id, "token")
	w.clock.Advance(5 * time.Hour)
	_, err := w.call(t, id, "PollPipeline", nil)
	if e := named(t, err, "Slipway.PipelineFailed"); !strings.HasPrefix(e.Cause, "the pipeline was still ") || !strings.Contains(e.Cause, " after 4h0m0s (http://") {
		t.Error(e)
	}
}

func TestARepositoryThatIsDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep+publishStep, skeleton(endless))
	id := w.started(t)
	project, pipeline := w.pipeline(t)
	w.awaits(t, id, "token")
	if err := w.Client.DeleteProject(t.Context(), project); err != nil {
		t.Fatal(err)
	}
	_, err := w.call(t, id, "PollPipeline", nil)
	if e := named(t, err, "Slipway.PipelineFailed"); e.Cause != "the pipeline was deleted before it ended" {
		t.Error(e)
	}
	w.heard(t, project, pipeline)
	if len(w.callbacks.said) != 1 || !strings.HasSuffix(w.callbacks.said[0], "the pipeline was deleted before it ended") {
		t.Errorf("said %v", w.callbacks.said)
	}
}

func TestWhatFailsIsUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep+publishStep+registerStep, skeleton(failing))
	id := w.accept(t, map[string]any{"name": "orders"})
	w.run(t, id, "Prepare", "Plan", "RunStep", "RunStep", "RunStep", "StartPipeline")
	w.pipelineEnds(t)
	w.awaits(t, id, "token")
	if len(w.callbacks.said) != 1 || !strings.HasPrefix(w.callbacks.said[0], "token Slipway.PipelineFailed: the pipeline ended as failed (") {
		t.Fatalf("said %v", w.callbacks.said)
	}
	failure := map[string]any{"failure": map[string]any{"Error": "Slipway.PipelineFailed", "Cause": "the pipeline ended as failed"}}
	for range 2 {
		out, err := w.call(t, id, "Compensate", failure)
		if err != nil || string(out) != `{"status":"failed"}` {
			t.Fatalf("%s, %v", out, err)
		}
	}
	o := w.operation(t, id)
	want := &operations.Problem{Kind: errs.Conflict, Message: "the pipeline ended as failed"}
	if diff := cmp.Diff(want, o.Problem); diff != "" || o.Step("await-pipeline").Status != operations.StepFailed {
		t.Errorf("%s %+v", diff, o.Steps)
	}
	if _, err := w.Client.Project(t.Context(), "apps/orders"); !errors.Is(err, errs.NotFound) {
		t.Errorf("the repository: %v", err)
	}
	if _, err := w.catalog.Entity(t.Context(), "component:default/orders"); !errors.Is(err, errs.NotFound) {
		t.Errorf("the entity: %v", err)
	}
	if _, err := w.spaces.Load(t.Context(), id); !errors.Is(err, errs.NotFound) {
		t.Errorf("the workspace: %v", err)
	}
	w.accept(t, map[string]any{"name": "orders"}) // the name is free again
}

func TestWhatAPersonReadsOfAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep, skeleton(""))
	for name, c := range map[string]struct {
		failure map[string]any
		want    operations.Problem
	}{
		"a task of ours":     {map[string]any{"Error": "Slipway.Invalid", "Cause": "the branch is not there"}, operations.Problem{Kind: errs.Invalid, Message: "the branch is not there"}},
		"as Lambda says it":  {map[string]any{"Error": "Slipway.Conflict", "Cause": `{"errorMessage":"taken","errorType":"Slipway.Conflict"}`}, operations.Problem{Kind: errs.Conflict, Message: "taken"}},
		"somebody else's":    {map[string]any{"Error": "Lambda.Unknown", "Cause": "panic: password=hunter2"}, operations.Problem{Kind: errs.Internal, Message: "a task of the operation failed (Lambda.Unknown)"}},
		"a kind of nobody's": {map[string]any{"Error": "Slipway.UnknownTask", "Cause": "this function has no task"}, operations.Problem{Kind: errs.Internal, Message: "this function has no task"}},
		"a lost execution":   {map[string]any{"Error": "", "Cause": ""}, operations.Problem{Kind: errs.Internal, Message: "the operation was interrupted and could not be resumed"}},
	} {
		t.Run(name, func(t *testing.T) {
			id := w.accept(t, map[string]any{"name": "orders"}) // which the one before has given back
			if _, err := w.call(t, id, "Compensate", map[string]any{"failure": c.failure}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, w.operation(t, id).Problem); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParkNamesWhatIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep+publishStep, skeleton(endless))
	id := w.started(t)
	if got := w.run(t, id, "Park", "Park"); got != "{}" {
		t.Errorf("parked with %s", got)
	}
	o := w.operation(t, id)
	want := []string{
		"gitlab.project apps/orders: could not be undone", "gitlab.commit apps/orders@main: could not be undone",
		"gitlab.hook apps/orders: could not be undone", "gitlab.pipeline apps/orders@main: could not be undone",
	}
	if diff := cmp.Diff(want, o.Problem.Left); diff != "" || o.Status != operations.Parked {
		t.Errorf("%s %s", o.Status, diff)
	}
}
