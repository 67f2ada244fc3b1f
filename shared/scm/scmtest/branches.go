package scmtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func branchParts() []part {
	return []part{
		{"a branch starts at a commit", branchStarts},
		{"a branch that can't be is refused", branchRefused},
		{"a deleted branch is gone", branchDeleted},
		{"a default or protected branch stays", branchProtected},
		{"branches are searched by what they hold", branchesSearched},
		{"commits on a branch leave the others alone", commitsOnBranch},
	}
}

func createBranch(t *testing.T, h Harness, project int64, name, commit string) {
	t.Helper()
	ok(t, "creating the branch "+name, h.Client.CreateBranch(t.Context(), project, name, commit))
}

func branchStarts(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	second, err := h.Client.Commit(t.Context(), p.ID, addition("main", "added"))
	ok(t, "committing", err)
	for name, commit := range map[string]string{"old": first.ID, "new": second.ID, "release/1.0+x,100%#1&ü": first.ID} {
		createBranch(t, h, p.ID, name, commit)
		head, err := h.Client.Head(t.Context(), p.ID, name)
		ok(t, "reading "+name, err)
		if head.ID != commit {
			t.Errorf("%s is at %s, want %s", name, head.ID, commit)
		}
		want(t, "creating it again", h.Client.CreateBranch(t.Context(), p.ID, name, second.ID), errs.Conflict)
		head, err = h.Client.Head(t.Context(), p.ID, name)
		if err != nil || head.ID != commit {
			t.Errorf("it was moved to %s, %v", head.ID, err)
		}
	}
}

func addition(branch, path string) scm.NewCommit {
	return scm.NewCommit{Branch: branch, Message: "Add [skip ci]", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: path, Content: []byte("x")},
	}}
}

func branchRefused(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	createBranch(t, h, p.ID, "taken", first.ID)
	for _, name := range []string{
		"", "..", "a..b", "a/../b", "/a", "a/", "a//b", ".a", "a.lock", "a b", "a~1", "a^", "a:b", "a?b", "a*", "a[b", "a\\b", "a\x00b", "a\nb",
		"-a", "@{1}", strings.Repeat("a", 300), first.ID,
	} {
		want(t, fmt.Sprintf("creating %q", name), h.Client.CreateBranch(t.Context(), p.ID, name, first.ID), errs.Invalid)
	}
	if h.Client.CreateBranch(t.Context(), p.ID, "taken/below", first.ID) == nil {
		t.Error("a branch below a branch is accepted")
	}
	for _, commit := range []string{"", "nowhere", strings.Repeat("0", 40), "main..taken", "-x"} {
		want(t, fmt.Sprintf("starting at %q", commit), h.Client.CreateBranch(t.Context(), p.ID, "x", commit), errs.Invalid)
	}
	want(t, "creating in an unknown project", h.Client.CreateBranch(t.Context(), 987654321, "x", first.ID), errs.NotFound)
	want(t, "creating with a wrong token", h.WrongToken.CreateBranch(t.Context(), p.ID, "x", first.ID), errs.Unauthenticated)
	got, err := h.Client.SearchBranches(t.Context(), p.ID, "", 100)
	ok(t, "listing", err)
	if diff := cmp.Diff([]string{"main", "taken"}, got); diff != "" {
		t.Errorf("branches (-want +got):\n%s", diff)
	}
	empty := create(t, h, "empty")
	want(t, "creating in an empty repository", h.Client.CreateBranch(t.Context(), empty.ID, "x", first.ID), errs.Invalid)
}

func branchDeleted(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	for _, name := range []string{"change", "release/1.0+x,100%#1&ü"} {
		createBranch(t, h, p.ID, name, first.ID)
		for range 2 {
			ok(t, "deleting "+name, h.Client.DeleteBranch(t.Context(), p.ID, name))
		}
		_, err := h.Client.Head(t.Context(), p.ID, name)
		want(t, "reading "+name, err, errs.NotFound)
		createBranch(t, h, p.ID, name, first.ID)
	}
	ok(t, "deleting what never was", h.Client.DeleteBranch(t.Context(), p.ID, "nowhere"))
	ok(t, "deleting in an unknown project", h.Client.DeleteBranch(t.Context(), 987654321, "change"))
	for _, name := range []string{"", "..", "../branches/main", "a//b"} {
		want(t, fmt.Sprintf("deleting %q", name), h.Client.DeleteBranch(t.Context(), p.ID, name), errs.Invalid)
	}
	_, err := h.Client.Head(t.Context(), p.ID, "main")
	ok(t, "reading the default branch", err)
}

func branchProtected(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	h.Admin.Protect(t, p.ID, "stable/*")
	createBranch(t, h, p.ID, "stable/1", first.ID)
	for _, name := range []string{"main", "stable/1"} {
		want(t, "deleting "+name, h.Client.DeleteBranch(t.Context(), p.ID, name), errs.Forbidden)
		_, err := h.Client.Head(t.Context(), p.ID, name)
		ok(t, "reading "+name, err)
	}
	n := newToken("developer")
	n.Level = 30
	_, value, err := h.Client.CreateAccessToken(t.Context(), p.ID, n)
	ok(t, "creating a token", err)
	developer := h.Holder(t, value)
	_, err = developer.Commit(t.Context(), p.ID, addition("stable/1", "x"))
	want(t, "committing to a protected branch as a developer", err, errs.Forbidden)
	want(t, "creating one as a developer", developer.CreateBranch(t.Context(), p.ID, "stable/2", first.ID), errs.Forbidden)
	ok(t, "creating another one as a developer", developer.CreateBranch(t.Context(), p.ID, "free", first.ID))
}

func branchesSearched(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	for _, name := range []string{"feature/pay$", "feature/Pay", "1", "fix-pay"} {
		createBranch(t, h, p.ID, name, first.ID)
	}
	for text, wanted := range map[string][]string{
		"": {"1", "feature/Pay", "feature/pay$", "fix-pay", "main"}, "pay": {"feature/Pay", "feature/pay$", "fix-pay"}, "PAY$": {"feature/pay$"},
		"$": {"feature/pay$"}, "e/": {"feature/Pay", "feature/pay$"}, "1": {"1"}, "^f": nil, "f*y": nil, ".*": nil, "nothing": nil, "größe": nil,
	} {
		got, err := h.Client.SearchBranches(t.Context(), p.ID, text, 100)
		ok(t, fmt.Sprintf("searching %q", text), err)
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("searching %q (-want +got):\n%s", text, diff)
		}
	}
	got, err := h.Client.SearchBranches(t.Context(), p.ID, "pay", 2)
	ok(t, "searching two", err)
	if len(got) != 2 {
		t.Errorf("found %v", got)
	}
	_, err = h.Client.SearchBranches(t.Context(), p.ID, "", 0)
	want(t, "searching none", err, errs.Invalid)
	_, err = h.Client.SearchBranches(t.Context(), 987654321, "", 1)
	want(t, "searching in an unknown project", err, errs.NotFound)
	none, err := h.Client.SearchBranches(t.Context(), create(t, h, "empty").ID, "", 10)
	if err != nil || len(none) > 0 {
		t.Errorf("an empty repository has %v, %v", none, err)
	}
}

func commitsOnBranch(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	const name = "change/1"
	createBranch(t, h, p.ID, name, first.ID)
	n := scm.NewCommit{Branch: name, Message: "Change [skip ci]", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: "src/new.sh", Content: []byte("new"), Executable: true},
		{Action: scm.UpdateFile, Path: "README.md", Content: []byte("changed"), Executable: true},
		{Action: scm.UpdateFile, Path: "scripts/run.sh", Content: []byte("kept executable")},
		{Action: scm.DeleteFile, Path: "empty"},
	}}
	made, err := h.Client.Commit(t.Context(), p.ID, n)
	ok(t, "committing to the branch", err)
	if diff := cmp.Diff([]string{first.ID}, made.Parents); diff != "" {
		t.Errorf("parents: %s", diff)
	}
	again, err := h.Client.Commit(t.Context(), p.ID, addition(name, "src/second"))
	ok(t, "committing once more", err)
	tree, err := h.Client.Tree(t.Context(), p.ID, "", name)
	ok(t, "listing the branch", err)
	got := names(tree, func(e scm.TreeEntry) string { return fmt.Sprintf("%s:%v", e.Path, e.Executable) })
	const files = "[.gitlab-ci.yml:false README.md:true data/ü 100%.bin:false scripts/run.sh:true src/new.sh:true src/second:false]"
	if diff := cmp.Diff(files, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	_, err = h.Client.Commit(t.Context(), p.ID, n)
	want(t, "committing the same again", err, errs.Conflict)
	for branch, commit := range map[string]string{"main": first.ID, name: again.ID} {
		head, err := h.Client.Head(t.Context(), p.ID, branch)
		ok(t, "reading "+branch, err)
		if head.ID != commit {
			t.Errorf("%s is at %s", branch, head.ID)
		}
	}
	_, err = h.Client.Commit(t.Context(), p.ID, addition("nowhere", "x"))
	want(t, "committing to a branch that is not there", err, errs.Invalid)
}
