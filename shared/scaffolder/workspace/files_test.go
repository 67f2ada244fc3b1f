package workspace

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestAddRefusesUnsafePaths(t *testing.T) {
	t.Parallel()
	for _, p := range []string{
		"", "/etc/passwd", "../x", "a/../../x", "a/..", "..", ".", "./a", "a/./b", "a//b", "a/", "//a", `a\b`, `..\x`, `C:\x`, "C:/x", "c:x",
		"a\x00b", "a\nb", "a\x1b[31m", "a\x7f", "\xff\xfe", "\u0085x",
		".git/config", "a/.git/hooks/post-commit", ".GIT/config", ".Git", ".git./x", ".git /x", ".git", "GIT~1/config", "git~1", ".git::$INDEX_ALLOCATION/x",
		".g\u200cit/config", "\ufeff.git/config", ".gi\u200dt",
		strings.Repeat("x", 256), "a/" + strings.Repeat("é", 128), strings.Repeat("abcdefgh/", 120) + "x",
	} {
		var f Files
		if err := f.Add(File{Path: p}); !errors.Is(err, errs.Invalid) {
			t.Errorf("%q: got %v, want Invalid", p, err)
		}
		if f.Len() != 0 {
			t.Errorf("%q was added", p)
		}
	}
}

func TestAddAcceptsOrdinaryPaths(t *testing.T) {
	t.Parallel()
	var f Files
	for _, p := range []string{
		"README.md", ".gitlab-ci.yml", ".gitignore", ".github/workflows/ci.yml", "a/b/c.txt", "a b/c d", "日本/é.txt", "x..y", "...", "git", ".gitx/y",
		"${{ values.name }}.go", "{% if values.db %}db.sql{% endif %}", strings.Repeat("x", 255),
	} {
		if err := f.Add(File{Path: p, Content: []byte(p)}); err != nil {
			t.Errorf("%q: %v", p, err)
		}
		if got, there := f.Get(p); !there || string(got.Content) != p {
			t.Errorf("%q is not there", p)
		}
	}
}

func TestAddRefusesCollisions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first, second string
		kind          errs.Kind
	}{
		{"README.md", "readme.MD", errs.Invalid},
		{"caf\u00e9.txt", "cafe\u0301.txt", errs.Invalid},
		{"straße", "STRASSE", errs.Invalid},
		{"Docs/a", "docs/b", errs.Invalid},
		{"a/B/c", "a/b/d", errs.Invalid},
		{"a", "a/b", errs.Conflict},
		{"a/b", "a", errs.Conflict},
		{"a/b/c", "A", errs.Conflict},
		{"A", "a/b", errs.Conflict},
	} {
		var f Files
		if err := f.Add(File{Path: c.first}); err != nil {
			t.Fatal(err)
		}
		if err := f.Add(File{Path: c.second}); !errors.Is(err, c.kind) {
			t.Errorf("%q then %q: got %v, want %v", c.first, c.second, err, c.kind)
		}
		if f.Len() != 1 {
			t.Errorf("%q then %q: %d files", c.first, c.second, f.Len())
		}
		if err := f.Add(File{Path: "other/file"}); err != nil {
			t.Errorf("after a refusal: %v", err)
		}
	}
}

func TestAddKeepsTheLimits(t *testing.T) {
	t.Parallel()
	var f Files
	if err := f.Add(File{Path: "big", Content: make([]byte, MaxFileBytes+1)}); !errors.Is(err, errs.TooLarge) {
		t.Errorf("one file: got %v, want TooLarge", err)
	}
	block := make([]byte, MaxFileBytes)
	for i := range MaxBytes / MaxFileBytes {
		if err := f.Add(File{Path: fmt.Sprint(i), Content: block}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Add(File{Path: "more", Content: block}); !errors.Is(err, errs.TooLarge) {
		t.Errorf("all together: got %v, want TooLarge", err)
	}
	if err := f.Add(File{Path: "0", Content: block}); err != nil {
		t.Errorf("replacing a file by one of the same size: %v", err)
	}
	if want := MaxBytes / MaxFileBytes * MaxFileBytes; f.Bytes() != want {
		t.Errorf("got %d bytes, want %d", f.Bytes(), want)
	}
	var many Files
	for i := range MaxFiles {
		if err := many.Add(File{Path: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := many.Add(File{Path: "one-more"}); !errors.Is(err, errs.TooLarge) {
		t.Errorf("many files: got %v, want TooLarge", err)
	}
}

func TestUnder(t *testing.T) {
	t.Parallel()
	f, err := Collect([]File{{Path: "a/x"}, {Path: "a/b/y"}, {Path: "ab/z"}, {Path: "c"}})
	if err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{"a": "x b/y", "./a/": "x b/y", "a/b": "y", ".": "a/x a/b/y ab/z c", "none": ""} {
		sub, err := f.Under(dir)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, file := range sub.All() {
			got = append(got, file.Path)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v, want %s", dir, got, want)
		}
	}
	if _, err := f.Under("../a"); !errors.Is(err, errs.Invalid) {
		t.Errorf("got %v, want Invalid", err)
	}
}

// FuzzAdd holds: what is accepted stays inside, in a sense that needs no file system.
func FuzzAdd(f *testing.F) {
	for _, seed := range []string{"a/b", "../a", "a/../b", ".git/x", `a\b`, "caf\u00e9", "a//b", "C:/x"} {
		f.Add(seed, "a/c")
		f.Add("a/link", seed)
	}
	f.Fuzz(func(t *testing.T, p, target string) {
		var files Files
		if files.Add(File{Path: p}) == nil && (path.Clean("/root/"+p) != "/root/"+p || strings.EqualFold(strings.Split(p, "/")[0], ".git")) {
			t.Errorf("%q was accepted", p)
		}
		var links Files
		if target != "" && links.Add(File{Path: p, Link: target}) == nil {
			if end := path.Join("/root", path.Dir(p), target); end != "/root" && !strings.HasPrefix(end, "/root/") {
				t.Errorf("%q -> %q was accepted", p, target)
			}
		}
	})
}
