package demo_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/catalogtest"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/wire/demo"
)

func into(t *testing.T) (demo.Into, *gitlabtest.GitLab, *catalog.Service) {
	t.Helper()
	g := gitlabtest.Start(t)
	c := catalogtest.New(t, g)
	return demo.Into{GitLabURL: g.URL, Groups: g.Server, SCM: g.Client, Locations: c}, g, c
}

func TestSeedingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	to, g, c := into(t)
	first, err := demo.Seed(t.Context(), to)
	if err != nil || len(first) == 0 {
		t.Fatal(first, err)
	}
	state := func() (commits, changes int) {
		t.Helper()
		p, err := g.Client.Project(t.Context(), "platform/templates")
		if err != nil {
			t.Fatal(err)
		}
		list, err := g.Client.Commits(t.Context(), p.ID, "main", 100)
		if err != nil {
			t.Fatal(err)
		}
		last, err := c.LastChange(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(list), int(last)
	}
	commits, changes := state()
	second, err := demo.Seed(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
	if again, more := state(); again != 1 || commits != 1 || more != changes {
		t.Errorf("%d commits became %d, %d changes became %d", commits, again, changes, more)
	}
}

func TestTheStartingContentCanBeUsed(t *testing.T) {
	t.Parallel()
	to, _, c := into(t)
	if _, err := demo.Seed(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	entity, err := c.Entity(t.Context(), demo.Template)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scaffolder.ReadTemplate(entity); err != nil {
		t.Error(errs.Explain(err))
	}
	places, err := environments.New(environments.Config{Catalog: c, Accounts: demo.Accounts()})
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := places.Resolve(t.Context(), []string{"prod", "dev", "qa"})
	if err != nil {
		t.Fatal(errs.Explain(err))
	}
	var order []string
	for _, e := range resolved {
		order = append(order, e.Name)
	}
	if diff := cmp.Diff([]string{"dev", "qa", "prod"}, order); diff != "" {
		t.Error(diff)
	}
}

func TestSeedingGoesOnWhereItWasInterrupted(t *testing.T) {
	t.Parallel()
	to, g, _ := into(t)
	for _, place := range []string{"/projects", "/commits"} {
		g.Faults.Set(faults.Once(faults.On("POST", place), faults.AnswerLost()))
		if _, err := demo.Seed(t.Context(), to); errs.KindOf(err) != errs.Unavailable {
			t.Errorf("with the answer of %s lost: %v", place, err)
		}
	}
	if made, err := demo.Seed(t.Context(), to); err != nil || len(made) == 0 {
		t.Errorf("%v, %v", made, err)
	}
}
