package actions_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scm"
)

func TestGroupsWithNames(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	planned, out := l.both(t, actions.EnsureGroupID, map[string]any{
		"path": []any{"apps/team", map[string]any{"name": "The Inner", "slug": "inner"}}, "description": "For trials",
	})
	g, err := l.Client.Group(t.Context(), "apps/team/inner")
	if err != nil || out["groupId"] != g.ID || g.Name != "The Inner" || !strings.HasPrefix(g.Description, "For trials (") || len(planned.Effects) != 2 {
		t.Errorf("%v, %+v, %v", planned.Effects, g, err)
	}
}

func TestADeployTokenGoesToAVariable(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{"a": "a"})
	planned, out := l.both(t, actions.CreateDeployTokenID, map[string]any{"projectId": p.ID, "name": "puller", "scopes": []any{"read_registry"}})
	if text, _ := planned.Outputs["user"].(string); !operations.HoldsUnknown(text) || !strings.HasPrefix(out["user"].(string), "gitlab+deploy-token-") {
		t.Errorf("%v, %v", planned.Outputs, out)
	}
	l.both(t, actions.CreateVariableID, map[string]any{"projectId": "apps/orders", "key": "TOKEN", "value": out["deploy_token"], "maskedAndHidden": true})
	v, err := l.Client.Variable(t.Context(), p.ID, "TOKEN", "*")
	if err != nil || !v.Hidden || !v.Masked {
		t.Errorf("%+v, %v", v, err)
	}
	list, err := l.Client.DeployTokens(t.Context(), p.ID)
	if err != nil || len(list) != 1 || list[0].Name != "puller (Slipway-Operation: op-1)" {
		t.Errorf("%+v, %v", list, err)
	}
	named, err := l.plan(t, actions.CreateDeployTokenID, map[string]any{"projectId": p.ID, "name": "x", "username": "cluster", "scopes": []any{"read_registry"}})
	if err != nil || named.Outputs["user"] != "cluster" {
		t.Errorf("%v, %v", named.Outputs, err)
	}
}

func (l *lab) pushInput(change map[string]any) map[string]any {
	input := map[string]any{"repoUrl": l.host + "?owner=apps&repo=orders", "branchName": "main", "commitMessage": "Add it\n\nBecause."}
	for name, value := range change {
		input[name] = value
	}
	return input
}

func TestAPushGoesToTheBranch(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{"docs/a": "old\n", "docs/b": "same\n"})
	l.fill(t, map[string]string{"out/a": "new\n", "out/b": "same\n", "out/d": "d\n", "out/.gitignore": "*.tmp", "out/x.tmp": "x", "other": "not meant"})
	planned, out := l.both(t, actions.PushID, l.pushInput(map[string]any{"sourcePath": "out", "targetPath": "docs"}))
	if got := kinds(planned.Effects); got != "push apps/orders@main for step/push" || len(planned.Changes) != 3 {
		t.Errorf("planned %s, %v", got, planned.Changes)
	}
	head, err := l.Client.Head(t.Context(), p.ID, "main")
	if err != nil || out["commitHash"] != head.ID || !strings.HasPrefix(head.Message, "Add it\n\nBecause.\n\nSlipway-Operation: op-1\n") {
		t.Errorf("%v, %+v, %v", out, head, err)
	}
	tree, err := l.Client.Tree(t.Context(), p.ID, "", "main")
	if err != nil || len(tree) != 4 || tree[0].Path != "docs/.gitignore" {
		t.Errorf("%+v, %v", tree, err)
	}
	planned, out = l.both(t, actions.PushID, l.pushInput(map[string]any{"sourcePath": "out", "targetPath": "docs"}))
	if _, there := out["commitHash"]; there || len(planned.Effects) > 0 {
		t.Errorf("of nothing: %v, %v", planned.Effects, out)
	}
	planned, out = l.both(t, actions.PushID, l.pushInput(map[string]any{"sourcePath": "out", "targetPath": "docs", "allowEmpty": true}))
	if out["commitHash"] == nil || len(planned.Effects) != 1 {
		t.Errorf("of nothing that counts: %v, %v", planned.Effects, out)
	}
}

func TestAPushMakesTheBranch(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		file    string
		commits int // of the branch
	}{"with a commit": {"b", 2}, "without one": {"a", 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			p := l.Project(t, "apps/orders", map[string]string{"a": "a"})
			l.fill(t, map[string]string{"a": tc.file})
			planned, out := l.both(t, actions.PushID, l.pushInput(map[string]any{"branchName": "develop"}))
			list, err := l.Client.Commits(t.Context(), p.ID, "develop", 10)
			if err != nil || len(list) != tc.commits || len(planned.Effects) != 1 || (out["commitHash"] != nil) != (tc.commits == 2) {
				t.Errorf("%+v, %v, %v", list, out, err)
			}
		})
	}
}

// A project that an earlier step makes can be planned for, whether or not the branch will be
// there.
func TestAPushOfWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	for _, branch := range []string{"main", "develop"} {
		t.Run(branch, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.fill(t, map[string]string{"a": "id: " + actions.Unknown("publish.projectId") + "\n", "b": "b"})
			input := l.pushInput(map[string]any{"branchName": branch})
			planned, err := l.plan(t, actions.PushID, input)
			if err != nil || len(planned.Changes) != 2 || len(planned.Effects) != 1 {
				t.Fatalf("%+v, %v", planned, err)
			}
			l.Project(t, "apps/orders", map[string]string{"b": "b"})
			l.fill(t, map[string]string{"a": "id: 7\n", "b": "b"})
			if _, err := l.run(t, actions.PushID, planned, input); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAProposalOfNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{"a": "a"})
	l.fill(t, map[string]string{"a": "a"})
	planned, _ := l.both(t, actions.MergeRequestID, l.proposal(nil))
	if got := kinds(planned.Effects); got != "push apps/orders@add-it for step/bare; merge-request apps/orders: add-it → main" {
		t.Errorf("planned %s", got)
	}
	if p := params[effects.MergeRequestParams](t, planned.Effects[1]); p.Existing {
		t.Error("the branch is taken for somebody else's")
	}
	list, err := l.Client.MergeRequestsFrom(t.Context(), p.ID, "add-it")
	if err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestAnIssueIsCreatedAndEdited(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{"a": "a"})
	root := l.Admin.Do(t, "GET", "/user", nil)["id"]
	_, out := l.both(t, actions.CreateIssueID, map[string]any{
		"repoUrl": l.host + "?owner=apps&repo=orders", "title": " A title ", "description": "Because.", "labels": "two, one", "issueType": "incident",
		"dueDate": "2031-07-27T00:00:00.000Z", "assignees": []any{root}, "confidential": true, "createdAt": "2020-01-01T00:00:00Z", "weight": 3, "epicId": 1,
	})
	number := out["issueIid"].(int64)
	i, err := l.Client.Issue(t.Context(), p.ID, number)
	if err != nil || i.Title != "A title" || i.Due != "2031-07-27" || !slices.Equal(i.Labels, []string{"one", "two"}) || i.Type != "incident" ||
		i.Description != "Because.\n\nSlipway-Operation: op-1\nSlipway-Effect: step/issue" || len(i.Assignees) != 1 || !i.Confidential || out["issueUrl"] != i.WebURL {
		t.Errorf("%+v, %v, %v", i, out, err)
	}
	_, out = l.both(t, actions.EditIssueID, map[string]any{"projectId": p.ID, "issueIid": number, "addLabels": "three", "removeLabels": "ONE", "stateEvent": "close", "weight": 5})
	edited, err := l.Client.Issue(t.Context(), p.ID, number)
	if err != nil || edited.State != "closed" || !slices.Equal(edited.Labels, []string{"three", "two"}) || len(edited.Assignees) != 1 || !edited.Confidential {
		t.Errorf("%+v, %v", edited, err)
	}
	if out["state"] != "closed" || out["title"] != "A title" || out["projectId"] != p.ID || out["issueIid"] != number {
		t.Errorf("%v", out)
	}
}

// An issue that an earlier step makes can be planned for.
func TestAnEditOfWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{"a": "a"})
	planned, err := l.plan(t, actions.EditIssueID, map[string]any{"projectId": p.ID, "issueIid": actions.Unknown("issue.issueIid"), "title": "new"})
	if err != nil {
		t.Fatal(err)
	}
	made, err := l.Client.CreateIssue(t.Context(), p.ID, scm.NewIssue{Title: "old"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.run(t, actions.EditIssueID, planned, map[string]any{"projectId": p.ID, "issueIid": made.Number, "title": "new"}); err != nil {
		t.Error(err)
	}
}

func TestAccessToAGroup(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ann := l.Admin.User(t, "ann")
	_, err := l.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: "apps", Slug: "team"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := l.Client.Group(t.Context(), "apps/team")
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: "apps", Slug: "other"})
	if err != nil {
		t.Fatal(err)
	}
	planned, out := l.both(t, actions.GroupAccessID, map[string]any{"path": "apps/team", "userIds": []any{ann}, "groupIds": []any{other.ID}, "accessLevel": "Maintainer"})
	if diff := cmp.Diff(map[string]any{"path": "apps/team", "userIds": []any{ann}, "groupIds": []any{other.ID}, "accessLevel": 40}, out); diff != "" || len(planned.Effects) != 2 {
		t.Errorf("%s, planned %s", diff, kinds(planned.Effects))
	}
	for _, m := range []scm.Membership{{Group: g.ID, User: ann}, {Group: g.ID, Guests: other.ID}} {
		if level, err := l.Client.Member(t.Context(), m); err != nil || level != 40 {
			t.Errorf("%+v has %d, %v", m, level, err)
		}
	}
	planned, _ = l.both(t, actions.GroupAccessID, map[string]any{"path": g.ID, "userIds": []any{ann}, "accessLevel": 40})
	if len(planned.Effects) > 0 {
		t.Errorf("what is so is planned: %s", kinds(planned.Effects))
	}
	_, out = l.both(t, actions.GroupAccessID, map[string]any{"path": g.ID, "userIds": []any{ann}, "action": "remove"})
	if level, err := l.Client.Member(t.Context(), scm.Membership{Group: g.ID, User: ann}); err != nil || level != 0 || out["accessLevel"] != nil || out["path"] != g.ID {
		t.Errorf("%d, %v, %v", level, out, err)
	}
	later, err := l.plan(t, actions.GroupAccessID, map[string]any{"path": actions.Unknown("group.groupId"), "userIds": []any{ann}})
	if err != nil || len(later.Effects) != 1 {
		t.Errorf("of a group nobody knows: %v, %v", later, err)
	}
}

func TestAUserIsToldOf(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ann := l.Admin.User(t, "ann")
	_, out := l.both(t, actions.UserInfoID, map[string]any{"repoUrl": l.host, "userId": ann})
	if out["username"] != "ann" || out["id"] != ann || out["email"] != nil || out["createdAt"] == nil {
		t.Errorf("%v", out)
	}
	_, out = l.both(t, actions.UserInfoID, map[string]any{"repoUrl": l.host})
	if out["username"] != "root" || out["email"] == nil {
		t.Errorf("%v", out)
	}
}
