package gitpush_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/adapters/gitlab/gitpush"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// drawFiles draws files of any names that git takes, some of them directories' neighbours
// in the order of trees.
func drawFiles(r *rapid.T) []gitpush.File {
	name := rapid.SampledFrom([]string{"a", "a.b", "a-b", "a0", "b", "ü", "a b", "日本", "\"q\"", ".gitignore", "-x", "A"})
	taken := map[string]bool{}
	var files []gitpush.File
	for range rapid.IntRange(1, 12).Draw(r, "files") {
		parts := rapid.SliceOfN(name, 1, 4).Draw(r, "path")
		path, free := strings.Join(parts, "/"), true
		for other := range taken {
			free = free && other != path && !strings.HasPrefix(other, path+"/") && !strings.HasPrefix(path, other+"/")
		}
		if !free {
			continue
		}
		taken[path] = true
		f := gitpush.File{Path: path, Executable: rapid.Bool().Draw(r, "executable")}
		if rapid.IntRange(0, 4).Draw(r, "link") == 0 {
			f.Link = rapid.StringMatching(`[a-z./]{1,30}`).Draw(r, "target")
		} else {
			size := rapid.SampledFrom([]int{0, 1, 15, 16, 17, 2047, 2048, 40000}).Draw(r, "size")
			f.Content = bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(r, "content"), size)[:size]
		}
		files = append(files, f)
	}
	return files
}

// listed is what "git ls-tree -r" shows of files, with their contents in place of their ids.
func listed(files []gitpush.File) []string {
	var out []string
	for _, f := range files {
		mode, content := "100644", string(f.Content)
		switch {
		case f.Link != "":
			mode, content = "120000", f.Link
		case f.Executable:
			mode = "100755"
		}
		out = append(out, fmt.Sprintf("%s %s %q", mode, f.Path, content))
	}
	slices.Sort(out)
	return out
}

// TestGitReadsThePack gives packs of any files to git, which checks every object.
func TestGitReadsThePack(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	rapid.Check(t, func(r *rapid.T) {
		files := drawFiles(r)
		p, err := gitpush.NewPack(commitOf(files...))
		if err != nil {
			r.Fatal(err)
		}
		var pack bytes.Buffer
		n, err := p.WriteTo(&pack)
		if err != nil || n != int64(pack.Len()) {
			r.Fatalf("wrote %d of %d bytes, %v", n, pack.Len(), err)
		}
		run(r, pack.Bytes(), "git", "-C", b.dir, "index-pack", "--strict", "--fsck-objects", "--stdin")
		var got []string
		var ids strings.Builder
		for entry := range strings.SplitSeq(strings.TrimSuffix(run(r, nil, "git", "-C", b.dir, "ls-tree", "-r", "-z", p.ID()), "\x00"), "\x00") {
			head, path, _ := strings.Cut(entry, "\t")
			part := strings.Fields(head)
			got = append(got, part[0]+" "+path)
			fmt.Fprintln(&ids, part[2])
		}
		contents := run(r, []byte(ids.String()), "git", "-C", b.dir, "cat-file", "--batch")
		for i := range got {
			header, rest, _ := strings.Cut(contents, "\n")
			var size int
			if _, err := fmt.Sscanf(header, "%s blob %d", new(string), &size); err != nil {
				r.Fatalf("%q: %v", header, err)
			}
			got[i] = fmt.Sprintf("%s %q", got[i], rest[:size])
			contents = rest[size+1:]
		}
		slices.Sort(got)
		if diff := cmp.Diff(listed(files), got); diff != "" {
			r.Fatalf("(-want +got)\n%s", diff)
		}
	})
}

func TestTheCommitIsWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	p := packOf(t, text("a/x", "1"), text("b/x", "1"), text("c", "1"))
	var pack bytes.Buffer
	if _, err := p.WriteTo(&pack); err != nil {
		t.Fatal(err)
	}
	b.git(t, pack.Bytes(), "index-pack", "--strict", "--stdin")
	got := b.git(t, nil, "log", "--format=%an|%ae|%at|%cn|%ce|%ct|%P|%B", p.ID())
	if want := "Ann b|ann@example.com|1700000000|Ann b|ann@example.com|1700000000||Add all [skip ci]\n\nSlipway-Operation: op-1\n"; strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got %q", got)
	}
	// One content and one directory that are there twice or thrice are sent once.
	if n := bytes.Count([]byte(b.git(t, nil, "cat-file", "--batch-all-objects", "--batch-check")), []byte("\n")); n != 4 {
		t.Errorf("%d objects, want a commit, two trees and a blob", n)
	}
	if pack.Bytes()[11] != 4 {
		t.Errorf("the pack says that it has %d objects", pack.Bytes()[11])
	}
}

func TestNewPackRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files []gitpush.File
		kind  errs.Kind
	}{
		"nothing":                {nil, errs.Invalid},
		"an absolute path":       {[]gitpush.File{text("/a", "")}, errs.Invalid},
		"a path to above":        {[]gitpush.File{text("a/../../b", "")}, errs.Invalid},
		"git's own":              {[]gitpush.File{text("a/.Git/hooks/x", "")}, errs.Invalid},
		"an empty path":          {[]gitpush.File{text("", "")}, errs.Invalid},
		"an empty part":          {[]gitpush.File{text("a//b", "")}, errs.Invalid},
		"a NUL":                  {[]gitpush.File{text("a\x00b", "")}, errs.Invalid},
		"a backslash":            {[]gitpush.File{text(`a\b`, "")}, errs.Invalid},
		"a path twice":           {[]gitpush.File{text("a", "1"), text("a", "1")}, errs.Conflict},
		"a file as a directory":  {[]gitpush.File{text("a", "1"), text("a/b", "1")}, errs.Conflict},
		"a directory as a file":  {[]gitpush.File{text("a/b", "1"), text("a", "1")}, errs.Conflict},
		"a link as a directory":  {[]gitpush.File{{Path: "a", Link: "b"}, text("a/c", "1")}, errs.Conflict},
		"a directory as a link":  {[]gitpush.File{text("a/c", "1"), {Path: "a", Link: "b"}}, errs.Conflict},
		"a dot in place of name": {[]gitpush.File{text("./a", "1")}, errs.Invalid},
	} {
		if _, err := gitpush.NewPack(commitOf(c.files...)); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
	for name, change := range map[string]func(*gitpush.Commit){
		"no message":           func(c *gitpush.Commit) { c.Message = "" },
		"a NUL in a message":   func(c *gitpush.Commit) { c.Message = "a\x00b" },
		"no author":            func(c *gitpush.Commit) { c.Author.Name = "" },
		"an author of nothing": func(c *gitpush.Commit) { c.Author.Name = " <>\n" },
	} {
		c := commitOf(text("a", ""))
		change(&c)
		if _, err := gitpush.NewPack(c); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// failing takes some bytes and no more.
type failing struct{ left int }

var errFull = errors.New("full")

func (f *failing) Write(p []byte) (int, error) {
	n := min(len(p), f.left)
	f.left -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestWritingEndsWithItsWriter(t *testing.T) {
	t.Parallel()
	files := []gitpush.File{text("a", strings.Repeat("a", 100))}
	for i := range 300 {
		files = append(files, text(fmt.Sprintf("d/%d", i), strings.Repeat(fmt.Sprint(i), 500)))
	}
	p := packOf(t, files...)
	whole, err := p.WriteTo(&bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 11, 12, 100, int(whole) - 21, int(whole) - 20, int(whole) - 1} {
		if written, err := p.WriteTo(&failing{n}); !errors.Is(err, errFull) || written > int64(n) {
			t.Errorf("with room for %d of %d: wrote %d, %v", n, whole, written, err)
		}
	}
}
