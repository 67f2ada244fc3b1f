package scmtest

import (
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func movedParts() []part {
	return []part{
		{"a former path leads to the project", formerPaths},
		{"a former path that is taken leads to whoever took it", takenFormerPath},
		{"a renamed group takes its projects along", renamedGroup},
		{"a project marked for deletion is not found by its old path", markedByOldPath},
	}
}

// leadsTo makes sure that a path finds a project where it is now.
func leadsTo(t *testing.T, h Harness, path string, id int64, now string) {
	t.Helper()
	p, err := h.Client.Project(t.Context(), path)
	ok(t, "finding "+path, err)
	if p.ID != id || p.Path != now || p.At(path) != strings.EqualFold(path, now) {
		t.Errorf("%s leads to %d at %s, want %d at %s", path, p.ID, p.Path, id, now)
	}
}

func formerPaths(t *testing.T, h Harness) {
	made, _ := createWithFiles(t, h, "orders")
	h.Admin.Rename(t, made.ID, "ordering")
	leadsTo(t, h, h.Group+"/orders", made.ID, h.Group+"/ordering")
	leadsTo(t, h, strings.ToUpper(h.Group+"/orders"), made.ID, h.Group+"/ordering")
	leadsTo(t, h, h.Group+"/ordering", made.ID, h.Group+"/ordering")
	team := h.Subgroup(t, "team")
	h.Admin.Transfer(t, made.ID, team)
	for _, path := range []string{h.Group + "/orders", h.Group + "/ordering", team + "/ordering"} {
		leadsTo(t, h, path, made.ID, team+"/ordering")
	}
	f, err := h.Client.File(t.Context(), made.ID, "README.md", "main")
	if err != nil || string(f.Content) != "# Orders\n" {
		t.Errorf("its file by number is %+v, %v", f, err)
	}
	h.Admin.Rename(t, made.ID, "orders")
	h.Admin.Transfer(t, made.ID, h.Group)
	leadsTo(t, h, h.Group+"/orders", made.ID, h.Group+"/orders")
}

func takenFormerPath(t *testing.T, h Harness) {
	first := create(t, h, "orders")
	h.Admin.Rename(t, first.ID, "ordering")
	second := create(t, h, "orders")
	leadsTo(t, h, h.Group+"/orders", second.ID, h.Group+"/orders")
	h.Admin.Rename(t, second.ID, "sorted")
	leadsTo(t, h, h.Group+"/orders", second.ID, h.Group+"/sorted")
	ok(t, "deleting", h.Client.DeleteProject(t.Context(), second.ID))
	_, err := h.Client.Project(t.Context(), h.Group+"/orders")
	want(t, "finding the path of a deleted project", err, errs.NotFound)
}

func renamedGroup(t *testing.T, h Harness) {
	n := newProject(h, "inner")
	h.Subgroup(t, "team")
	n.Namespace = h.Subgroup(t, "team/sub")
	made, err := h.Client.CreateProject(t.Context(), n)
	ok(t, "creating in a nested group", err)
	h.Admin.RenameGroup(t, h.Group+"/team", "crew")
	now := h.Group + "/crew/sub"
	leadsTo(t, h, h.Group+"/team/sub/inner", made.ID, now+"/inner")
	page, err := h.Client.ProjectsIn(t.Context(), h.Group+"/crew", 0, 10)
	ok(t, "listing the renamed group", err)
	if got := names(page.Projects, func(p scm.Project) string { return p.Path }); got != "["+now+"/inner]" {
		t.Errorf("listed %s", got)
	}
}

func markedByOldPath(t *testing.T, h Harness) {
	made := create(t, h, "orders")
	h.Admin.MarkForDeletion(t, made.ID)
	_, err := h.Client.Project(t.Context(), h.Group+"/orders")
	want(t, "finding it by its old path", err, errs.NotFound)
	p, err := h.Client.ProjectByID(t.Context(), made.ID)
	ok(t, "finding it by number", err)
	if !p.MarkedForDeletion || p.At(h.Group+"/orders") {
		t.Errorf("the marked project is %+v", p)
	}
}
