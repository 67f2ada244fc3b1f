package e2e

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// mustBeCompleteOrClean holds what GitLab and the catalog show of an application against
// how its operation ended: everything exactly once, or nothing at all.
func mustBeCompleteOrClean(t *testing.T, p *process, name string, o *operations.Operation) {
	t.Helper()
	switch o.Status {
	case operations.Succeeded:
		mustBeComplete(t, p, name)
	case operations.Failed:
		mustBeClean(t, p, name)
	default:
		t.Errorf("%s: the operation ended as %s: %+v", name, o.Status, o.Problem)
	}
}

func mustBeComplete(t *testing.T, p *process, name string) {
	t.Helper()
	project, err := p.SCM.Project(t.Context(), "apps/"+name)
	if err != nil {
		t.Errorf("%s: the project is missing: %v", name, err)
		return
	}
	commits, err := p.SCM.Commits(t.Context(), project.ID, "main", 10)
	if err != nil || len(commits) != 1 {
		t.Errorf("%s: %d commits, %v", name, len(commits), err)
	}
	hooks, err := p.SCM.Hooks(t.Context(), project.ID)
	if err != nil || len(hooks) != 1 {
		t.Errorf("%s: %d hooks, %v", name, len(hooks), err)
	}
	mustHaveOnePipeline(t, p, project)
	if _, err := p.Catalog.Entity(t.Context(), "component:default/"+name); err != nil {
		t.Errorf("%s: the catalog entry is missing: %v", name, err)
	}
}

func mustHaveOnePipeline(t *testing.T, p *process, project scm.Project) {
	t.Helper()
	runs, err := p.SCM.PipelinesOf(t.Context(), project.ID, "main", 10)
	if err != nil || len(runs) != 1 || !runs[0].Status.Passed() {
		t.Errorf("%s: pipelines %+v, %v", project.Path, runs, err)
	}
}

func mustBeClean(t *testing.T, p *process, name string) {
	t.Helper()
	if project, err := p.SCM.Project(t.Context(), "apps/"+name); !errors.Is(err, errs.NotFound) {
		t.Errorf("%s: a project is left: %+v, %v", name, project, err)
	}
	if _, err := p.Catalog.Entity(t.Context(), "component:default/"+name); !errors.Is(err, errs.NotFound) {
		t.Errorf("%s: a catalog entry is left: %v", name, err)
	}
	locations, err := p.Catalog.Locations(t.Context())
	if err != nil {
		t.Error(err)
	}
	for _, l := range locations {
		if strings.Contains(l.Target, "/"+name+"/") {
			t.Errorf("%s: a location is left: %s", name, l.Target)
		}
	}
}

// mustHaveNoTwins makes sure that no operation has made two projects, whatever their paths.
func mustHaveNoTwins(t *testing.T, p *process) {
	t.Helper()
	listed, err := p.SCM.ProjectsIn(t.Context(), "apps", 0, 10000)
	if err != nil {
		t.Fatal(err)
	}
	makers := map[string]string{}
	for _, project := range listed.Projects {
		i := slices.IndexFunc(project.Topics, func(s string) bool { return strings.HasPrefix(s, "slipway-operation-") })
		if i < 0 {
			continue
		}
		if other := makers[project.Topics[i]]; other != "" {
			t.Errorf("one operation made %s and %s", other, project.Path)
		}
		makers[project.Topics[i]] = project.Path
	}
}

// mustBeAudited waits until the audit trail holds the operation's outcome, once.
func mustBeAudited(t *testing.T, p *process, o *operations.Operation) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		page, err := p.Audit.Records(t.Context(), audit.Query{Operation: o.ID, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, r := range page.Records {
			if r.Action == o.Type && r.Outcome == string(o.Status) {
				n++
			}
		}
		if n == 1 {
			return
		}
		if n > 1 || time.Now().After(deadline) {
			t.Fatalf("the audit trail holds the outcome of %s %d times", o.ID, n)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
