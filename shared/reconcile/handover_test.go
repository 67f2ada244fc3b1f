package reconcile_test

import (
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

const cFile = base + "/else/c/-/blob/main/catalog-info.yaml"

func locationOf(name string, targets ...string) string {
	out := "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: " + name + "}\nspec:\n  targets:\n"
	for _, target := range targets {
		out += "    - " + target + "\n"
	}
	return out
}

// GitLab fails between the look at the file and its reading: the location is registered,
// and nobody pushes again.
func TestARegisteredFileThatWasNeverReadIsRead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.truth.create("else/c", file(component("c", "v1")))
	files := 0
	r.truth.setWeather(func(call string) error {
		if call[:4] != "file" {
			return nil
		}
		if files++; files > 1 {
			return errs.New(errs.Unavailable, "502 Bad Gateway")
		}
		return nil
	})
	if _, err := r.service.RegisterLocation(t.Context(), "user:default/a", cFile); err == nil || files < 2 {
		t.Fatalf("registered after %d files", files)
	}
	r.truth.setWeather(nil)
	r.reconcile(t)
	r.mustEqual(t, "else")
}

// Two locations name one file in different ways. When the first goes, the second has it.
func TestASecondLocationOfAFileTakesOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.truth.create("else/c", file(component("c", "v1")))
	first, err := r.service.RegisterLocation(t.Context(), "user:default/a", cFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.service.RegisterLocation(t.Context(), "user:default/b", base+"/else/c/-/raw/main/catalog-info.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := r.service.RemoveLocation(t.Context(), "user:default/a", first.Location.ID, catalog.Guard{}); err != nil {
		t.Fatal(err)
	}
	r.reconcile(t)
	r.mustEqual(t, "else")
}

// Somebody registers what discovery has found, and takes that back.
func TestADiscoveredFileOutlivesALocationOfIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, "else")
	r.truth.create("else/c", file(component("c", "v1")))
	r.reconcile(t)
	before := r.head(t)
	reg, err := r.service.RegisterLocation(t.Context(), "user:default/a", cFile)
	if err != nil {
		t.Fatal(err)
	}
	r.truth.setWeather(func(string) error { return errs.New(errs.Unavailable, "502 Bad Gateway") })
	if err := r.service.RemoveLocation(t.Context(), "user:default/a", reg.Location.ID, catalog.Guard{}); err != nil {
		t.Fatal(err)
	}
	r.truth.setWeather(nil)
	r.mustEqual(t, "else")
	r.reconcile(t)
	r.mustEqual(t, "else")
	gone := r.deleted(t, before)
	if delete(gone, reg.Location.EntityRef); len(gone) > 0 {
		t.Fatalf("taken out although discovery finds it: %v", gone)
	}
	if files := r.reconcile(t); files.ProblemFiles != 0 || files.Projects.Unchanged != 1 {
		t.Fatalf("%+v", files)
	}
}

// Two files lead to a third. When the first one ceases to, the second has it.
func TestASecondParentOfAFileTakesOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps")
	r.truth.create("else/c", map[string]string{"info.yaml": component("c", "v1")})
	target := base + "/else/c/-/blob/main/info.yaml"
	one := r.truth.create("apps/one", file(locationOf("one", target)))
	r.truth.create("apps/two", file(locationOf("two", target)))
	r.reconcile(t)
	if report := r.reconcile(t); report.ProblemFiles != 1 {
		t.Fatalf("%d files with problems: the second parent's target is taken", report.ProblemFiles)
	}
	r.truth.push(one, file(component("alone", "x")))
	r.reconcile(t) // the first lets go
	report := r.reconcile(t)
	if got := r.shown(t); got["c"] != "v1 in else/c" || report.ProblemFiles != 0 {
		t.Fatalf("%v %+v", got, report)
	}
}

// A default branch is renamed: what was found on the old one is found on the new one, and
// is the same entity all the time.
func TestARenamedDefaultBranch(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps")
	id := r.truth.create("apps/a", file(component("a", "v1")))
	r.reconcile(t)
	before := r.head(t)
	r.truth.change(id, func(p *scm.Project) { p.DefaultBranch = "trunk" })
	r.reconcile(t)
	r.truth.push(id, file(component("a", "v2")))
	r.reconcile(t)
	r.mustHaveDeletedNothing(t, before)
	r.mustEqual(t, "apps")
	if report := r.reconcile(t); report.ProblemFiles != 0 || report.Projects.Unchanged != 1 {
		t.Fatalf("%+v", report)
	}
	r.truth.push(id, map[string]string{"catalog-info.yaml": ""})
	r.reconcile(t)
	if left := r.shown(t); len(left) > 0 {
		t.Fatalf("outlives its file: %v", left)
	}
}

// GitLab told of an end that did not come, and showed the project afterwards. When the token
// loses its access later, that is no evidence any more.
func TestAnEndThatDidNotComeIsForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps")
	id := r.truth.create("apps/a", file(component("a", "v1")))
	r.reconcile(t)
	r.truth.setWeather(func(string) error { return errs.New(errs.Unavailable, "502") })
	if _, err := r.discovery.Destroyed(t.Context(), id, "apps/a"); !is(err, errs.Unavailable) {
		t.Fatal(err)
	}
	r.truth.setWeather(nil)
	r.reconcile(t) // shows it
	r.truth.setWeather(func(call string) error {
		if call[:4] == "byid" {
			return errMissing
		}
		return nil
	})
	if did, err := r.discovery.Sync(t.Context(), id, nil); err != nil || did.Gone || did.Kept == "" {
		t.Fatalf("%+v %v", did, err)
	}
	if len(r.shown(t)) != 1 {
		t.Fatal("taken out for an event that the host refuted")
	}
}

// A project is marked for deletion and restored: what the platform itself configured there
// is what it was.
func TestARestoredPlatformLocation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.platformGroups = []string{"platform"}
	r.assemble(t)
	group := "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: g, description: v1}\nspec: {type: team, children: []}\n"
	id := r.truth.create("else/c", map[string]string{"catalog-info.yaml": group})
	if _, err := r.service.ConfigureLocation(t.Context(), "slipway", cFile); err != nil {
		t.Fatal(err)
	}
	r.reconcile(t)
	r.truth.change(id, func(p *scm.Project) { p.MarkedForDeletion = true })
	r.reconcile(t)
	if left := r.shown(t); len(left) > 0 {
		t.Fatalf("marked for deletion, but there is %v", left)
	}
	r.truth.change(id, func(p *scm.Project) { p.MarkedForDeletion = false })
	r.reconcile(t)
	if got := r.shown(t); got["g"] != "v1 in else/c" {
		t.Fatalf("restored: %v", got)
	}
}
