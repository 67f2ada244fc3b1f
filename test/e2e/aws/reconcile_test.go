package aws

import (
	"net/http"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/wire/demo"
	"github.com/slipwayhq/slipway/statemachines"
)

// orphans are operations that nothing works on.
type orphans struct {
	unstarted string // stored, but its execution could not be started
	stopped   string // its execution was stopped from outside
}

// makeOrphans leaves two operations behind. It needs IAM to keep one from being started;
// what is waited for is reconcile's grace, which is over when findOrphans runs.
func makeOrphans(t *testing.T, s *stack) {
	if !s.enforced {
		t.Skip("SKIPPED: without IAM nothing keeps an execution from starting")
	}
	restore := s.withhold(t, "operations", "states:StartExecution")
	s.orphans.unstarted = s.accept(t, "unstarted")
	restore()

	hits := len(s.faults.Hits())
	s.faults.Set(faults.Once(faults.On(http.MethodPost, "/repository/commits"), faults.Slow(3*time.Second)))
	defer s.faults.Set(nil)
	s.orphans.stopped = s.accept(t, "stopped")
	eventually(t, "the commit on its way", func() (bool, string) { return len(s.faults.Hits()) > hits, "" })
	if err := s.machines.Stop(t.Context(), statemachines.CreateApp, s.orphans.stopped, "stopped by a test"); err != nil {
		t.Fatal(err)
	}
}

// accept asks for an application and waits for nothing.
func (s *stack) accept(t *testing.T, name string) (id string) {
	t.Helper()
	var o operations.Operation
	s.portal.must(t, http.StatusAccepted, http.MethodPost, "/api/operations", request(demo.Template, map[string]any{"name": name})).into(t, &o)
	return o.ID
}

// findOrphans runs reconcile, as its schedule does, until both have ended: what was never
// started is made, what was stopped is undone.
func findOrphans(t *testing.T, s *stack) {
	if s.orphans.unstarted == "" {
		t.Skip("SKIPPED: nothing was left behind")
	}
	var unstarted, stopped operations.Operation
	eventually(t, "the end of what was left behind", func() (bool, string) {
		s.reconcile(t)
		unstarted, stopped = s.operation(t, s.orphans.unstarted), s.operation(t, s.orphans.stopped)
		return unstarted.Status.Ended() && stopped.Status.Ended(), string(unstarted.Status) + ", " + string(stopped.Status)
	})
	if unstarted.Status != operations.Succeeded || stopped.Status != operations.Failed {
		t.Fatalf("ended as %s (%+v) and %s (%+v)", unstarted.Status, unstarted.Problem, stopped.Status, stopped.Problem)
	}
	s.mustBeComplete(t, "unstarted")
	s.mustBeClean(t, "stopped")
	s.mustBeAudited(t, unstarted)
	s.mustBeAudited(t, stopped)
}
