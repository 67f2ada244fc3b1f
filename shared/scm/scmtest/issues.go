package scmtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func issueParts() []part {
	return []part{
		{"a created issue is found and listed", issueCreated},
		{"an issue that can't be is invalid", issueInvalid},
		{"of an issue only what is given changes", issueChanged},
		{"a deleted issue is gone", issueDeleted},
		{"comments on an issue count", issueCommented},
	}
}

func createIssue(t *testing.T, h Harness, project int64, title string) scm.Issue {
	t.Helper()
	i, err := h.Client.CreateIssue(t.Context(), project, scm.NewIssue{Title: title})
	ok(t, "creating the issue "+title, err)
	return i
}

func issueCreated(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	u, err := h.Client.UserNamed(t.Context(), h.User)
	ok(t, "finding a user", err)
	n := scm.NewIssue{
		Title: "größe 100% <b>", Description: "Made\nby a test.", Type: "incident", Due: "2031-01-31", Labels: []string{"a", "zwei Wörter"},
		Assignees: []int64{u.ID}, Confidential: true,
	}
	made, err := h.Client.CreateIssue(t.Context(), p.ID, n)
	ok(t, "creating", err)
	expected := scm.Issue{
		ID: made.ID, Number: 1, Project: p.ID, WebURL: made.WebURL, State: "opened", Updated: made.Updated, Title: n.Title,
		Description: n.Description, Type: n.Type, Due: n.Due, Labels: n.Labels, Assignees: n.Assignees, Confidential: true,
	}
	if diff := cmp.Diff(expected, made, cmpopts.EquateEmpty()); diff != "" || made.ID == 0 || made.WebURL == "" || made.Updated.IsZero() {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	second := createIssue(t, h, p.ID, "second")
	if second.Number != 2 || second.Type != "issue" {
		t.Errorf("the second is %+v", second)
	}
	found, err := h.Client.Issue(t.Context(), p.ID, 1)
	ok(t, "finding", err)
	list, err := h.Client.OwnIssues(t.Context(), p.ID, 10)
	ok(t, "listing", err)
	if diff := cmp.Diff([]scm.Issue{second, made, made}, append(list, found), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("listed and found (-want +got):\n%s", diff)
	}
	if list, err = h.Client.OwnIssues(t.Context(), p.ID, 1); err != nil || len(list) != 1 || list[0].Number != 2 {
		t.Errorf("the newest is %+v, %v", list, err)
	}
	_, err = h.Client.OwnIssues(t.Context(), p.ID, 0)
	want(t, "listing none", err, errs.Invalid)
	_, err = h.Client.OwnIssues(t.Context(), 987654321, 1)
	want(t, "listing those of an unknown project", err, errs.NotFound)
	_, err = h.Client.Issue(t.Context(), p.ID, 3)
	want(t, "finding what is not there", err, errs.NotFound)
}

func issueInvalid(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	for doing, n := range map[string]scm.NewIssue{
		"no title": {}, "a blank title": {Title: " "}, "a long title": {Title: strings.Repeat("ü", 256)},
		"an unknown type": {Title: "t", Type: "epic?"}, "no day": {Title: "t", Due: "tomorrow"},
		"a long description": {Title: "t", Description: strings.Repeat("x", 1_048_577)},
	} {
		_, err := h.Client.CreateIssue(t.Context(), p.ID, n)
		want(t, "creating one with "+doing, err, errs.Invalid)
	}
	list, err := h.Client.OwnIssues(t.Context(), p.ID, 1)
	if ok(t, "listing", err); len(list) > 0 {
		t.Errorf("there are %+v", list)
	}
	_, err = h.Client.CreateIssue(t.Context(), 987654321, scm.NewIssue{Title: "t"})
	want(t, "creating in an unknown project", err, errs.NotFound)
	_, err = h.WrongToken.CreateIssue(t.Context(), p.ID, scm.NewIssue{Title: "t"})
	want(t, "creating with a wrong token", err, errs.Unauthenticated)
}

func ptr[T any](v T) *T { return &v }

func issueChanged(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	u, err := h.Client.UserNamed(t.Context(), h.User)
	ok(t, "finding a user", err)
	is, err := h.Client.CreateIssue(t.Context(), p.ID, scm.NewIssue{
		Title: "t", Description: "d", Due: "2031-01-31", Labels: []string{"a", "b"}, Assignees: []int64{u.ID}, Confidential: true,
	})
	ok(t, "creating", err)
	for _, step := range []struct {
		doing  string
		change scm.IssueChange
		apply  func(*scm.Issue)
	}{
		{"the title", scm.IssueChange{Title: ptr("new & größe")}, func(i *scm.Issue) { i.Title = "new & größe" }},
		{"the labels", scm.IssueChange{Labels: &[]string{"c"}}, func(i *scm.Issue) { i.Labels = []string{"c"} }},
		{"no labels", scm.IssueChange{Labels: &[]string{}}, func(i *scm.Issue) { i.Labels = nil }},
		{"nobody", scm.IssueChange{Assignees: &[]int64{}}, func(i *scm.Issue) { i.Assignees = nil }},
		{"somebody", scm.IssueChange{Assignees: &[]int64{u.ID}}, func(i *scm.Issue) { i.Assignees = []int64{u.ID} }},
		{"closed", scm.IssueChange{Open: ptr(false)}, func(i *scm.Issue) { i.State = "closed" }},
		{"closed again", scm.IssueChange{Open: ptr(false)}, func(*scm.Issue) {}},
		{"open", scm.IssueChange{Open: ptr(true)}, func(i *scm.Issue) { i.State = "opened" }},
		{"no description, locked", scm.IssueChange{Description: ptr(""), Locked: ptr(true)}, func(i *scm.Issue) { i.Description, i.Locked = "", true }},
		{"another day, public", scm.IssueChange{Due: ptr("2032-02-29"), Confidential: ptr(false)}, func(i *scm.Issue) { i.Due, i.Confidential = "2032-02-29", false }},
		{"no day, a task", scm.IssueChange{Due: ptr(""), Type: ptr("task")}, func(i *scm.Issue) { i.Due, i.Type = "", "task" }},
		{"no milestone, no weight", scm.IssueChange{Milestone: ptr(int64(0)), Weight: ptr(int64(-1))}, func(*scm.Issue) {}},
	} {
		step.apply(&is)
		answered, err := h.Client.UpdateIssue(t.Context(), p.ID, is.Number, step.change)
		ok(t, "changing to "+step.doing, err)
		got, err := h.Client.Issue(t.Context(), p.ID, is.Number)
		ok(t, "reading it", err)
		same := cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(scm.Issue{}, "Updated")}
		if diff := cmp.Diff([]scm.Issue{is, is}, []scm.Issue{answered, got}, same); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.doing, diff)
		}
	}
	_, err = h.Client.UpdateIssue(t.Context(), p.ID, is.Number, scm.IssueChange{})
	want(t, "changing nothing", err, errs.Invalid)
	_, err = h.Client.UpdateIssue(t.Context(), p.ID, is.Number, scm.IssueChange{Title: ptr("")})
	want(t, "taking the title away", err, errs.Invalid)
	_, err = h.Client.UpdateIssue(t.Context(), p.ID, 99, scm.IssueChange{Title: ptr("t")})
	want(t, "changing what is not there", err, errs.NotFound)
}

func issueDeleted(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	gone, kept := createIssue(t, h, p.ID, "gone"), createIssue(t, h, p.ID, "kept")
	n := newToken("developer")
	n.Level = 30
	_, value, err := h.Client.CreateAccessToken(t.Context(), p.ID, n)
	ok(t, "creating a token", err)
	want(t, "deleting as a developer", h.Holder(t, value).DeleteIssue(t.Context(), p.ID, gone.Number), errs.Forbidden)
	for range 2 {
		ok(t, "deleting", h.Client.DeleteIssue(t.Context(), p.ID, gone.Number))
	}
	_, err = h.Client.Issue(t.Context(), p.ID, gone.Number)
	want(t, "finding it", err, errs.NotFound)
	list, err := h.Client.OwnIssues(t.Context(), p.ID, 10)
	if ok(t, "listing", err); len(list) != 1 || list[0].ID != kept.ID {
		t.Errorf("there are %+v", list)
	}
	if next := createIssue(t, h, p.ID, "next"); next.Number == gone.Number || next.Number == kept.Number {
		t.Errorf("number %d is given again", next.Number)
	}
	ok(t, "deleting in an unknown project", h.Client.DeleteIssue(t.Context(), 987654321, 1))
}

func issueCommented(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	is := createIssue(t, h, p.ID, "t")
	h.Admin.Comment(t, p.ID, is.Number)
	got, err := h.Client.Issue(t.Context(), p.ID, is.Number)
	if ok(t, "reading", err); is.Notes != 0 || got.Notes != 1 {
		t.Errorf("there were %d and are %d comments", is.Notes, got.Notes)
	}
}
