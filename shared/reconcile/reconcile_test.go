package reconcile_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/reconcile"
	"github.com/slipwayhq/slipway/shared/scm"
)

// mustEqual fails when the catalog is not what the groups hold.
func (r *rig) mustEqual(t testing.TB, groups ...string) {
	t.Helper()
	if diff := cmp.Diff(r.truth.wanted(groups...), r.shown(t)); diff != "" {
		t.Fatal(diff)
	}
}

func file(docs ...string) map[string]string {
	all := ""
	for i, d := range docs {
		if i > 0 {
			all += "---\n"
		}
		all += d
	}
	return map[string]string{"catalog-info.yaml": all}
}

func TestItFindsWhatNobodyToldOf(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps")
	a := r.truth.create("apps/a", file(component("a", "v1")))
	b := r.truth.create("apps/sub/b", map[string]string{".backstage/catalog-info.yaml": component("b", "v1")})
	r.truth.create("apps/none", map[string]string{"README.md": "x"})
	r.truth.create("else/c", file(component("c", "v1")))
	report := r.reconcile(t)
	r.mustEqual(t, "apps")
	want := reconcile.Projects{Seen: 3, Read: 3}
	if diff := cmp.Diff(want, report.Projects); diff != "" || !report.Complete || report.Entities.Changed != 2 {
		t.Fatalf("%s %+v", diff, report)
	}
	for _, c := range []struct {
		name   string
		change func()
	}{
		{"a push", func() { r.truth.push(a, file(component("a", "v2"), component("a2", "v1"))) }},
		{"a rename", func() { r.truth.move(a, "apps/renamed") }},
		{"a transfer", func() { r.truth.move(a, "apps/sub/a") }},
		{"a document less", func() { r.truth.push(a, file(component("a", "v3"))) }},
		{"archived", func() { r.truth.change(b, func(p *scm.Project) { p.Archived = true }) }},
		{"not archived", func() { r.truth.change(b, func(p *scm.Project) { p.Archived = false }) }},
		{"marked", func() { r.truth.mark(b) }},
		{"its path is taken", func() { r.truth.create("apps/sub/b", file(component("new-b", "v1"))) }},
	} {
		c.change()
		report := r.reconcile(t)
		if !report.Complete || len(report.Kept) > 0 {
			t.Fatalf("%s: %+v", c.name, report)
		}
		if diff := cmp.Diff(r.truth.wanted("apps"), r.shown(t)); diff != "" {
			t.Fatalf("%s: %s", c.name, diff)
		}
	}
}

func TestUnchangedProjectsTakeOneCall(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps")
	const projects = 250
	for i := range projects {
		r.truth.create(appPath(i), file(component(appName(i), "v1")))
	}
	r.reconcile(t)
	r.truth.calls = map[string]int{}
	report := r.reconcile(t)
	want := map[string]int{"list": 3, "head": projects}
	if diff := cmp.Diff(want, r.truth.calls); diff != "" || report.Projects.Unchanged != projects {
		t.Fatalf("%s %+v", diff, report.Projects)
	}
}

func TestARegisteredLocationOutsideOfTheGroups(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.truth.create("else/c", file(component("c", "v1")))
	if _, err := r.service.RegisterLocation(t.Context(), "user:default/a", base+"/else/c/-/blob/main/catalog-info.yaml"); err != nil {
		t.Fatal(err)
	}
	r.truth.push(id, file(component("c", "v2")))
	r.reconcile(t)
	r.mustEqual(t, "else")
	r.truth.calls = map[string]int{}
	r.reconcile(t)
	if diff := cmp.Diff(map[string]int{"byid": 1, "head": 1}, r.truth.calls); diff != "" {
		t.Fatal(diff)
	}
	r.truth.move(id, "more/c")
	r.truth.push(id, file(component("c", "v3")))
	r.reconcile(t)
	r.mustEqual(t, "more")
	all, err := r.service.Locations(t.Context())
	if err != nil || len(all) != 1 || all[0].File.Project != "more/c" {
		t.Fatalf("%+v %v", all, err)
	}
	r.truth.change(id, func(p *scm.Project) { p.Archived = true })
	r.reconcile(t)
	if len(r.shown(t)) != 1 {
		t.Fatal("somebody registered it: an archive does not take it out")
	}
	r.truth.mark(id)
	report := r.reconcile(t)
	if got := r.shown(t); len(got) != 0 || report.ProblemFiles != 1 {
		t.Fatalf("%v %+v", got, report)
	}
}

func TestADeniedProjectGoesWithEvidenceOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps")
	for i := range 20 {
		r.truth.create(appPath(i), file(component(appName(i), "v1")))
	}
	r.reconcile(t)
	before := r.truth.wanted("apps")
	r.truth.destroy(7)
	for n := range 2 {
		report := r.reconcile(t)
		if len(report.Kept) != 1 || len(r.shown(t)) != len(before) {
			t.Fatalf("run %d: %+v, %d entities", n, report.Kept, len(r.shown(t)))
		}
		r.clock.Advance(20 * time.Minute)
	}
	r.clock.Advance(time.Hour)
	if report := r.reconcile(t); report.Projects.Gone != 1 || len(report.Kept) != 0 {
		t.Fatalf("%+v", report)
	}
	r.mustEqual(t, "apps")
}

func TestALostTokenTakesNothingOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps", "more")
	for i := range 20 {
		r.truth.create(appPath(i), file(component(appName(i), "v1")))
	}
	r.truth.create("more/x", file(component("x", "v1")))
	r.reconcile(t)
	want := r.shown(t)
	for name, blind := range map[string]func(){
		"the whole group": func() { r.truth.blind["apps"] = true },
		"its projects":    func() { r.truth.blind["apps"] = false; r.truth.hideAll(t) },
	} {
		blind()
		for range 5 {
			report := r.reconcile(t)
			if diff := cmp.Diff(want, r.shown(t)); diff != "" || len(report.Kept) != 20 {
				t.Fatalf("%s: %s %+v", name, diff, report)
			}
			r.clock.Advance(time.Hour)
		}
	}
}

func TestAnEventOfTheEndIsEvidence(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps")
	id := r.truth.create("apps/a", file(component("a", "v1")))
	r.reconcile(t)
	if did, err := r.discovery.Destroyed(t.Context(), id, "apps/a"); err != nil || did.Gone || len(r.shown(t)) != 1 {
		t.Fatalf("it is there still: %+v %v", did, err)
	}
	r.truth.destroy(id)
	r.truth.setWeather(func(string) error { return errs.New(errs.Unavailable, "502") })
	if _, err := r.discovery.Destroyed(t.Context(), id, "apps/a"); !is(err, errs.Unavailable) || len(r.shown(t)) != 1 {
		t.Fatalf("nobody knows: %v", err)
	}
	r.truth.setWeather(nil)
	if report := r.reconcile(t); report.Projects.Gone != 1 || len(r.shown(t)) != 0 {
		t.Fatalf("%+v", report)
	}
}

func TestSwappedPaths(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps")
	a := r.truth.create("apps/a", file(component("a", "v1")))
	b := r.truth.create("apps/b", file(component("b", "v1")))
	r.reconcile(t)
	r.truth.move(a, "apps/t")
	r.truth.move(b, "apps/a")
	r.truth.move(a, "apps/b")
	seq := r.head(t)
	r.reconcile(t)
	r.mustEqual(t, "apps")
	r.mustHaveDeletedNothing(t, seq)
}

func TestAProjectThatIsBeingMadeIsHeldBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps")
	id := r.truth.create("apps/a", file(component("a", "v1")))
	r.truth.change(id, func(p *scm.Project) { p.Topics = []string{"slipway-operation-1"} })
	r.held["slipway-operation-1"] = true
	if report := r.reconcile(t); report.Projects.HeldBack != 1 || len(r.shown(t)) != 0 {
		t.Fatalf("%+v", report)
	}
	if did, err := r.discovery.Pushed(t.Context(), id, "main"); err != nil || !did.HeldBack || len(r.shown(t)) != 0 {
		t.Fatalf("%+v %v", did, err)
	}
	r.held = map[string]bool{}
	r.reconcile(t)
	r.mustEqual(t, "apps")
}

func TestAnOutageKeepsEverythingAndIsReported(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps")
	for i := range 30 {
		r.truth.create(appPath(i), file(component(appName(i), "v1")))
	}
	r.reconcile(t)
	want := r.shown(t)
	for name, w := range map[string]func(string) error{
		"nothing answers":    func(string) error { return errs.New(errs.Unavailable, "502") },
		"throttled":          func(string) error { return errs.New(errs.RateLimited, "Retry later") },
		"the token is wrong": func(string) error { return errs.New(errs.Unauthenticated, "401") },
		"it may not":         func(string) error { return errs.New(errs.Forbidden, "403") },
		"no project answers": func(c string) error {
			if c[:4] == "list" {
				return nil
			}
			return errs.New(errs.Unavailable, "502")
		},
	} {
		r.truth.setWeather(w)
		report := r.reconcile(t)
		if diff := cmp.Diff(want, r.shown(t)); diff != "" || report.Complete {
			t.Fatalf("%s: %s %+v", name, diff, report)
		}
	}
	r.truth.setWeather(nil)
	if report := r.reconcile(t); !report.Complete {
		t.Fatalf("%+v", report)
	}
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	r := newRig(t, "apps")
	one, err := call[reconcile.Progress](t, r, "Begin", map[string]any{"run": "one"})
	if err != nil || !one.More {
		t.Fatalf("%+v %v", one, err)
	}
	again, err := call[reconcile.Progress](t, r, "Begin", map[string]any{"run": "one"})
	if err != nil || !again.More {
		t.Fatalf("a repeated begin: %+v %v", again, err)
	}
	two, err := call[reconcile.Progress](t, r, "Begin", map[string]any{"run": "two"})
	if err != nil || two.More {
		t.Fatalf("%+v %v", two, err)
	}
	r.clock.Advance(time.Hour) // the first one has died
	if two, err = call[reconcile.Progress](t, r, "Begin", map[string]any{"run": "two"}); err != nil || !two.More {
		t.Fatalf("%+v %v", two, err)
	}
	if _, err := call[reconcile.Progress](t, r, "Sweep", map[string]any{"run": "one", "cursor": one.Cursor}); err != nil {
		t.Fatalf("the first one goes on and does no harm: %v", err)
	}
}
