package wire_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/wire"
	"github.com/slipwayhq/slipway/shared/wire/demo"
	"github.com/slipwayhq/slipway/statemachines"
)

const descriptor = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: found, title: %s}\nspec: {type: service, lifecycle: production, owner: team-a}\n"

// describe commits the descriptor of a component that nobody registers.
func describe(t *testing.T, s *wire.System, project int64, action scm.ChangeAction, title string) {
	t.Helper()
	_, err := s.SCM.Commit(t.Context(), project, scm.NewCommit{Branch: "main", Message: title + " [skip ci]",
		Changes: []scm.Change{{Action: action, Path: "catalog-info.yaml", Content: fmt.Appendf(nil, descriptor, title)}}})
	if err != nil {
		t.Fatal(err)
	}
}

// title gives the title that the catalog shows of it.
func title(t *testing.T, s *wire.System) string {
	t.Helper()
	e, err := s.Catalog.Entity(t.Context(), "component:default/found")
	if err != nil && !errors.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
	text, _ := e.Metadata["title"].(string)
	return text
}

func TestReconciliationFindsAProjectAndMakesItTell(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.discover = []string{demo.PlatformGroup, demo.AppsGroup}
	system, stop := s.start(t)
	defer stop()
	s.seed(t, system)
	if o := s.create(t, system, "orders"); o.Status != operations.Succeeded {
		t.Fatalf("%+v", o.Problem)
	}
	p, err := system.SCM.CreateProject(t.Context(), scm.NewProject{Namespace: demo.AppsGroup, Slug: "found", DefaultBranch: "main", Visibility: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	describe(t, system, p.ID, scm.CreateFile, "first")
	if got := title(t, system); got != "" {
		t.Fatalf("nobody told of it, but the catalog shows %q", got)
	}
	report, err := system.Reconcile(t.Context())
	if err != nil || !report.Complete || report.Projects.HeldBack != 0 || title(t, system) != "first" {
		t.Fatalf("%+v %v, %q", report, err, title(t, system))
	}
	if hooks, err := system.SCM.Hooks(t.Context(), p.ID); err != nil || len(hooks) != 1 || hooks[0].URL != system.WebhookURL() {
		t.Fatalf("%+v %v", hooks, err)
	}
	describe(t, system, p.ID, scm.UpdateFile, "second") // whose hook now tells of it
	for deadline := time.Now().Add(30 * time.Second); title(t, system) != "second"; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still %q", title(t, system))
		}
	}
	e, err := system.Executions.History(t.Context(), statemachines.Reconcile, report.Run)
	if err != nil {
		t.Fatal(err)
	}
	entered := 0
	for _, h := range e {
		if h.State != "" && len(h.Type) > 7 && h.Type[len(h.Type)-7:] == "Entered" {
			entered++
		}
	}
	if entered != 8 {
		t.Errorf("%d states were entered, want 8", entered)
	}
}
