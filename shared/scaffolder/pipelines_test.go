package scaffolder_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// twoProjects publishes one folder of the workspace as the application, another as its
// infrastructure.
const twoProjects = fetchStep +
	"    - {id: app, action: \"publish:gitlab\", input: {repoUrl: 'HOST?owner=apps&repo=${{ parameters.name }}', sourcePath: app}}\n" +
	"    - {id: infra, action: \"publish:gitlab\", input: {repoUrl: 'HOST?owner=apps&repo=${{ parameters.name }}-infra', sourcePath: infra}}\n"

func startedTwo(t *testing.T, app, infra string) (w *world, id string) {
	t.Helper()
	w = newWorld(t, twoProjects, map[string]string{"app/.gitlab-ci.yml": app, "infra/.gitlab-ci.yml": infra})
	id = w.accept(t, map[string]any{"name": "orders"})
	w.run(t, id, "Prepare", "Plan", "RunStep", "RunStep", "RunStep", "StartPipeline")
	return w, id
}

func TestEveryPipelineIsStartedOnceAndWaitedFor(t *testing.T) {
	t.Parallel()
	w, id := startedTwo(t, passing, passing)
	var started []string
	ledger, err := w.ops.Ledger(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range ledger {
		if e.Kind == effects.PipelineKind {
			started = append(started, e.ID+" "+e.Target)
		}
	}
	if diff := cmp.Diff([]string{"pipeline apps/orders@main", "pipeline-2 apps/orders-infra@main"}, started); diff != "" {
		t.Error(diff)
	}
	for _, project := range []string{"apps/orders", "apps/orders-infra"} {
		w.pipelineOfEnds(t, project)
	}
	w.run(t, id, "StartPipeline") // again, as after a crash
	w.awaits(t, id, "token")
	if diff := cmp.Diff([]string{`token {"status":"success, success"}`}, w.callbacks.said); diff != "" {
		t.Error(diff)
	}
	if got := w.run(t, id, "PollPipeline"); got != `{"ended":true}` {
		t.Errorf("looked and saw %s", got)
	}
}

func TestOnePipelineThatPassedIsNotAll(t *testing.T) {
	t.Parallel()
	w, id := startedTwo(t, passing, endless)
	w.awaits(t, id, "token")
	project, pipeline := w.pipelineOfEnds(t, "apps/orders")
	w.heard(t, project, pipeline)
	if len(w.callbacks.said) != 0 {
		t.Fatalf("woken by %v", w.callbacks.said)
	}
	if got := w.run(t, id, "PollPipeline"); got != `{"ended":false}` {
		t.Errorf("looked and saw %s", got)
	}
	project, pipeline = w.pipelineOf(t, "apps/orders-infra")
	if err := w.Client.CancelPipeline(t.Context(), project, pipeline); err != nil {
		t.Fatal(err)
	}
	w.pipelineOfEnds(t, "apps/orders-infra")
	w.heard(t, project, pipeline)
	w.heard(t, project, pipeline) // once more, as events are
	if len(w.callbacks.said) != 1 || !strings.HasPrefix(w.callbacks.said[0], "token Slipway.PipelineFailed: the pipeline ended as canceled ("+w.URL+"/apps/orders-infra/") {
		t.Errorf("%q", w.callbacks.said)
	}
}
