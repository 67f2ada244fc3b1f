package workspace

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// TestChangesKeepWhatTheyDoNotConcern makes any changes: contents never change, refused
// changes change nothing, and what is listed is what is there.
func TestChangesKeepWhatTheyDoNotConcern(t *testing.T) {
	t.Parallel()
	name := rapid.SampledFrom([]string{"a", "b", "A", "a/b", "a/c", "b/a", "a/b/c", "c", "a/b/d", "../a", ".git/a", "."})
	rapid.Check(t, func(r *rapid.T) {
		var f Files
		for i := range rapid.IntRange(0, 6).Draw(r, "files") {
			_ = f.Add(File{Path: name.Draw(r, "path"), Content: []byte{byte(i)}})
		}
		for range rapid.IntRange(1, 5).Draw(r, "changes") {
			before := fmt.Sprint(f.All())
			n := f.Len()
			var err error
			if rapid.Bool().Draw(r, "rename") {
				from, to, overwrite := name.Draw(r, "from"), name.Draw(r, "to"), rapid.Bool().Draw(r, "overwrite")
				if err = f.Rename(from, to, overwrite); err == nil && !overwrite && f.Len() != n {
					r.Fatalf("renaming %s to %s made %d files of %d", from, to, f.Len(), n)
				}
			} else {
				var removed []string
				removed, err = f.Delete([]string{name.Draw(r, "pattern")})
				if f.Len() != n-len(removed) {
					r.Fatalf("%d of %d are left without %v", f.Len(), n, removed)
				}
			}
			if err != nil && fmt.Sprint(f.All()) != before {
				r.Fatalf("refused (%v) and changed: %s, %v", err, before, f.All())
			}
		}
		checkListing(r, &f)
	})
}

func checkListing(r *rapid.T, f *Files) {
	all, err := f.List("", true)
	if err != nil {
		r.Fatal(err)
	}
	var listed, there []string
	for _, e := range all {
		if !e.Directory {
			listed = append(listed, e.Path)
		} else if in, err := f.Under(e.Path); err != nil || in.Len() == 0 {
			r.Fatalf("directory %s holds nothing: %v", e.Path, err)
		}
	}
	for _, file := range f.All() {
		there = append(there, file.Path)
	}
	slices.Sort(listed)
	slices.Sort(there)
	if !slices.Equal(listed, there) {
		r.Fatalf("listed %v, there are %v", listed, there)
	}
}

func TestALinkCanNotBeMovedOutOfReach(t *testing.T) {
	t.Parallel()
	f, err := Collect([]File{{Path: "a/link", Link: "../b"}, {Path: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Rename("a/link", "link", false); !errors.Is(err, errs.Invalid) {
		t.Errorf("got %v", err)
	}
	if _, there := f.Get("a/link"); !there {
		t.Error("it is gone")
	}
}

func TestAFileReplacesNoDirectory(t *testing.T) {
	t.Parallel()
	for _, overwrite := range []bool{false, true} {
		f := skeleton(t, File{Path: "a"}, File{Path: "dir/b"})
		if err := f.Rename("a", "dir", overwrite); !errors.Is(err, errs.Conflict) || f.Len() != 2 {
			t.Errorf("overwrite %v: %v, %d files", overwrite, err, f.Len())
		}
	}
	f := skeleton(t, File{Path: "a/b"}, File{Path: "dir/c"})
	if err := f.Rename("./a/", "x/../dir", true); err != nil || !f.Exists("dir/b") || f.Exists("dir/c") || f.Exists("a") {
		t.Errorf("a directory in place of another: %v, %v", err, f.All())
	}
}

func TestDeletedNamesAreFree(t *testing.T) {
	t.Parallel()
	f, err := Collect([]File{{Path: "Docs/a"}, {Path: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if removed, err := f.Delete([]string{"!x"}); err != nil || removed != nil {
		t.Errorf("a name that begins with an exclamation mark: %v, %v", removed, err)
	}
	if _, err := f.Delete([]string{"Docs"}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"docs/a", "DOCS"} {
		if err := f.Add(File{Path: p}); (err == nil) != (p == "docs/a") {
			t.Errorf("%s: %v", p, err)
		}
	}
}

func TestOnceIsKeptWithTheFiles(t *testing.T) {
	t.Parallel()
	blobs, err := dirblob.Open(dirblob.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	store, err := New(Config{Blobs: blobs})
	if err != nil {
		t.Fatal(err)
	}
	var f Files
	if !f.Once("a") || f.Once("a") {
		t.Error("a is not made once")
	}
	if err := f.AddUnder("dir", &Files{}); err != nil {
		t.Fatal(err)
	}
	if err := store.Save(t.Context(), "w", &f); err != nil {
		t.Fatal(err)
	}
	again, err := store.Load(t.Context(), "w")
	if err != nil || again.Once("a") || !again.Once("b") {
		t.Errorf("after loading: %v", err)
	}
	if err := again.AddUnder("../x", &Files{}); err == nil || !strings.Contains(err.Error(), "..") {
		t.Errorf("got %v", err)
	}
}
