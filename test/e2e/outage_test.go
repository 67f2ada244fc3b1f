package e2e

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/operations"
)

// TestAnOutageWhileThePipelineRunsUndoesNothing: GitLab does not answer for longer than a
// task is repeated, while there is nothing to do but to wait for the pipeline.
func TestAnOutageWhileThePipelineRunsUndoesNothing(t *testing.T) {
	t.Parallel()
	w := newWorldWithJobs(t, 5*time.Millisecond)
	p := w.seeded(t)
	defer p.stop(t)
	const longerThanAllRepetitionsOfOneTask = 40 // six calls of at most four attempts
	reading := regexp.MustCompile(`/pipelines/[0-9]+$`)
	w.faults.Set(faults.Times(longerThanAllRepetitionsOfOneTask,
		func(r *http.Request) bool { return r.Method == http.MethodGet && reading.MatchString(r.URL.Path) }, faults.Refused(http.StatusBadGateway)))
	defer w.faults.Set(nil)
	if o := p.create(t, "orders"); o.Status != operations.Succeeded {
		t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
	}
	mustBeComplete(t, p, "orders")
}
