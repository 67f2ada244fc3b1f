package scmtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// startedParts are about commits that start a branch, and about their authors.
func startedParts() []part {
	return []part{
		{"a commit starts a branch, once", commitStartsBranch},
		{"a commit starts a branch at an old commit", commitStartsAtOld},
		{"a commit names its author", commitNamesAuthor},
	}
}

func change(action scm.ChangeAction, path, content string) []scm.Change {
	return []scm.Change{{Action: action, Path: path, Content: []byte(content)}}
}

func commitStartsBranch(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	n := scm.NewCommit{Branch: "feature/a", Start: first.ID, Message: "Feature [skip ci]", Changes: change(scm.UpdateFile, "README.md", "new")}
	c, err := h.Client.Commit(t.Context(), p.ID, n)
	ok(t, "committing", err)
	if diff := cmp.Diff([]string{first.ID}, c.Parents); diff != "" {
		t.Errorf("parents: %s", diff)
	}
	for branch, wanted := range map[string]string{"main": first.ID, "feature/a": c.ID} {
		head, err := h.Client.Head(t.Context(), p.ID, branch)
		ok(t, "reading the head of "+branch, err)
		if head.ID != wanted {
			t.Errorf("%s is at %s", branch, head.ID)
		}
	}
	_, err = h.Client.Commit(t.Context(), p.ID, n)
	want(t, "starting it again", err, errs.Conflict)
	n.Branch, n.Start = "feature/b", "0123456789012345678901234567890123456789"
	if _, err = h.Client.Commit(t.Context(), p.ID, n); err == nil {
		t.Error("a branch starts at a commit that is not there")
	}
	n.Branch, n.Start, n.Changes = "feature/c", first.ID, change(scm.CreateFile, "README.md", "x")
	_, err = h.Client.Commit(t.Context(), p.ID, n)
	want(t, "creating what exists", err, errs.Conflict)
	_, err = h.Client.Head(t.Context(), p.ID, "feature/c")
	want(t, "looking for the branch of a refused commit", err, errs.NotFound)
}

func commitStartsAtOld(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	_, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "Second [skip ci]", Changes: change(scm.CreateFile, "second", "x")})
	ok(t, "committing", err)
	c, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "old", Start: first.ID, Message: "Old [skip ci]", Changes: change(scm.CreateFile, "other", "x")})
	ok(t, "starting a branch", err)
	if diff := cmp.Diff([]string{first.ID}, c.Parents); diff != "" {
		t.Errorf("parents: %s", diff)
	}
}

func commitNamesAuthor(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	c, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{
		Branch: "main", Message: "First [skip ci]", Changes: change(scm.CreateFile, "a", "x"), Author: scm.Signature{Name: "Ann Author", Email: "ann@example.com"},
	})
	ok(t, "committing", err)
	head, err := h.Client.Head(t.Context(), p.ID, "main")
	ok(t, "reading the head", err)
	if c.Author != "Ann Author" || head.Author != "Ann Author" {
		t.Errorf("authors are %q and %q", c.Author, head.Author)
	}
}
