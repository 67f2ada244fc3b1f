package scmtest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func linkParts() []part {
	return []part{
		{"symbolic links are committed on top of others", linksCommitted},
		{"a commit with links starts a branch", linksStart},
		{"a commit with links is refused like any other", linksRefused},
	}
}

func linkTo(action scm.ChangeAction, path, target string) scm.Change {
	return scm.Change{Action: action, Path: path, Link: target}
}

func expectTree(t *testing.T, h Harness, project int64, ref, wanted string) {
	t.Helper()
	tree, err := h.Client.Tree(t.Context(), project, "", ref)
	ok(t, "listing "+ref, err)
	got := names(tree, func(e scm.TreeEntry) string { return fmt.Sprintf("%s:%v:%v", e.Path, e.Executable, e.Symlink) })
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("files of %s (-want +got):\n%s", ref, diff)
	}
}

func linksCommitted(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	n := scm.NewCommit{Branch: "main", Message: "Link [skip ci]\n\nSlipway-Operation: op-1\n", Seen: first.ID, Changes: []scm.Change{
		linkTo(scm.CreateFile, "a/b/link", "../../README.md"), linkTo(scm.UpdateFile, "README.md", "empty"),
		{Action: scm.UpdateFile, Path: "scripts/run.sh", Content: []byte("kept executable")}, {Action: scm.DeleteFile, Path: "data/ü 100%.bin"},
		{Action: scm.CreateFile, Path: "scripts/new.sh", Content: []byte("x"), Executable: true},
	}}
	made, err := h.Client.Commit(t.Context(), p.ID, n)
	ok(t, "committing", err)
	head, err := h.Client.Head(t.Context(), p.ID, "main")
	ok(t, "reading the head", err)
	if head.ID != made.ID || head.Message != made.Message || head.Title != made.Title || head.Author != made.Author || !head.Created.Equal(made.Created) ||
		!cmp.Equal([]string{first.ID}, head.Parents) || !cmp.Equal(head.Parents, made.Parents) {
		t.Errorf("the head is %+v, was made as %+v", head, made)
	}
	expectTree(t, h, p.ID, "main", "[.gitlab-ci.yml:false:false README.md:false:true a/b/link:false:true empty:false:false scripts/new.sh:true:false scripts/run.sh:true:false]")
	_, err = h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "Unlink [skip ci]", Changes: []scm.Change{
		{Action: scm.UpdateFile, Path: "README.md", Content: []byte("a file"), OverLink: true}, {Action: scm.DeleteFile, Path: "a/b/link"},
		{Action: scm.UpdateFile, Path: "scripts/run.sh", Content: []byte("plain"), Plain: true},
	}})
	ok(t, "committing files where links are", err)
	expectTree(t, h, p.ID, "main", "[.gitlab-ci.yml:false:false README.md:false:false empty:false:false scripts/new.sh:true:false scripts/run.sh:false:false]")
	f, err := h.Client.File(t.Context(), p.ID, "README.md", "main")
	if ok(t, "reading", err); string(f.Content) != "a file" {
		t.Errorf("it holds %q", f.Content)
	}
}

func linksStart(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	n := scm.NewCommit{Branch: "change/1", Start: first.ID, Message: "Link [skip ci]", Changes: []scm.Change{linkTo(scm.CreateFile, "link", "README.md")}}
	_, err := h.Client.Commit(t.Context(), p.ID, n)
	ok(t, "starting a branch", err)
	expectTree(t, h, p.ID, "change/1", "[.gitlab-ci.yml:false:false README.md:false:false data/ü 100%.bin:false:false empty:false:false link:false:true scripts/run.sh:true:false]")
	_, err = h.Client.Commit(t.Context(), p.ID, n)
	want(t, "starting it again", err, errs.Conflict)
}

func linksRefused(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	_, err := h.Client.Commit(t.Context(), p.ID, oneChange(scm.UpdateFile, "README.md", "theirs", ""))
	ok(t, "changing a file", err)
	for doing, tc := range map[string]struct {
		change scm.Change
		branch string
		kind   errs.Kind
	}{
		"a link where a file is":          {linkTo(scm.CreateFile, "empty", "x"), "main", errs.Conflict},
		"a link where a folder is":        {linkTo(scm.CreateFile, "scripts", "x"), "main", errs.Conflict},
		"a link below a file":             {linkTo(scm.CreateFile, "empty/x", "x"), "main", errs.Conflict},
		"another link where none is":      {linkTo(scm.UpdateFile, "nothing", "x"), "main", errs.Conflict},
		"over what somebody has changed":  {linkTo(scm.UpdateFile, "README.md", "x"), "main", errs.Conflict},
		"a link on a branch there is not": {linkTo(scm.CreateFile, "link", "x"), "nowhere", errs.Invalid},
		"a link that leads out":           {linkTo(scm.CreateFile, "../x", "x"), "main", errs.Invalid},
	} {
		_, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: tc.branch, Message: "x", Seen: first.ID, Changes: []scm.Change{tc.change}})
		want(t, "committing "+doing, err, tc.kind)
	}
	_, err = h.WrongToken.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "x", Changes: []scm.Change{linkTo(scm.CreateFile, "l", "x")}})
	want(t, "committing with a wrong token", err, errs.Unauthenticated)
}
