package scmtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func listingParts() []part {
	return []part{
		{"projects are listed by group, in order, behind a number", projectsListed},
		{"archived projects are not listed, nested groups are", archivedAndNested},
		{"a listing loses nothing that is there throughout", listedWhileChanging},
		{"a listing beyond a page, or an error", withFaults(manyProjects)},
		{"a listing that is cut short is an error", withFaults(listingCutShort)},
	}
}

func projectsListed(t *testing.T, h Harness) {
	var made []scm.Project
	for _, slug := range []string{"zebra", "apple", "mango"} {
		made = append(made, create(t, h, slug))
	}
	sub := newProject(h, "inner")
	sub.Namespace = h.Subgroup(t, "team")
	inner, err := h.Client.CreateProject(t.Context(), sub)
	ok(t, "creating in a subgroup", err)
	path := func(p scm.Project) string { return p.Path }
	expect := func(what string, after int64, limit int, more bool, list ...scm.Project) {
		t.Helper()
		got, err := h.Client.ProjectsIn(t.Context(), h.Group, after, limit)
		ok(t, what, err)
		if diff := cmp.Diff(names(list, path), names(got.Projects, path)); diff != "" || got.More != more {
			t.Errorf("%s, more is %v (-want +got):\n%s", what, got.More, diff)
		}
	}
	expect("all", 0, 100, false, made[0], made[1], made[2], inner)
	expect("the first two", 0, 2, true, made[0], made[1])
	expect("behind the second", made[1].ID, 100, false, made[2], inner)
	expect("behind the last", inner.ID, 100, false)
	_, err = h.Client.ProjectsIn(t.Context(), h.Group, 0, 0)
	want(t, "listing none", err, errs.Invalid)
	_, err = h.Client.ProjectsIn(t.Context(), "", 0, 10)
	want(t, "listing no group", err, errs.Invalid)
	_, err = h.Client.ProjectsIn(t.Context(), h.Group+"/nowhere", 0, 10)
	want(t, "listing an unknown group", err, errs.NotFound)
}

func archivedAndNested(t *testing.T, h Harness) {
	kept, archived := create(t, h, "kept"), create(t, h, "archived")
	deep := newProject(h, "deep")
	h.Subgroup(t, "one")
	deep.Namespace = h.Subgroup(t, "one/two")
	inner, err := h.Client.CreateProject(t.Context(), deep)
	ok(t, "creating in a nested group", err)
	beside := newProject(h, "beside")
	h.Admin.Archive(t, archived.ID, true)
	got := listed(t, h, h.Group)
	if diff := cmp.Diff([]int64{kept.ID, inner.ID}, got); diff != "" {
		t.Errorf("with an archived project (-want +got):\n%s", diff)
	}
	p, err := h.Client.ProjectByID(t.Context(), archived.ID)
	ok(t, "reading the archived one", err)
	if !p.Archived || p.Visibility != beside.Visibility || p.LastActivity.IsZero() || kept.Archived {
		t.Errorf("the archived project is %+v", p)
	}
	h.Admin.Archive(t, archived.ID, false)
	if diff := cmp.Diff([]int64{kept.ID, archived.ID, inner.ID}, listed(t, h, h.Group)); diff != "" {
		t.Errorf("when it is back (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{inner.ID}, listed(t, h, h.Group+"/one")); diff != "" {
		t.Errorf("of the group above (-want +got):\n%s", diff)
	}
}

// listed walks a listing by small pages.
func listed(t *testing.T, h Harness, group string) []int64 {
	t.Helper()
	var got []int64
	after := int64(0)
	for more := true; more; {
		page, err := h.Client.ProjectsIn(t.Context(), group, after, 2)
		ok(t, "listing", err)
		for _, p := range page.Projects {
			got = append(got, p.ID)
			after = p.ID
		}
		more = page.More
	}
	return got
}

func listedWhileChanging(t *testing.T, h Harness) {
	var made []int64
	for i := range 6 {
		made = append(made, create(t, h, fmt.Sprint("p", i)).ID)
	}
	other := h.Subgroup(t, "other")
	first, err := h.Client.ProjectsIn(t.Context(), h.Group, 0, 2)
	ok(t, "listing", err)
	ok(t, "deleting", h.Client.DeleteProject(t.Context(), made[0]))
	h.Admin.Archive(t, made[1], true)
	h.Admin.Transfer(t, made[2], other)
	late := create(t, h, "late")
	rest, err := h.Client.ProjectsIn(t.Context(), h.Group, first.Projects[1].ID, 100)
	ok(t, "listing on", err)
	var got []int64
	for _, p := range rest.Projects {
		got = append(got, p.ID)
	}
	if diff := cmp.Diff(append(made[2:], late.ID), got); diff != "" || rest.More {
		t.Errorf("behind the first two (-want +got):\n%s", diff)
	}
}

// failures are the ways for a listing to be cut short, and what is reported.
func failures() map[FaultKind]errs.Kind {
	return map[FaultKind]errs.Kind{
		Throttled: errs.RateLimited, Limited: errs.RateLimited, FailedBefore: errs.Unavailable, LostAnswer: errs.Unavailable,
		Truncated: errs.Unavailable, Hanging: errs.Unavailable,
	}
}

// mustFail lists with a deadline, for a host that does not answer.
func mustFail(t *testing.T, h Harness, kind FaultKind, limit int) {
	t.Helper()
	ctx := t.Context()
	if kind == Hanging {
		short, stop := context.WithTimeout(ctx, 300*time.Millisecond)
		defer stop()
		ctx = short
	}
	page, err := h.Client.ProjectsIn(ctx, h.Group, 0, limit)
	if want := failures()[kind]; !errors.Is(err, want) || len(page.Projects) > 0 || page.More {
		t.Errorf("fault %d: %d projects, %v, want %s", kind, len(page.Projects), err, want)
	}
}

func listingCutShort(t *testing.T, h Harness) {
	create(t, h, "orders")
	for kind := range failures() {
		h.Faults.Inject(Fault{Method: "GET", Suffix: "/projects", Kind: kind, Wait: time.Minute})
		mustFail(t, h, kind, 10)
	}
	h.Faults.Inject(Fault{Method: "GET", Suffix: "/projects", Kind: Truncated, Times: 1})
	page, err := h.Client.ProjectsIn(t.Context(), h.Group, 0, 10)
	ok(t, "listing when only the first answer broke off", err)
	if len(page.Projects) != 1 || page.More {
		t.Errorf("listed %+v", page)
	}
}

// manyProjects reads beyond GitLab's largest page, with the second one failing first.
func manyProjects(t *testing.T, h Harness) {
	if testing.Short() {
		t.Skip("makes a hundred projects")
	}
	var made []int64
	for i := range 103 {
		made = append(made, create(t, h, fmt.Sprintf("p%03d", 200-i)).ID)
	}
	for kind := range failures() {
		h.Faults.Inject(Fault{Method: "GET", Suffix: "/projects", Kind: kind, Skip: 1, Wait: time.Minute})
		mustFail(t, h, kind, 102)
	}
	h.Faults.Inject(Fault{Method: "GET", Suffix: "/projects", Kind: FailedBefore, Skip: 1, Times: 1})
	var got []int64
	after := int64(0)
	for more := true; more; {
		page, err := h.Client.ProjectsIn(t.Context(), h.Group, after, 102)
		ok(t, "listing", err)
		for _, p := range page.Projects {
			got = append(got, p.ID)
			after = p.ID
		}
		more = page.More
	}
	if diff := cmp.Diff(made, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
