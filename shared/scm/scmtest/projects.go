package scmtest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func projectParts() []part {
	return []part{
		{"a created project is found by path and by number", createdIsFound},
		{"a taken path is a conflict", takenPath},
		{"an unknown namespace is invalid", unknownNamespace},
		{"an invalid slug is invalid", invalidSlug},
		{"an unknown project is not found", unknownProject},
		{"a deleted project frees its path", deletedFreesPath},
	}
}

func createdIsFound(t *testing.T, h Harness) {
	made := create(t, h, "orders")
	if made.Path != h.Group+"/orders" || made.ID == 0 || made.WebURL == "" || made.CloneURL == "" || made.MarkedForDeletion {
		t.Fatalf("created %+v", made)
	}
	if made.DefaultBranch != "" {
		t.Errorf("an empty repository has the default branch %q", made.DefaultBranch)
	}
	byPath, err := h.Client.Project(t.Context(), h.Group+"/orders")
	ok(t, "finding by path", err)
	byID, err := h.Client.ProjectByID(t.Context(), made.ID)
	ok(t, "finding by number", err)
	if diff := cmp.Diff(byPath, byID); diff != "" {
		t.Errorf("by path and by number differ:\n%s", diff)
	}
	if byPath.Description != "Made by a test." || !slices.Contains(byPath.Topics, "op-orders") {
		t.Errorf("found %+v", byPath)
	}
	_, err = h.Client.Commit(t.Context(), made.ID, firstCommit())
	ok(t, "committing", err)
	byID, err = h.Client.ProjectByID(t.Context(), made.ID)
	ok(t, "finding by number", err)
	if byID.DefaultBranch != "main" {
		t.Errorf("after the first commit the default branch is %q", byID.DefaultBranch)
	}
}

func takenPath(t *testing.T, h Harness) {
	create(t, h, "orders")
	_, err := h.Client.CreateProject(t.Context(), newProject(h, "orders"))
	want(t, "creating it again", err, errs.Conflict)
}

func unknownNamespace(t *testing.T, h Harness) {
	n := newProject(h, "orders")
	for _, ns := range []string{h.Group + "/nowhere", "", "../" + h.Group} {
		n.Namespace = ns
		_, err := h.Client.CreateProject(t.Context(), n)
		want(t, "creating in "+ns, err, errs.Invalid)
	}
}

func invalidSlug(t *testing.T, h Harness) {
	for _, slug := range []string{"-a", "a.git", "a/b", "a b?"} {
		if _, err := h.Client.CreateProject(t.Context(), newProject(h, slug)); err != nil {
			want(t, "creating "+slug, err, errs.Invalid)
			continue
		}
		t.Errorf("the slug %q is accepted", slug)
	}
}

func unknownProject(t *testing.T, h Harness) {
	_, err := h.Client.Project(t.Context(), h.Group+"/nothing")
	want(t, "finding by path", err, errs.NotFound)
	_, err = h.Client.ProjectByID(t.Context(), 987654321)
	want(t, "finding by number", err, errs.NotFound)
	_, err = h.Client.Project(t.Context(), "")
	want(t, "finding nothing", err, errs.Invalid)
	ok(t, "deleting what is gone", h.Client.DeleteProject(t.Context(), 987654321))
}

func deletedFreesPath(t *testing.T, h Harness) {
	first, _ := createWithFiles(t, h, "orders")
	ok(t, "deleting", h.Client.DeleteProject(t.Context(), first.ID))
	_, err := h.Client.Project(t.Context(), first.Path)
	want(t, "finding it by its old path", err, errs.NotFound)
	if left, err := h.Client.ProjectByID(t.Context(), first.ID); err == nil && !left.MarkedForDeletion {
		t.Errorf("after its deletion it is %+v", left)
	}
	ok(t, "deleting again", h.Client.DeleteProject(t.Context(), first.ID))
	second := create(t, h, "orders")
	if second.ID == first.ID {
		t.Error("the new project has the number of the deleted one")
	}
	_, err = h.Client.Head(t.Context(), second.ID, "main")
	want(t, "reading the new project's branch", err, errs.NotFound)
}
