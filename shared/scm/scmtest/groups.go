package scmtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func groupParts() []part {
	return []part{
		{"a created group is found by its path", groupFound},
		{"a group is as visible as the one above", groupVisibility},
		{"a taken path of a group is a conflict", groupTaken},
		{"a group that can't be is invalid", groupInvalid},
		{"digits are a path and not a number", digitsArePath},
		{"a group holds what lies in it", groupEmpty},
		{"a deleted group is gone with all that was in it", groupDeleted},
		{"projects can be made in groups that are there", namespaceFound},
		{"groups are searched by path and name", groupsSearched},
		{"projects are searched by path and name", projectsSearched},
	}
}

func createGroup(t *testing.T, h Harness, parent, slug string) scm.Group {
	t.Helper()
	g, err := h.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: parent, Slug: slug, Description: "Made by a test."})
	ok(t, "creating the group "+slug, err)
	return g
}

func groupFound(t *testing.T, h Harness) {
	made := createGroup(t, h, h.Group, "Payments.eu")
	if made.ID == 0 || made.Path != h.Group+"/Payments.eu" || made.Name != "Payments.eu" || made.Description != "Made by a test." || made.WebURL == "" {
		t.Errorf("created %+v", made)
	}
	inner, err := h.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: made.Path, Slug: "deep", Name: "Deep (down)"})
	if ok(t, "creating a group in it", err); inner.Name != "Deep (down)" {
		t.Errorf("created %+v", inner)
	}
	if byID, err := h.Client.GroupByID(t.Context(), inner.ID); err != nil || byID != inner {
		t.Errorf("by number it is %+v, %v", byID, err)
	}
	for path, wanted := range map[string]scm.Group{
		made.Path: made, strings.ToUpper(made.Path): made, inner.Path: inner,
	} {
		got, err := h.Client.Group(t.Context(), path)
		ok(t, "finding "+path, err)
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("found (-want +got):\n%s", diff)
		}
	}
	p := newProject(h, "orders")
	p.Namespace = inner.Path
	_, err = h.Client.CreateProject(t.Context(), p)
	ok(t, "creating a project in it", err)
	for path, kind := range map[string]errs.Kind{
		h.Group + "/nowhere": errs.NotFound, inner.Path + "/orders": errs.NotFound, "../" + h.Group: errs.NotFound, h.Group + "/": errs.NotFound,
		"": errs.Invalid, "/": errs.Invalid, "größe?x=1#y": errs.NotFound,
	} {
		_, err := h.Client.Group(t.Context(), path)
		want(t, fmt.Sprintf("finding %q", path), err, kind)
	}
}

func namespaceFound(t *testing.T, h Harness) {
	for path, there := range map[string]bool{h.Group: true, strings.ToUpper(h.Group): true, h.Group + "/nowhere": false, "1": false, "": false} {
		err := h.Client.Namespace(t.Context(), path)
		if there {
			ok(t, "finding the namespace "+path, err)
		} else {
			want(t, "finding the namespace "+path, err, errs.Invalid)
		}
	}
}

func groupVisibility(t *testing.T, h Harness) {
	above, err := h.Client.Group(t.Context(), h.Group)
	ok(t, "reading the group above", err)
	if made := createGroup(t, h, h.Group, "same"); made.Visibility != above.Visibility {
		t.Errorf("below a group that is %s one is %s", above.Visibility, made.Visibility)
	}
	private, err := h.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: h.Group, Slug: "private", Visibility: "private"})
	ok(t, "creating a private group", err)
	_, err = h.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: private.Path, Slug: "wider", Visibility: "public"})
	want(t, "creating a public group in a private one", err, errs.Invalid)
	_, err = h.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: h.Group, Slug: "odd", Visibility: "secret"})
	want(t, "creating a group of no visibility", err, errs.Invalid)
}

func groupTaken(t *testing.T, h Harness) {
	createGroup(t, h, h.Group, "payments")
	create(t, h, "orders")
	for _, slug := range []string{"payments", "PAYMENTS", "orders"} {
		_, err := h.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: h.Group, Slug: slug})
		want(t, "creating "+slug+" again", err, errs.Conflict)
	}
	_, err := h.Client.CreateProject(t.Context(), newProject(h, "payments"))
	want(t, "creating a project where a group is", err, errs.Conflict)
}

func groupInvalid(t *testing.T, h Harness) {
	for _, slug := range []string{
		"", "-a", "a-", ".a", "a.git", "a.atom", "a--b", "a/b", "../a", "a b", "größe", "a\x00b", "a\nb", "a%2Fb", "<b>", strings.Repeat("a", 256),
	} {
		_, err := h.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: h.Group, Slug: slug})
		want(t, fmt.Sprintf("creating the group %q", slug), err, errs.Invalid)
	}
	for _, parent := range []string{h.Group + "/nowhere", "/", "1", "../" + h.Group} {
		_, err := h.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: parent, Slug: "x"})
		want(t, "creating a group in "+parent, err, errs.Invalid)
	}
	_, err := h.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: h.Group, Slug: "long", Description: strings.Repeat("ü", 501)})
	want(t, "creating a group with a long description", err, errs.Invalid)
	_, err = h.WrongToken.CreateGroup(t.Context(), scm.NewGroup{Slug: "x"})
	want(t, "creating a group with a wrong token", err, errs.Unauthenticated)
}

// digitsArePath: GitLab takes a path of digits for the number of a group.
func digitsArePath(t *testing.T, h Harness) {
	other := createGroup(t, h, h.Group, "other")
	_, err := h.Client.Group(t.Context(), fmt.Sprint(other.ID))
	want(t, "finding a group by what is a number", err, errs.NotFound)
	n := newProject(h, "orders")
	n.Namespace = fmt.Sprint(other.ID)
	_, err = h.Client.CreateProject(t.Context(), n)
	want(t, "creating a project in what is a number", err, errs.Invalid)
	if left, err := h.Client.EmptyGroup(t.Context(), other.ID); err != nil || !left {
		t.Errorf("the group with that number has got something, %v", err)
	}
}

func groupEmpty(t *testing.T, h Harness) {
	g := createGroup(t, h, h.Group, "payments")
	expect := func(doing string, wanted bool) {
		t.Helper()
		got, err := h.Client.EmptyGroup(t.Context(), g.ID)
		ok(t, doing, err)
		if got != wanted {
			t.Errorf("%s: empty is %v", doing, got)
		}
	}
	expect("a new group", true)
	n := newProject(h, "orders")
	n.Namespace = g.Path
	p, err := h.Client.CreateProject(t.Context(), n)
	ok(t, "creating a project", err)
	expect("with a project", false)
	h.Admin.Archive(t, p.ID, true)
	expect("with an archived project", false)
	h.Admin.Archive(t, p.ID, false)
	h.Admin.MarkForDeletion(t, p.ID)
	expect("with a project that can be restored", false)
	ok(t, "deleting the project", h.Client.DeleteProject(t.Context(), p.ID))
	expect("without it", true)
	inner := createGroup(t, h, g.Path, "inner")
	expect("with a group", false)
	ok(t, "deleting the group in it", h.Client.DeleteGroup(t.Context(), inner.ID))
	expect("without that", true)
	_, err = h.Client.EmptyGroup(t.Context(), 987654321)
	want(t, "looking into an unknown group", err, errs.NotFound)
}

func groupDeleted(t *testing.T, h Harness) {
	g := createGroup(t, h, h.Group, "payments")
	inner := createGroup(t, h, g.Path, "inner")
	n := newProject(h, "orders")
	n.Namespace = inner.Path
	p, err := h.Client.CreateProject(t.Context(), n)
	ok(t, "creating a project", err)
	ok(t, "deleting", h.Client.DeleteGroup(t.Context(), g.ID))
	ok(t, "deleting what is gone", h.Client.DeleteGroup(t.Context(), g.ID))
	ok(t, "deleting what never was", h.Client.DeleteGroup(t.Context(), 987654321))
	for _, path := range []string{g.Path, inner.Path} {
		_, err := h.Client.Group(t.Context(), path)
		want(t, "finding "+path, err, errs.NotFound)
	}
	_, err = h.Client.Project(t.Context(), p.Path)
	want(t, "finding the project", err, errs.NotFound)
	if again := createGroup(t, h, h.Group, "payments"); again.ID == g.ID {
		t.Error("the new group has the number of the deleted one")
	}
	_, err = h.Client.Group(t.Context(), h.Group)
	ok(t, "finding the group above", err)
}
