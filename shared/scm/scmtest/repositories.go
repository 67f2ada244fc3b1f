package scmtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func repositoryParts() []part {
	return []part{
		{"the first commit makes the branch and all its files", firstCommitMakesAll},
		{"names with slashes and blanks are one name", awkwardNames},
		{"a later commit updates, creates and deletes", laterCommit},
		{"a commit is all or nothing", allOrNothing},
		{"an empty repository has no head, file or tree", emptyRepository},
		{"a file is read at a branch, a commit and nowhere else", fileAtRef},
		{"the tree lists more than a page", longTree},
		{"commits are listed newest first", commitsListed},
		{"a later commit that is too large is refused", tooLarge},
		{"a first commit may hold symbolic links and be large", largeFirstCommit},
		{"a first commit is refused alike however it is sent", firstCommitRefused},
		{"a commit without branch, message or change is invalid", incompleteCommit},
	}
}

func firstCommitMakesAll(t *testing.T, h Harness) {
	p, c := createWithFiles(t, h, "orders")
	if len(c.ID) != 40 || len(c.Parents) != 0 || c.Title != "First commit [skip ci]" || time.Since(c.Created) > time.Hour {
		t.Errorf("made %+v", c)
	}
	head, err := h.Client.Head(t.Context(), p.ID, "main")
	ok(t, "reading the head", err)
	if head.ID != c.ID || !strings.Contains(head.Message, "\nSlipway-Operation: op-1") {
		t.Errorf("the head is %+v", head)
	}
	tree, err := h.Client.Tree(t.Context(), p.ID, "", "main")
	ok(t, "listing the files", err)
	got := names(tree, func(e scm.TreeEntry) string { return fmt.Sprintf("%s:%v", e.Path, e.Executable) })
	wanted := "[.gitlab-ci.yml:false README.md:false data/ü 100%.bin:false empty:false scripts/run.sh:true]"
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for _, ch := range firstCommit().Changes {
		f, err := h.Client.File(t.Context(), p.ID, ch.Path, "main")
		ok(t, "reading "+ch.Path, err)
		if string(f.Content) != string(ch.Content) || f.Path != ch.Path || f.CommitID != c.ID {
			t.Errorf("%s reads %+v", ch.Path, f)
		}
	}
}

func awkwardNames(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	const branch, file = "release/1.0+x", "a b/c?d#e%2F.txt"
	_, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: branch, Message: "x [skip ci]", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: file, Content: []byte("x")},
	}})
	ok(t, "committing", err)
	_, err = h.Client.Head(t.Context(), p.ID, branch)
	ok(t, "reading the head", err)
	f, err := h.Client.File(t.Context(), p.ID, file, branch)
	ok(t, "reading the file", err)
	if f.Path != file {
		t.Errorf("the file is called %q", f.Path)
	}
	list, err := h.Client.Commits(t.Context(), p.ID, branch, 5)
	ok(t, "listing commits", err)
	if len(list) != 1 {
		t.Errorf("commits are %+v", list)
	}
	tree, err := h.Client.Tree(t.Context(), p.ID, "a b", branch)
	ok(t, "listing the folder", err)
	if len(tree) != 1 || tree[0].Path != file {
		t.Errorf("the folder has %+v", tree)
	}
}

func laterCommit(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	second, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "Second [skip ci]", Changes: []scm.Change{
		{Action: scm.UpdateFile, Path: "README.md", Content: []byte("new"), Executable: true},
		{Action: scm.CreateFile, Path: "src/main.go", Content: []byte("package main")},
		{Action: scm.DeleteFile, Path: "empty"},
	}})
	ok(t, "committing", err)
	if diff := cmp.Diff([]string{first.ID}, second.Parents); diff != "" {
		t.Errorf("parents: %s", diff)
	}
	tree, err := h.Client.Tree(t.Context(), p.ID, "", second.ID)
	ok(t, "listing", err)
	got := names(tree, func(e scm.TreeEntry) string { return fmt.Sprintf("%s:%v", e.Path, e.Executable) })
	if want := "[.gitlab-ci.yml:false README.md:true data/ü 100%.bin:false scripts/run.sh:true src/main.go:false]"; got != want {
		t.Errorf("files are %s", got)
	}
	folder, err := h.Client.Tree(t.Context(), p.ID, "src", "main")
	ok(t, "listing a folder", err)
	if len(folder) != 1 || folder[0].Path != "src/main.go" || len(folder[0].BlobID) != 40 {
		t.Errorf("the folder has %+v", folder)
	}
	_, err = h.Client.Tree(t.Context(), p.ID, "nowhere", "main")
	want(t, "listing an unknown folder", err, errs.NotFound)
}

func allOrNothing(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	fine := scm.Change{Action: scm.CreateFile, Path: "fine", Content: []byte("x")}
	for doing, ch := range map[string]scm.Change{
		"creating what exists":     {Action: scm.CreateFile, Path: "README.md", Content: []byte("x")},
		"updating what is missing": {Action: scm.UpdateFile, Path: "missing", Content: []byte("x")},
		"deleting what is missing": {Action: scm.DeleteFile, Path: "missing"},
	} {
		_, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: doing, Changes: []scm.Change{fine, ch}})
		want(t, doing, err, errs.Conflict)
	}
	for _, path := range []string{"../x", "/etc/x", "a/../../x", ".git/config"} {
		_, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "x", Changes: []scm.Change{
			{Action: scm.CreateFile, Path: path, Content: []byte("x")},
		}})
		want(t, "creating "+path, err, errs.Invalid)
	}
	head, err := h.Client.Head(t.Context(), p.ID, "main")
	ok(t, "reading the head", err)
	if head.ID != first.ID {
		t.Errorf("a refused commit moved the branch to %+v", head)
	}
	_, err = h.Client.File(t.Context(), p.ID, "fine", "main")
	want(t, "reading a file of a refused commit", err, errs.NotFound)
}

func emptyRepository(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	_, err := h.Client.Head(t.Context(), p.ID, "main")
	want(t, "reading the head", err, errs.NotFound)
	_, err = h.Client.File(t.Context(), p.ID, "README.md", "main")
	want(t, "reading a file", err, errs.NotFound)
	_, err = h.Client.Tree(t.Context(), p.ID, "", "main")
	want(t, "listing the files", err, errs.NotFound)
}

func fileAtRef(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	second, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "Second [skip ci]", Changes: []scm.Change{
		{Action: scm.UpdateFile, Path: "README.md", Content: []byte("new")},
	}})
	ok(t, "committing", err)
	for ref, content := range map[string]string{first.ID: "# Orders\n", second.ID: "new", "main": "new"} {
		f, err := h.Client.File(t.Context(), p.ID, "README.md", ref)
		ok(t, "reading at "+ref, err)
		if string(f.Content) != content {
			t.Errorf("at %s it reads %q", ref, f.Content)
		}
	}
	for path, ref := range map[string]string{"README.md": "nowhere", "missing": "main", "scripts": "main"} {
		_, err := h.Client.File(t.Context(), p.ID, path, ref)
		want(t, "reading "+path+" at "+ref, err, errs.NotFound)
	}
}

func longTree(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	n := scm.NewCommit{Branch: "main", Message: "Many [skip ci]"}
	for i := range 250 {
		n.Changes = append(n.Changes, scm.Change{Action: scm.CreateFile, Path: fmt.Sprintf("d%d/f%03d", i%3, i), Content: []byte{byte(i)}})
	}
	_, err := h.Client.Commit(t.Context(), p.ID, n)
	ok(t, "committing", err)
	tree, err := h.Client.Tree(t.Context(), p.ID, "", "main")
	ok(t, "listing", err)
	if len(tree) != 250 {
		t.Errorf("%d files are listed", len(tree))
	}
	for i := 1; i < len(tree); i++ {
		if tree[i-1].Path >= tree[i].Path {
			t.Fatalf("%s comes before %s", tree[i-1].Path, tree[i].Path)
		}
	}
}

func commitsListed(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	ids := []string{first.ID}
	for i := range 4 {
		c, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: fmt.Sprintf("Commit %d [skip ci]", i), Changes: []scm.Change{
			{Action: scm.CreateFile, Path: fmt.Sprint("f", i), Content: []byte("x")},
		}})
		ok(t, "committing", err)
		ids = append([]string{c.ID}, ids...)
	}
	id := func(c scm.Commit) string { return c.ID }
	for _, limit := range []int{1, 3, 50} {
		got, err := h.Client.Commits(t.Context(), p.ID, "main", limit)
		ok(t, "listing", err)
		if diff := cmp.Diff(fmt.Sprint(ids[:min(limit, len(ids))]), names(got, id)); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, diff)
		}
	}
	_, err := h.Client.Commits(t.Context(), p.ID, "nowhere", 5)
	want(t, "listing an unknown branch", err, errs.NotFound)
	all, err := h.Client.Commits(t.Context(), p.ID, "", 50)
	ok(t, "listing the commits of all branches and tags", err)
	if diff := cmp.Diff(fmt.Sprint(ids), names(all, id)); diff != "" {
		t.Errorf("of all branches and tags (-want +got):\n%s", diff)
	}
}

func tooLarge(t *testing.T, h Harness) {
	p, _ := createWithFiles(t, h, "orders")
	_, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "x", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: "big", Content: make([]byte, 16<<20)},
	}})
	want(t, "committing 16 MB", err, errs.TooLarge)
}

func incompleteCommit(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	for _, n := range []scm.NewCommit{
		{Message: "x", Changes: firstCommit().Changes},
		{Branch: "main", Changes: firstCommit().Changes},
		{Branch: "main", Message: "x"},
	} {
		_, err := h.Client.Commit(t.Context(), p.ID, n)
		want(t, "committing", err, errs.Invalid)
	}
}
