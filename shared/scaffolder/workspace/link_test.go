package workspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestAddChecksSymbolicLinks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path, target string
		good         bool
	}{
		{"link", "file", true},
		{"a/link", "../file", true},
		{"a/b/link", "../../c/file", true},
		{"link", "./a/b", true},
		{"link", "..", false},
		{"link", "../x", false},
		{"a/link", "../../x", false},
		{"a/link", "x/../../..", false},
		{"a/link", "b/../c", false}, // b may itself be a link
		{"link", "/etc/passwd", false},
		{"link", `..\x`, false},
		{"link", "C:/x", false},
		{"link", ".git/config", false},
		{"link", "a\x00b", false},
		{"link", "file:///etc", false},
		{"link", strings.Repeat("x/", 600), false},
		{".git/link", "x", false},
		{".gitmodules", "x", false},
		{"a/.GitModules ", "x", false},
		{"GITMOD~1", "x", false},
	} {
		var f Files
		err := f.Add(File{Path: c.path, Link: c.target, Content: []byte("ignored"), Executable: true})
		if c.good != (err == nil) || !c.good && !errors.Is(err, errs.Invalid) {
			t.Errorf("%q -> %q: got %v", c.path, c.target, err)
		}
		if got, there := f.Get(c.path); there && (got.Content != nil || got.Executable) {
			t.Errorf("%q -> %q has a content: %+v", c.path, c.target, got)
		}
	}
	var f Files
	if err := f.Add(File{Path: "link", Link: "somewhere"}); err != nil {
		t.Fatal(err)
	}
	if err := f.Add(File{Path: "link/file"}); !errors.Is(err, errs.Conflict) {
		t.Errorf("a file below a link: got %v, want Conflict", err)
	}
}

func TestALinkLeadsThroughNoOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		links string // "path -> target", one after another
		good  bool
	}{
		{"current -> v1; latest -> current", true}, // to another, not through it
		{"current -> v1; tool -> v1/bin", true},
		{"current -> v1; tool -> current/bin", false},
		{"tool -> current/bin; current -> v1", false},
		{"tool -> CURRENT/bin; current -> v1", false},
		{"a/up -> ..; out -> a/up/x", false},
		{"out -> a/up/x; a/up -> ..", false},
		{"cafe\u0301 -> v1; tool -> caf\u00e9/bin", false},
		{"a/link -> ../b; c/link -> ../a/link/x", false},
		{"a -> v1; ab -> v2; tool -> abc/x", true},
	} {
		var f Files
		var err error
		for l := range strings.SplitSeq(c.links, "; ") {
			p, target, _ := strings.Cut(l, " -> ")
			if err = errors.Join(err, f.Add(File{Path: p, Link: target})); err != nil {
				break
			}
		}
		if c.good != (err == nil) || !c.good && (!errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "leads through")) {
			t.Errorf("%s: %v", c.links, err)
		}
	}
	var f Files
	for _, file := range []File{{Path: "a", Link: "b"}, {Path: "a", Content: []byte("x")}, {Path: "c", Link: "a/d"}} {
		if err := f.Add(file); err != nil {
			t.Errorf("a link that is replaced by a file is in nobody's way: %v", err)
		}
	}
	if err := f.Add(File{Path: "a", Link: "b"}); !errors.Is(err, errs.Invalid) {
		t.Errorf("a file that is replaced by a link: %v", err)
	}
}

// TestLinksOnARealFileSystem writes whatever is accepted to a disk: no path that goes
// through any links ends outside.
func TestLinksOnARealFileSystem(t *testing.T) {
	t.Parallel()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		root := filepath.Join(base, fmt.Sprint(n), "in")
		part := rapid.SampledFrom([]string{"a", "b", "c"})
		step := rapid.SampledFrom([]string{"a", "b", "c", "..", "..", "."})
		var f Files
		for range rapid.IntRange(1, 8).Draw(r, "links") {
			p := strings.Join(rapid.SliceOfN(part, 1, 3).Draw(r, "path"), "/")
			_ = f.Add(File{Path: p, Link: strings.Join(rapid.SliceOfN(step, 1, 4).Draw(r, "target"), "/")})
		}
		if err := os.MkdirAll(root, 0o700); err != nil {
			r.Fatal(err)
		}
		for _, file := range f.All() {
			at := filepath.Join(root, file.Path)
			if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.Symlink(file.Link, at)); err != nil {
				r.Fatal(err)
			}
		}
		for _, file := range f.All() {
			end, err := filepath.EvalSymlinks(filepath.Join(root, file.Path))
			if err == nil && end != root && !strings.HasPrefix(end, root+"/") {
				r.Fatalf("%v leads to %s", f.All(), end)
			}
		}
	})
}
