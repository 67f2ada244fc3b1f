package scmtest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func protectionParts() []part {
	return []part{
		{"a protected branch takes no pushes of developers", branchIsProtected},
		{"a commit is refused where a file was changed since", commitSeen},
		{"an empty commit changes nothing", emptyCommit},
		{"what makes a file executable is taken from it", plainAgain},
	}
}

func branchIsProtected(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	createBranch(t, h, p.ID, "live", first.ID)
	for range 2 {
		ok(t, "protecting", h.Client.ProtectBranch(t.Context(), p.ID, "live"))
	}
	ok(t, "protecting what is protected from the start", h.Client.ProtectBranch(t.Context(), p.ID, "main"))
	ok(t, "protecting by a wildcard", h.Client.ProtectBranch(t.Context(), p.ID, "release/*"))
	want(t, "protecting nothing", h.Client.ProtectBranch(t.Context(), p.ID, ""), errs.Invalid)
	want(t, "protecting in an unknown project", h.Client.ProtectBranch(t.Context(), 987654321, "live"), errs.NotFound)
	want(t, "protecting with a wrong token", h.WrongToken.ProtectBranch(t.Context(), p.ID, "live"), errs.Unauthenticated)
	got, err := h.Client.ProtectedBranches(t.Context(), p.ID)
	ok(t, "listing", err)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"live", "main", "release/*"}, got); diff != "" {
		t.Errorf("protected (-want +got):\n%s", diff)
	}
	n := newToken("developer")
	n.Level = 30
	_, value, err := h.Client.CreateAccessToken(t.Context(), p.ID, n)
	ok(t, "creating a token", err)
	_, err = h.Holder(t, value).Commit(t.Context(), p.ID, addition("live", "x"))
	want(t, "committing as a developer", err, errs.Forbidden)
	_, err = h.Client.Commit(t.Context(), p.ID, addition("live", "x"))
	ok(t, "committing as a maintainer", err)
	_, err = h.Client.ProtectedBranches(t.Context(), 987654321)
	want(t, "listing those of an unknown project", err, errs.NotFound)
}

func oneChange(action scm.ChangeAction, path, content, seen string) scm.NewCommit {
	return scm.NewCommit{Branch: "main", Message: "Change [skip ci]", Seen: seen, Changes: change(action, path, content)}
}

func commitSeen(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	_, err := h.Client.Commit(t.Context(), p.ID, oneChange(scm.UpdateFile, "README.md", "theirs", first.ID))
	ok(t, "changing what was seen", err)
	for _, action := range []scm.ChangeAction{scm.UpdateFile, scm.DeleteFile} {
		_, err := h.Client.Commit(t.Context(), p.ID, oneChange(action, "README.md", "ours", first.ID))
		want(t, string(action)+" of what somebody has changed", err, errs.Conflict)
	}
	f, err := h.Client.File(t.Context(), p.ID, "README.md", "main")
	if ok(t, "reading it", err); string(f.Content) != "theirs" {
		t.Errorf("it holds %q", f.Content)
	}
	_, err = h.Client.Commit(t.Context(), p.ID, oneChange(scm.DeleteFile, "scripts/run.sh", "", first.ID))
	ok(t, "deleting what nobody has changed", err)
	_, err = h.Client.Commit(t.Context(), p.ID, oneChange(scm.CreateFile, "new", "x", first.ID))
	ok(t, "creating what was not there", err)
}

func emptyCommit(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	made, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "Nothing [skip ci]", Empty: true})
	ok(t, "committing nothing", err)
	if made.ID == first.ID || !slices.Equal(made.Parents, []string{first.ID}) {
		t.Errorf("made %+v on %s", made, first.ID)
	}
	_, err = h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "Nothing [skip ci]"})
	want(t, "committing nothing by mistake", err, errs.Invalid)
	c := addition("main", "x")
	c.Empty = true
	_, err = h.Client.Commit(t.Context(), p.ID, c)
	want(t, "committing something that is to be empty", err, errs.Invalid)
}

func plainAgain(t *testing.T, h Harness) {
	p, _ := createWithFiles(t, h, "orders")
	c := oneChange(scm.UpdateFile, "scripts/run.sh", "plain", "")
	c.Changes[0].Plain = true
	_, err := h.Client.Commit(t.Context(), p.ID, c)
	ok(t, "committing", err)
	tree, err := h.Client.Tree(t.Context(), p.ID, "scripts", "main")
	ok(t, "listing", err)
	if len(tree) != 1 || tree[0].Executable {
		t.Errorf("there is %+v", tree)
	}
}
