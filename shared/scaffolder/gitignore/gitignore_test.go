package gitignore_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/gitignore"
)

// kept gives the files that are not ignored.
func kept(t interface{ Fatal(args ...any) }, files map[string]string) []string {
	var rules gitignore.Rules
	for name, content := range files {
		if filepath.Base(name) != gitignore.Name {
			continue
		}
		folder := strings.TrimSuffix(strings.TrimSuffix(name, gitignore.Name), "/")
		if err := rules.Add(folder, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	var list []string
	for name := range files {
		if !rules.Ignores(name) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

func TestRules(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		patterns string
		ignored  []string
		kept     []string
	}{
		"nothing":                  {"\n# a\n   \n\r\n/\n", nil, []string{"a", "# a", "x/a"}},
		"a name, anywhere":         {"a.log", []string{"a.log", "x/a.log", "x/y/a.log", "a.log/b"}, []string{"a.log2", "ba.log", "A.LOG"}},
		"a wildcard":               {"*.log\n?x\n[a-c]y\n[!a]z", []string{"b.log", "x/.log", "ax", "by", "bz"}, []string{"x", "dy", "az"}},
		"from here":                {"/a\nx/b", []string{"a", "a/c", "x/b"}, []string{"x/a", "y/x/b"}},
		"folders alone":            {"a/", []string{"a/b", "x/a/b"}, []string{"a", "x/a"}},
		"any depth":                {"**/a\nb/**\nc/**/d", []string{"a", "x/a", "b/x", "b/x/y", "c/d", "c/x/y/d"}, []string{"b", "x/b", "c", "cd"}},
		"all but":                  {"*\n!a\n!x/\n!x/b", []string{"c", "x/c"}, []string{"a", "x/b", "x/a"}},
		"nothing out of a folder":  {"x/\n!x/a", []string{"x/a"}, nil},
		"what is escaped":          {`\#a` + "\n" + `\!b` + "\n" + `c\ ` + "\n" + "d  \n" + `\*`, []string{"#a", "!b", "c ", "d", "*"}, []string{"c", "d  ", "x"}},
		"carriage returns":         {"\ufeffa\r\nb/\r\n", []string{"a", "b/c"}, []string{"b"}},
		"what is malformed":        {"[a\n[]\n\\", nil, []string{"a", "[a", "[]"}},
		"an escaped slash":         {`**\/a`, []string{"x/a"}, []string{"a", "x/y/a"}},
		"two stars as one":         {"**", []string{"a", "x/b"}, nil},
		"stars that are no folder": {"a**b/c", []string{"axxb/c", "ab/c"}, []string{"a/b/c", "ax/xb/c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rules gitignore.Rules
			if err := rules.Add("", []byte(tc.patterns)); err != nil {
				t.Fatal(err)
			}
			for _, file := range tc.ignored {
				if !rules.Ignores(file) {
					t.Errorf("%q is kept", file)
				}
			}
			for _, file := range tc.kept {
				if rules.Ignores(file) {
					t.Errorf("%q is ignored", file)
				}
			}
		})
	}
}

func TestInnerFilesComeFirst(t *testing.T) {
	t.Parallel()
	got := kept(t, map[string]string{
		".gitignore": "*.log\n/out/\n", "a.log": "", "x/.gitignore": "!keep.log\n/only\n", "x/keep.log": "", "x/b.log": "", "x/only": "", "x/y/only": "",
		"out/.gitignore": "!a\n", "out/a": "",
	})
	if want := []string{".gitignore", "x/.gitignore", "x/keep.log", "x/y/only"}; !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
}

func TestTooManyPatterns(t *testing.T) {
	t.Parallel()
	var rules gitignore.Rules
	err := rules.Add("", []byte(strings.Repeat("a\n", 3000)))
	if errs.KindOf(err) != errs.TooLarge {
		t.Errorf("%v", err)
	}
}

// TestAsGit holds the rules against git itself. Each folder of a repository is a case of its
// own, for git takes its time to start.
func TestAsGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	part := rapid.SampledFrom([]string{"a", "b", "ab", "c.log", ".x", "A"})
	file := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(part, 1, 4).Draw(t, "path"), "/") })
	piece := rapid.SampledFrom([]string{"a", "b", "*", "**", "/", "?", "!", "[ab]", "[!a]", ".log", ".x", "c", " ", "\\", "#", "**/", "/**"})
	// Stars behind a name are as one (gitignore's documentation), but git compares the name
	// first and then takes them for the beginning of a pattern.
	behindName := regexp.MustCompile(`[^/*]\*\*`)
	line := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 1, 4).Draw(t, "line"), "") }).
		Filter(func(text string) bool { return !behindName.MatchString(text) })
	lines := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(line, 0, 4).Draw(t, "lines"), "\n") })
	folder := rapid.Custom(func(t *rapid.T) map[string]string {
		files := map[string]string{".gitignore": lines.Draw(t, "patterns")}
		if rapid.Bool().Draw(t, "inner") {
			files["a/.gitignore"] = lines.Draw(t, "inner patterns")
		}
		for _, name := range rapid.SliceOfN(file, 1, 8).Draw(t, "files") {
			files[name] = ""
		}
		return files
	})
	const repositories, folders = 4, 100
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > repositories {
			return
		}
		dir, want := t.TempDir(), []string{}
		drawn := rapid.SliceOfN(folder, folders, folders).Draw(rt, "folders")
		for i, files := range drawn {
			name := strconv.Itoa(i)
			for _, file := range kept(rt, written(rt, filepath.Join(dir, name), files)) {
				want = append(want, name+"/"+file)
			}
		}
		slices.Sort(want)
		got := added(rt, dir)
		for i, files := range drawn {
			of := func(list []string) []string {
				return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return !strings.HasPrefix(name, strconv.Itoa(i)+"/") })
			}
			if diff := cmp.Diff(of(got), of(want)); diff != "" {
				rt.Errorf("%q: -git +ours:\n%s", files, diff)
			}
		}
	})
}

// written writes files, and gives those that could be.
func written(t *rapid.T, dir string, files map[string]string) map[string]string {
	there := map[string]string{}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if os.MkdirAll(filepath.Dir(full), 0o755) != nil || os.WriteFile(full, []byte(files[name]), 0o600) != nil {
			continue // a file where a folder is
		}
		there[name] = files[name]
	}
	if _, ok := there[".gitignore"]; !ok {
		t.Fatal("nothing was written")
	}
	return there
}

// added gives what git adds of a folder.
func added(t *rapid.T, dir string) []string {
	for _, args := range [][]string{{"init", "-q"}, {"-c", "core.excludesFile=/dev/null", "add", "-A"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v %s", args, err, out)
		}
	}
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(out) == 0 {
		list = nil
	}
	slices.Sort(list)
	return list
}

func FuzzRules(f *testing.F) {
	f.Add("*.log\n!a\n/x/**/y", "x/a/y")
	f.Fuzz(func(t *testing.T, patterns, file string) {
		var rules gitignore.Rules
		if rules.Add("", []byte(patterns)) != nil || strings.HasPrefix(file, "/") || strings.Contains("/"+file+"/", "/../") {
			return
		}
		once, twice := rules.Ignores(file), rules.Ignores(file)
		if once != twice {
			t.Error("it can't decide")
		}
	})
}
