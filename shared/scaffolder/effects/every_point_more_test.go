package effects_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

func deployTokenEffects(t *testing.T, _ *bench, _ operations.Ref, p scm.Project) []operations.Effect {
	e, err := effects.NewDeployToken("t/token", effects.DeployTokenParams{Project: p.Path, Name: "deploy", Scopes: []string{"read_repository"}})
	return []operations.Effect{must(t, e, err)}
}

func countDeployTokens(t *testing.T, b *bench, p scm.Project) int {
	list, err := b.Client.DeployTokens(t.Context(), p.ID)
	if err != nil {
		t.Error(err)
	}
	return len(list)
}

// pushEffects are a commit on the branch that is there, a branch with a commit and one
// without.
func pushEffects(t *testing.T, b *bench, op operations.Ref, p scm.Project) []operations.Effect {
	b.fill(t, op.ID, text("README.md", "changed\n"), text("new/file", "new\n"), workspace.File{Path: "new/link", Link: "file"})
	files, err := b.spaces.Load(t.Context(), op.ID)
	if err != nil {
		t.Fatal(err)
	}
	params := effects.PushParams{Project: p.Path, Branch: "main", Makes: effects.MakesCommit, Title: "Change it", Way: effects.AutoFiles, Files: files.Digest(), Base: b.base(t, p, files)}
	one, err1 := effects.NewPush("a/push", params)
	params.Branch, params.Start, params.Makes = "bare", "main", effects.MakesBranch
	other, err2 := effects.NewPush("b/push", params)
	return []operations.Effect{must(t, one, err1), must(t, other, err2)}
}

// countPushes counts the commit, the three files and the branch.
func countPushes(t *testing.T, b *bench, p scm.Project) int {
	tree, err := b.Client.Tree(t.Context(), p.ID, "", "main")
	if err != nil {
		t.Error(err)
	}
	n := len(tree) - 2 // README.md and the CI file are always there
	f, err := b.Client.File(t.Context(), p.ID, "README.md", "main")
	if err != nil {
		t.Error(err)
	}
	if string(f.Content) == "changed\n" {
		n++
	}
	branches, err := b.Client.SearchBranches(t.Context(), p.ID, "bare", 10)
	if err != nil {
		t.Error(err)
	}
	commits, err := b.Client.Commits(t.Context(), p.ID, "main", 10)
	if err != nil {
		t.Error(err)
	}
	if n > 0 {
		n += len(commits) - 1
	} else if len(commits) > 3 { // the first, the push and what took it back
		t.Errorf("there are %d commits", len(commits))
	}
	return n + len(branches)
}

func issueEffects(t *testing.T, b *bench, op operations.Ref, p scm.Project) []operations.Effect {
	there, err := b.Client.CreateIssue(t.Context(), p.ID, scm.NewIssue{Title: "theirs", Labels: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	made, err1 := effects.NewIssue("i/issue", effects.IssueParams{Project: p.Path, Title: "ours", Labels: []string{"b"}})
	closed := false
	change := effects.IssueChangeParams{Project: p.Path, Number: strconv.FormatInt(there.Number, 10), Set: effects.IssueState{Open: &closed}, Add: []string{"b"}}
	if change.Before, err = change.BeforeChange(there); err != nil {
		t.Fatal(err)
	}
	edited, err2 := effects.NewIssueChange("e/change", change)
	return []operations.Effect{must(t, made, err1), must(t, edited, err2)}
}

// countIssues counts the new issue, and the other one if it is changed.
func countIssues(t *testing.T, b *bench, p scm.Project) int {
	list, err := b.Client.OwnIssues(t.Context(), p.ID, 10)
	if err != nil {
		t.Error(err)
	}
	n := len(list) - 1
	theirs, err := b.Client.Issue(t.Context(), p.ID, 1)
	if err != nil {
		t.Error(err)
	}
	if changed := theirs.State == "closed"; changed {
		n++
	} else if len(theirs.Labels) != 1 {
		t.Errorf("theirs is %+v", theirs)
	}
	return n
}

// accessEffects are on a group that is there, as the project is.
func accessEffects(t *testing.T, b *bench, _ operations.Ref, p scm.Project) []operations.Effect {
	ann := b.Admin.User(t, "ann-"+p.Name)
	g, err := b.Client.CreateGroup(t.Context(), scm.NewGroup{Parent: "apps", Slug: p.Name + "-access"})
	if err != nil {
		t.Fatal(err)
	}
	apps, err := b.Client.Group(t.Context(), "apps")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Client.SetMember(t.Context(), scm.Membership{Group: g.ID, Guests: apps.ID}, 20); err != nil {
		t.Fatal(err)
	}
	one, err1 := effects.NewAccess("a/user", effects.AccessParams{Group: g.Path, User: strconv.FormatInt(ann, 10), Level: 30, Before: "0"})
	other, err2 := effects.NewAccess("a/group", effects.AccessParams{Group: g.Path, Guests: strconv.FormatInt(apps.ID, 10), Level: 40, Before: "20"})
	return []operations.Effect{must(t, one, err1), must(t, other, err2)}
}

// countAccess counts who has been given access; what there was has to be there.
func countAccess(t *testing.T, b *bench, p scm.Project) int {
	g, err := b.Client.Group(t.Context(), "apps/"+p.Name+"-access")
	if err != nil {
		t.Fatal(err)
	}
	ann, err := b.Client.UserNamed(t.Context(), "ann-"+p.Name)
	if err != nil {
		t.Fatal(err)
	}
	apps, err := b.Client.Group(t.Context(), "apps")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	level, err := b.Client.Member(t.Context(), scm.Membership{Group: g.ID, User: ann.ID})
	if err != nil {
		t.Error(err)
	}
	if level == 30 {
		n++
	}
	level, err = b.Client.Member(t.Context(), scm.Membership{Group: g.ID, Guests: apps.ID})
	switch {
	case err != nil:
		t.Error(err)
	case level == 40:
		n++
	case level != 20:
		t.Errorf("the group's level is %d", level)
	}
	return n
}

// TestWhatOthersHaveDoneStays undoes effects on what somebody has worked on since.
func TestWhatOthersHaveDoneStays(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		effects func(t *testing.T, b *bench, op operations.Ref, p scm.Project) []operations.Effect
		meddle  func(t *testing.T, b *bench, p scm.Project)
	}{
		"a commented issue": {issueEffects, func(t *testing.T, b *bench, p scm.Project) { b.Admin.Comment(t, p.ID, 2) }},
		"a renamed issue": {issueEffects, func(t *testing.T, b *bench, p scm.Project) {
			title := "renamed"
			_, err := b.Client.UpdateIssue(t.Context(), p.ID, 2, scm.IssueChange{Title: &title})
			mustDo(t, err)
		}},
		"an issue edited by others": {issueEffects, func(t *testing.T, b *bench, p scm.Project) {
			_, err := b.Client.UpdateIssue(t.Context(), p.ID, 1, scm.IssueChange{Labels: &[]string{"c"}})
			mustDo(t, err)
		}},
		"a file changed since": {pushEffects, func(t *testing.T, b *bench, p scm.Project) {
			b.Push(t, p, scm.UpdateFile, map[string]string{"README.md": "theirs\n"})
		}},
		"a commit on the branch": {pushEffects, func(t *testing.T, b *bench, p scm.Project) {
			_, err := b.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "bare", Message: "Theirs", Changes: []scm.Change{{Action: scm.CreateFile, Path: "x"}}})
			mustDo(t, err)
		}},
		"access changed since": {accessEffects, func(t *testing.T, b *bench, p scm.Project) {
			g, err := b.Client.Group(t.Context(), "apps/"+p.Name+"-access")
			mustDo(t, err)
			ann, err := b.Client.UserNamed(t.Context(), "ann-"+p.Name)
			mustDo(t, err)
			mustDo(t, b.Client.SetMember(t.Context(), scm.Membership{Group: g.ID, User: ann.ID}, 40))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			p := b.fresh(t, "p")
			op := b.begin(t, given())
			b.make(t, op, tc.effects(t, b, op, p)...)
			tc.meddle(t, b, p)
			if o := b.undo(t, op); o.Status != operations.Parked || len(o.Problem.Left) != 1 {
				t.Errorf("it ended as %s: %s", o.Status, left(o))
			}
		})
	}
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestAPushIsTakenBackAmidOthers takes back what the push has changed, and leaves what
// others have committed since to other files.
func TestAPushIsTakenBackAmidOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.fresh(t, "p")
	op := b.begin(t, given())
	b.make(t, op, pushEffects(t, b, op, p)[0])
	b.Push(t, p, scm.CreateFile, map[string]string{"theirs": "x"})
	if o := b.undo(t, op); o.Status != operations.Failed {
		t.Fatalf("it ended as %s: %s", o.Status, left(o))
	}
	for path, want := range map[string]string{"README.md": "first\n", "theirs": "x", "new/file": ""} {
		f, err := b.Client.File(t.Context(), p.ID, path, "main")
		if (want == "") != errors.Is(err, errs.NotFound) || string(f.Content) != want {
			t.Errorf("%s holds %q, %v", path, f.Content, err)
		}
	}
}

// TestABranchWithoutAMark is taken for the operation's only while it holds nothing else.
func TestABranchWithoutAMark(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.fresh(t, "p")
	op := b.begin(t, given())
	bare := pushEffects(t, b, op, p)[1]
	head, err := b.Client.Head(t.Context(), p.ID, "main")
	mustDo(t, err)
	_, err = b.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "bare", Start: head.ID, Message: "Theirs", Changes: []scm.Change{{Action: scm.CreateFile, Path: "x"}}})
	mustDo(t, err)
	if _, err := b.ledger.Apply(t.Context(), op, bare); !errors.Is(err, errs.Conflict) {
		t.Errorf("%v", err)
	}
	if o := b.undo(t, op); o.Status != operations.Failed {
		t.Errorf("it ended as %s: %s", o.Status, left(o))
	}
	if _, err := b.Client.Head(t.Context(), p.ID, "bare"); err != nil {
		t.Error(err)
	}
}

// TestLinksArePushedAndTakenBack: links become files, files links, and all is as before.
func TestLinksArePushedAndTakenBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, first := b.repository(t)
	op := b.begin(t, given())
	b.fill(t, op.ID, text("src/link", "a file now"), workspace.File{Path: "src/a", Link: "run"}, workspace.File{Path: "new/link", Link: "../top"})
	files, err := b.spaces.Load(t.Context(), op.ID)
	mustDo(t, err)
	e, err := effects.NewPush("l/push", effects.PushParams{
		Project: p.Path, Branch: "main", Makes: effects.MakesCommit, Title: "Link it", Way: effects.AutoFiles, Files: files.Digest(), Base: b.base(t, p, files),
	})
	b.make(t, op, must(t, e, err))
	links := func(ref string) string {
		tree, err := b.Client.Tree(t.Context(), p.ID, "", ref)
		mustDo(t, err)
		var list []string
		for _, entry := range tree {
			if entry.Symlink {
				list = append(list, entry.Path)
			}
		}
		return strings.Join(list, " ")
	}
	if got := links("main"); got != "new/link src/a" {
		t.Errorf("links are %s", got)
	}
	if o := b.undo(t, op); o.Status != operations.Failed {
		t.Fatalf("it ended as %s: %s", o.Status, left(o))
	}
	before, err := b.Client.Tree(t.Context(), p.ID, "", first.ID)
	mustDo(t, err)
	after, err := b.Client.Tree(t.Context(), p.ID, "", "main")
	mustDo(t, err)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("not as before: %s", diff)
	}
}
