package actions_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scm"
)

func (l *lab) proposal(change map[string]any) map[string]any {
	input := map[string]any{"repoUrl": l.host + "?owner=apps&repo=orders", "branchName": "add-it", "title": "Add it", "description": "Because.\n\nReally."}
	for name, value := range change {
		input[name] = value
	}
	return input
}

func TestAProposalShowsWhatItChanges(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{"docs/a": "old a\n", "docs/b": "same\n", "docs/c": "left alone\n"})
	l.fill(t, map[string]string{"out/a": "new a\n", "out/b": "same\n", "out/d/e": "new\n", "other": "not meant\n"})
	input := l.proposal(map[string]any{"sourcePath": "./out", "targetPath": "/docs/", "labels": "one, two", "removeSourceBranch": true, "assignee": "nobody-there", "assignReviewersFromApprovalRules": true})
	planned, out := l.both(t, actions.MergeRequestID, input)
	if got := kinds(planned.Effects); got != "branch apps/orders@add-it; merge-request apps/orders: add-it → main" {
		t.Errorf("planned %s", got)
	}
	want := []operations.FileChange{
		{Project: "apps/orders", Branch: "add-it", Path: "docs/a", Action: string(scm.UpdateFile), Before: []byte("old a\n"), After: []byte("new a\n")},
		{Project: "apps/orders", Branch: "add-it", Path: "docs/d/e", Action: string(scm.CreateFile), After: []byte("new\n")},
	}
	if diff := cmp.Diff(want, planned.Changes); diff != "" {
		t.Errorf("changes %s", diff)
	}
	list, err := l.Client.MergeRequestsFrom(t.Context(), p.ID, "add-it")
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	m := list[0]
	if m.Title != "Add it" || m.Target != "main" || m.Description != "Because.\n\nReally.\n\nSlipway-Operation: op-1\nSlipway-Effect: step/merge-request" {
		t.Errorf("%+v", m)
	}
	if diff := cmp.Diff(map[string]any{"projectid": "apps/orders", "projectPath": "apps/orders", "targetBranchName": "main", "mergeRequestUrl": m.WebURL}, out); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{"committed 2 files to the branch add-it", "opened the merge request " + m.WebURL, "GitLab does not know, so they are not asked: ", "approval rules"} {
		if !strings.Contains(strings.Join(l.said, "\n"), part) {
			t.Errorf("%q is not said: %q", part, l.said)
		}
	}
}

func TestWaysOfNamingTheProject(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{"a": "a"})
	l.fill(t, map[string]string{"a": "b"})
	for name, change := range map[string]map[string]any{
		"number":            {"repoUrl": l.host, "projectid": float64(p.ID)},
		"path in the query": {"repoUrl": l.host + "?project=apps%2Forders"},
	} {
		if _, err := l.plan(t, actions.MergeRequestID, l.proposal(change)); name == "number" {
			if err == nil { // repoUrl has to be one, as in Backstage
				t.Error("a repoUrl without a project is taken")
			}
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	planned, err := l.plan(t, actions.MergeRequestID, l.proposal(map[string]any{"projectid": float64(p.ID)}))
	if err != nil || planned.Outputs["projectPath"] != "apps/orders" {
		t.Errorf("%v, %v", planned.Outputs, err)
	}
}

func TestAProposalOfABranchThatIsThere(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{"a": "a"})
	head, err := l.Client.Head(t.Context(), p.ID, "main")
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "add-it", Start: head.ID, Message: "Theirs", Changes: []scm.Change{{Action: scm.CreateFile, Path: "b"}}})
	if err != nil {
		t.Fatal(err)
	}
	l.fill(t, map[string]string{"a": "a"})
	planned, _ := l.both(t, actions.MergeRequestID, l.proposal(nil))
	if got := kinds(planned.Effects); got != "merge-request apps/orders: add-it → main" || len(planned.Changes) != 0 {
		t.Errorf("planned %s, %v", got, planned.Changes)
	}
	if p := params[effects.MergeRequestParams](t, planned.Effects[0]); !p.Existing {
		t.Errorf("%+v", p)
	}
	l.fill(t, map[string]string{"a": "changed"})
	if _, err := l.plan(t, actions.MergeRequestID, l.proposal(nil)); !errors.Is(err, errs.Conflict) || !strings.Contains(errs.Message(err), "apps/orders has a branch add-it already") {
		t.Errorf("with changes of its own: %v", err)
	}
}

// A project that an earlier step makes, and files whose contents or names hold what nobody
// knows yet, can be planned for.
func TestAProposalOfWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.fill(t, map[string]string{"a": "id: " + actions.Unknown("publish.projectId") + "\n", "b": "b"})
	later := l.proposal(map[string]any{"repoUrl": l.host + "?owner=apps&repo=later"})
	planned, err := l.plan(t, actions.MergeRequestID, later)
	if err != nil || len(planned.Changes) != 2 || len(planned.Effects) != 2 {
		t.Fatalf("%+v, %v", planned, err)
	}
	if text, _ := planned.Outputs["targetBranchName"].(string); !operations.HoldsUnknown(text) {
		t.Errorf("outputs %v", planned.Outputs)
	}
	if _, err := l.run(t, actions.MergeRequestID, planned, later); err == nil {
		t.Error("a project that is not there takes it")
	}
	l.Project(t, "apps/later", map[string]string{"b": "b"})
	l.fill(t, map[string]string{"a": "id: 7\n", "b": "b"})
	if _, err := l.run(t, actions.MergeRequestID, planned, later); err != nil {
		t.Error(err)
	}
}

func TestAProposalThatTheWorldHasOvertaken(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p := l.Project(t, "apps/orders", map[string]string{"a": "a"})
	l.fill(t, map[string]string{"a": "b"})
	planned, err := l.plan(t, actions.MergeRequestID, l.proposal(nil))
	if err != nil {
		t.Fatal(err)
	}
	l.Push(t, p, scm.CreateFile, map[string]string{"elsewhere": "x"})
	same, err := l.plan(t, actions.MergeRequestID, l.proposal(nil))
	if diff := cmp.Diff(planned.Effects, same.Effects); err != nil || diff != "" {
		t.Errorf("a change elsewhere changes the plan: %v, %s", err, diff)
	}
	l.Push(t, p, scm.UpdateFile, map[string]string{"a": "theirs"})
	moved, err := l.plan(t, actions.MergeRequestID, l.proposal(nil))
	if err != nil || cmp.Equal(planned.Effects, moved.Effects) {
		t.Errorf("a change of the same file does not change the plan: %v", err)
	}
}
