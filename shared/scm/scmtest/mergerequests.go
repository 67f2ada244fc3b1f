package scmtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func mergeRequestParts() []part {
	return []part{
		{"an opened merge request is listed by its branch", requestListed},
		{"a second open merge request is a conflict", requestTaken},
		{"a merge request that can't be is invalid", requestInvalid},
		{"a closed merge request stays closed, a merged one merged", requestClosed},
	}
}

// proposal makes a project with a branch that changes something.
func proposal(t *testing.T, h Harness, branch string) (scm.Project, scm.NewMergeRequest) {
	t.Helper()
	p, first := createWithFiles(t, h, "orders")
	createBranch(t, h, p.ID, branch, first.ID)
	_, err := h.Client.Commit(t.Context(), p.ID, addition(branch, "added"))
	ok(t, "committing", err)
	return p, scm.NewMergeRequest{Source: branch, Target: "main", Title: "Change 100% <b>größe</b>", Description: "Made\nby a test."}
}

func requestListed(t *testing.T, h Harness) {
	const branch = "change/1+x&y=ü"
	p, n := proposal(t, h, branch)
	n.Labels, n.RemoveSourceBranch, n.Squash = []string{"slipway", "zwei Wörter"}, true, true
	u, err := h.Client.UserNamed(t.Context(), h.User)
	ok(t, "finding a user", err)
	n.Assignee, n.Reviewers = u.ID, []int64{u.ID, 987654321}
	made, err := h.Client.CreateMergeRequest(t.Context(), p.ID, n)
	ok(t, "opening", err)
	expected := scm.MergeRequest{
		Number: made.Number, Source: branch, Target: "main", Title: n.Title, Description: n.Description, State: "opened", WebURL: made.WebURL,
	}
	if diff := cmp.Diff(expected, made); diff != "" || made.Number == 0 || made.WebURL == "" {
		t.Errorf("opened (-want +got):\n%s", diff)
	}
	createBranch(t, h, p.ID, "other", mustHead(t, h, p.ID, branch))
	n.Target = "other"
	second, err := h.Client.CreateMergeRequest(t.Context(), p.ID, n)
	ok(t, "opening one for another branch", err)
	n.Source, n.Target = "other", "main"
	_, err = h.Client.CreateMergeRequest(t.Context(), p.ID, n)
	ok(t, "opening one from another branch", err)
	listed, err := h.Client.MergeRequestsFrom(t.Context(), p.ID, branch)
	ok(t, "listing", err)
	if diff := cmp.Diff([]scm.MergeRequest{second, made}, listed); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	none, err := h.Client.MergeRequestsFrom(t.Context(), p.ID, "change")
	if err != nil || len(none) > 0 {
		t.Errorf("from another branch there are %+v, %v", none, err)
	}
	_, err = h.Client.MergeRequestsFrom(t.Context(), p.ID, "")
	want(t, "listing those of no branch", err, errs.Invalid)
	_, err = h.Client.MergeRequestsFrom(t.Context(), 987654321, branch)
	want(t, "listing those of an unknown project", err, errs.NotFound)
}

func mustHead(t *testing.T, h Harness, project int64, branch string) string {
	t.Helper()
	c, err := h.Client.Head(t.Context(), project, branch)
	ok(t, "reading "+branch, err)
	return c.ID
}

func requestTaken(t *testing.T, h Harness) {
	p, n := proposal(t, h, "change")
	first, err := h.Client.CreateMergeRequest(t.Context(), p.ID, n)
	ok(t, "opening", err)
	n.Title = "Another title"
	_, err = h.Client.CreateMergeRequest(t.Context(), p.ID, n)
	want(t, "opening a second one", err, errs.Conflict)
	ok(t, "closing", h.Client.CloseMergeRequest(t.Context(), p.ID, first.Number))
	second, err := h.Client.CreateMergeRequest(t.Context(), p.ID, n)
	ok(t, "opening one when the first is closed", err)
	listed, err := h.Client.MergeRequestsFrom(t.Context(), p.ID, "change")
	ok(t, "listing", err)
	first.State = "closed"
	if diff := cmp.Diff([]scm.MergeRequest{second, first}, listed); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
}

func requestInvalid(t *testing.T, h Harness) {
	p, valid := proposal(t, h, "change")
	for doing, change := range map[string]func(*scm.NewMergeRequest){
		"no title":              func(n *scm.NewMergeRequest) { n.Title = "" },
		"a long title":          func(n *scm.NewMergeRequest) { n.Title = strings.Repeat("ü", 256) },
		"no source":             func(n *scm.NewMergeRequest) { n.Source = "" },
		"an unknown source":     func(n *scm.NewMergeRequest) { n.Source = "nowhere" },
		"a hostile source":      func(n *scm.NewMergeRequest) { n.Source = "../../x" },
		"an unknown target":     func(n *scm.NewMergeRequest) { n.Target = "nowhere" },
		"the same branch twice": func(n *scm.NewMergeRequest) { n.Target = n.Source },
	} {
		n := valid
		change(&n)
		_, err := h.Client.CreateMergeRequest(t.Context(), p.ID, n)
		want(t, "opening one with "+doing, err, errs.Invalid)
	}
	listed, err := h.Client.MergeRequestsFrom(t.Context(), p.ID, "change")
	if err != nil || len(listed) > 0 {
		t.Errorf("there are %+v, %v", listed, err)
	}
	_, err = h.Client.CreateMergeRequest(t.Context(), 987654321, valid)
	want(t, "opening one in an unknown project", err, errs.NotFound)
	_, err = h.WrongToken.CreateMergeRequest(t.Context(), p.ID, valid)
	want(t, "opening one with a wrong token", err, errs.Unauthenticated)
}

func requestClosed(t *testing.T, h Harness) {
	p, n := proposal(t, h, "change")
	first, err := h.Client.CreateMergeRequest(t.Context(), p.ID, n)
	ok(t, "opening", err)
	for range 2 {
		ok(t, "closing", h.Client.CloseMergeRequest(t.Context(), p.ID, first.Number))
	}
	second, err := h.Client.CreateMergeRequest(t.Context(), p.ID, n)
	ok(t, "opening another one", err)
	h.Admin.Merge(t, p.ID, second.Number)
	want(t, "closing a merged one", h.Client.CloseMergeRequest(t.Context(), p.ID, second.Number), errs.Conflict)
	listed, err := h.Client.MergeRequestsFrom(t.Context(), p.ID, "change")
	ok(t, "listing", err)
	if got := names(listed, func(m scm.MergeRequest) string { return m.State }); got != "[merged closed]" {
		t.Errorf("they are %s", got)
	}
	_, err = h.Client.File(t.Context(), p.ID, "added", "main")
	ok(t, "reading what was merged", err)
	ok(t, "closing what never was", h.Client.CloseMergeRequest(t.Context(), p.ID, 987654321))
	ok(t, "closing in an unknown project", h.Client.CloseMergeRequest(t.Context(), 987654321, 1))
	third, err := h.Client.CreateMergeRequest(t.Context(), p.ID, n)
	ok(t, "opening a third one", err)
	ok(t, "deleting its branch", h.Client.DeleteBranch(t.Context(), p.ID, "change"))
	ok(t, "closing it without its branch", h.Client.CloseMergeRequest(t.Context(), p.ID, third.Number))
}
