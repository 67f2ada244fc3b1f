package workspace

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// TestGlobsMatchWhatBackstageMatches holds patterns against what Backstage's own library
// gave for them: as those of copyWithoutTemplating, and as those of fs:delete.
func TestGlobsMatchWhatBackstageMatches(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("testdata/globs.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Files []string
		Cases []struct {
			Patterns          []string
			Verbatim, Deleted []string // Deleted when it is not the same
		}
	}
	if err := json.Unmarshal(document, &recorded); err != nil {
		t.Fatal(err)
	}
	for _, c := range recorded.Cases {
		g, err := compileGlobs(c.Patterns)
		if err != nil {
			t.Fatalf("%q: %v", c.Patterns, err)
		}
		kept := []string{}
		var files Files
		for _, p := range recorded.Files {
			if err := files.Add(File{Path: p}); err != nil && !errors.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			if g.match(p) {
				kept = append(kept, p)
			}
		}
		slices.Sort(kept)
		if diff := cmp.Diff(c.Verbatim, kept); diff != "" {
			t.Errorf("%q (-want +got)\n%s", c.Patterns, diff)
		}
		if c.Deleted == nil {
			c.Deleted = c.Verbatim
		}
		c.Deleted = slices.DeleteFunc(c.Deleted, func(p string) bool { _, there := files.Get(p); return !there })
		removed, err := files.Delete(c.Patterns)
		if err != nil {
			t.Fatalf("deleting %q: %v", c.Patterns, err)
		}
		slices.Sort(removed)
		if diff := cmp.Diff(c.Deleted, append([]string{}, removed...)); diff != "" {
			t.Errorf("deleting %q (-want +got)\n%s", c.Patterns, diff)
		}
	}
}

func TestGlobsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"a/!(b).txt", "[b-a]", "[z-a]*", "@(a", strings.Repeat("@(", 100) + ")"} {
		if _, err := compileGlobs([]string{p}); err != nil && !errors.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", p, err)
		}
	}
	if _, err := compileGlobs([]string{"a/!(b).txt"}); !errors.Is(err, errs.Invalid) {
		t.Errorf("what can't be matched: %v", err)
	}
	for _, p := range []string{"/a.txt", "../a", "..", `..\a`, "!(a).txt"} {
		f := skeleton(t, File{Path: "a"})
		if removed, err := f.Delete([]string{p}); !errors.Is(err, errs.Invalid) || removed != nil || f.Len() != 1 {
			t.Errorf("deleting %q: %v, %v", p, removed, err)
		}
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("**/*.{a,b}", "x/y.a")
	f.Add("[!a]", "b")
	f.Fuzz(func(t *testing.T, pattern, path string) {
		g, err := compileGlobs([]string{pattern})
		if err != nil {
			return
		}
		if !slices.ContainsFunc([]byte(pattern), func(c byte) bool { return bytes.IndexByte([]byte("*?[]{},!()"), c) >= 0 }) &&
			pattern == path && !strings.HasPrefix(pattern, "./") && !strings.Contains(path, "\n") && !g.match(path) {
			t.Errorf("%q does not match itself", pattern)
		}
	})
}
