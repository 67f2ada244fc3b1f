package scmtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// below keeps the paths below the group of the harness: a host may have others.
func below[T any](h Harness, list []T, path func(T) string) []string {
	out := []string{}
	for _, item := range list {
		if p, is := strings.CutPrefix(path(item), h.Group+"/"); is {
			out = append(out, p)
		}
	}
	return out
}

const manyEntries = 10_000

func groupsSearched(t *testing.T, h Harness) {
	one := createGroup(t, h, h.Group, "Zebra")
	createGroup(t, h, one.Path, "x1")
	createGroup(t, h, h.Group, "apple")
	gone := createGroup(t, h, h.Group, "zebra-gone")
	ok(t, "deleting a group", h.Client.DeleteGroup(t.Context(), gone.ID))
	for text, wanted := range map[string][]string{
		"": {"Zebra", "Zebra/x1", "apple"}, "zebra": {"Zebra", "Zebra/x1"}, "PPL": {"apple"}, "x1": {"Zebra/x1"}, "1": {"Zebra/x1"},
		h.Group + "/zeb": {"Zebra", "Zebra/x1"}, "le ap": {}, "%": {}, "_pple": {}, "nothing": {}, "größe": {},
	} {
		got, err := h.Client.SearchGroups(t.Context(), text, manyEntries)
		ok(t, fmt.Sprintf("searching %q", text), err)
		if diff := cmp.Diff(wanted, below(h, got, func(g scm.Group) string { return g.Path })); diff != "" {
			t.Errorf("searching %q (-want +got):\n%s", text, diff)
		}
	}
	got, err := h.Client.SearchGroups(t.Context(), "zebra", 1)
	ok(t, "searching one", err)
	if len(got) != 1 || got[0] != one {
		t.Errorf("the first one is %+v", got)
	}
	_, err = h.Client.SearchGroups(t.Context(), "", 0)
	want(t, "searching none", err, errs.Invalid)
	_, err = h.WrongToken.SearchGroups(t.Context(), "", 1)
	want(t, "searching with a wrong token", err, errs.Unauthenticated)
}

func projectsSearched(t *testing.T, h Harness) {
	create(t, h, "orders")
	inner := newProject(h, "x1")
	inner.Namespace = h.Subgroup(t, "team")
	_, err := h.Client.CreateProject(t.Context(), inner)
	ok(t, "creating in a subgroup", err)
	archived, marked := create(t, h, "orders-archived"), create(t, h, "orders-marked")
	h.Admin.Archive(t, archived.ID, true)
	h.Admin.MarkForDeletion(t, marked.ID)
	reorder := create(t, h, "Reorder")
	for text, wanted := range map[string][]string{
		"": {"orders", "team/x1", "Reorder"}, "order": {"orders", "Reorder"}, "X1": {"team/x1"}, "1": {"team/x1"}, "team": {"team/x1"},
		h.Group + "/ord": {"orders"}, "made by a test": {}, "%": {}, "nothing": {}, "größe": {},
	} {
		got, err := h.Client.SearchProjects(t.Context(), text, manyEntries)
		ok(t, fmt.Sprintf("searching %q", text), err)
		if diff := cmp.Diff(wanted, below(h, got, func(p scm.Project) string { return p.Path })); diff != "" {
			t.Errorf("searching %q (-want +got):\n%s", text, diff)
		}
	}
	got, err := h.Client.SearchProjects(t.Context(), "reorder", 1)
	ok(t, "searching one", err)
	if diff := cmp.Diff([]scm.Project{reorder}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = h.Client.SearchProjects(t.Context(), "", -1)
	want(t, "searching none", err, errs.Invalid)
	_, err = h.WrongToken.SearchProjects(t.Context(), "", 1)
	want(t, "searching with a wrong token", err, errs.Unauthenticated)
}
