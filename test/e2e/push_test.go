package e2e

import (
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scm"
)

// TestAPushDuringTheFirstPipelineDoesNotUndoTheApplication: GitLab cancels a pipeline that
// a newer commit has outdated, but the creation waits for this very one.
func TestAPushDuringTheFirstPipelineDoesNotUndoTheApplication(t *testing.T) {
	t.Parallel()
	w := newWorldWithJobs(t, 400*time.Millisecond)
	p := w.seeded(t)
	defer p.stop(t)
	o := p.waiting(t, "orders")
	project, err := p.SCM.Project(t.Context(), "apps/orders")
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.SCM.Commit(t.Context(), project.ID, scm.NewCommit{Branch: "main", Message: "A quick fix", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: "mine.txt", Content: []byte("an hour of work")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if o = p.ended(t, o.ID); o.Status != operations.Succeeded {
		t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
	}
	mustHaveOnePipeline(t, p, project)
}
