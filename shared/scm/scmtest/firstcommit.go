package scmtest

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// largeFirstCommit makes the same commit with and without what goes beyond the commits API:
// nothing but that may tell the two apart.
func largeFirstCommit(t *testing.T, h Harness) {
	small := create(t, h, "small")
	plain, err := h.Client.Commit(t.Context(), small.ID, firstCommit())
	ok(t, "committing little", err)
	large := create(t, h, "large")
	n := firstCommit()
	big := bytes.Repeat([]byte{0, 1, 2, 0xff}, 4<<20)
	n.Changes = append(n.Changes,
		scm.Change{Action: scm.CreateFile, Path: "big.bin", Content: big},
		scm.Change{Action: scm.CreateFile, Path: "scripts/link", Link: "../README.md"})
	c, err := h.Client.Commit(t.Context(), large.ID, n)
	ok(t, "committing much", err)
	if c.Title != plain.Title || c.Message != plain.Message || c.Author != plain.Author || len(c.Parents) != 0 || c.Created.Sub(plain.Created).Abs().Minutes() > 1 {
		t.Errorf("made %+v, and of little %+v", c, plain)
	}
	head, err := h.Client.Head(t.Context(), large.ID, "main")
	ok(t, "reading the head", err)
	if head.ID != c.ID || head.Message != c.Message || head.Author != c.Author || !head.Created.Equal(c.Created) || head.Title != c.Title {
		t.Errorf("the head is %+v, was made as %+v", head, c)
	}
	shown := func(e scm.TreeEntry) string {
		return fmt.Sprintf("%s:%v:%v:%.7s", e.Path, e.Executable, e.Symlink, e.BlobID)
	}
	before, err := h.Client.Tree(t.Context(), small.ID, "", "main")
	ok(t, "listing the files of the small one", err)
	after, err := h.Client.Tree(t.Context(), large.ID, "", "main")
	ok(t, "listing the files of the large one", err)
	link := scm.TreeEntry{Path: "scripts/link", Symlink: true, BlobID: "32d46ee"} // git's name of "../README.md"
	wanted := append([]scm.TreeEntry{before[0], before[1], {Path: "big.bin", BlobID: after[2].BlobID}}, append(before[2:4:4], link, before[4])...)
	if diff := cmp.Diff(names(wanted, shown), names(after, shown)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	f, err := h.Client.File(t.Context(), large.ID, "big.bin", c.ID)
	ok(t, "reading the large file", err)
	if !bytes.Equal(f.Content, big) {
		t.Error("the large file is another")
	}
	_, err = h.Client.Commit(t.Context(), large.ID, scm.NewCommit{Branch: "main", Message: "x [skip ci]", Changes: []scm.Change{
		{Action: scm.UpdateFile, Path: "README.md", Content: []byte("new")},
	}})
	ok(t, "committing on top", err)
}

func firstCommitRefused(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	file := scm.Change{Action: scm.CreateFile, Path: "a/b", Content: []byte("x")}
	for name, more := range map[string][]scm.Change{
		"little": {{Action: scm.CreateFile, Path: "c", Content: []byte("x")}},
		"much":   {{Action: scm.CreateFile, Path: "c", Link: "a/b"}},
	} {
		for doing, c := range map[string]struct {
			change scm.Change
			kind   errs.Kind
		}{
			"a path twice":          {scm.Change{Action: scm.CreateFile, Path: "a/b", Content: []byte("y")}, errs.Conflict},
			"updating nothing":      {scm.Change{Action: scm.UpdateFile, Path: "d", Content: []byte("y")}, errs.Conflict},
			"a path that leads out": {scm.Change{Action: scm.CreateFile, Path: "../d", Content: []byte("y")}, errs.Invalid},
			"git's own directory":   {scm.Change{Action: scm.CreateFile, Path: ".GIT/config", Content: []byte("y")}, errs.Invalid},
		} {
			if name == "much" && c.change.Action != scm.CreateFile {
				c.kind = errs.Invalid // the link is at fault first
			}
			_, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{
				Branch: "main", Message: "x", Changes: append([]scm.Change{file, c.change}, more...),
			})
			want(t, name+", "+doing, err, c.kind)
		}
	}
	for _, branch := range []string{"a..b", "a b", "x.lock", "/x", "a\nb"} {
		_, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: branch, Message: "x", Changes: []scm.Change{{Action: scm.CreateFile, Path: "c", Link: "b"}}})
		want(t, "to the branch "+branch, err, errs.Invalid)
	}
	_, err := h.Client.Head(t.Context(), p.ID, "main")
	want(t, "reading the head of what was refused", err, errs.NotFound)
}
