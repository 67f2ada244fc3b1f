package workspace

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

func newEngine(t testing.TB, s templating.Syntax) *templating.Engine {
	t.Helper()
	e, err := templating.New(templating.Config{Syntax: s})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func skeleton(t testing.TB, files ...File) *Files {
	t.Helper()
	f, err := Collect(files)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// recording is a dry run of Backstage: what went in, and the files that came out.
type recording struct {
	Fetches []struct {
		URL                   string
		TargetPath            string
		CopyWithoutTemplating []string
		TemplateFileExtension bool
		CookiecutterCompat    bool
		TrimBlocks            bool
		LstripBlocks          bool
	}
	Values json.RawMessage // of the steps, rendered, in the order that Backstage has them
	Source []recordedFile
	Want   []recordedFile
}

type recordedFile struct{ Path, Content string }

func decodeFiles(t testing.TB, list []recordedFile) []File {
	t.Helper()
	var files []File
	for _, f := range list {
		content, err := base64.StdEncoding.DecodeString(f.Content)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{Path: f.Path, Content: content})
	}
	return files
}

func TestFetchTemplateGivesWhatBackstageGives(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("testdata/dryrun.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(document, &r); err != nil {
		t.Fatal(err)
	}
	values, err := templating.ParseJSON(r.Values)
	if err != nil {
		t.Fatal(err)
	}
	source := skeleton(t, decodeFiles(t, r.Source)...)
	var files Files
	for _, fetch := range r.Fetches {
		o := FetchOptions{TargetPath: fetch.TargetPath, CopyWithoutTemplating: fetch.CopyWithoutTemplating}
		if fetch.TemplateFileExtension {
			o.TemplateFileExtension = ".njk"
		}
		from, err := source.Under(fetch.URL)
		if err != nil {
			t.Fatal(err)
		}
		scope := map[string]any{"values": values}
		if fetch.CookiecutterCompat {
			scope = map[string]any{"cookiecutter": values}
		}
		e := newEngine(t, templating.Syntax{TrimBlocks: fetch.TrimBlocks, LstripBlocks: fetch.LstripBlocks, Cookiecutter: fetch.CookiecutterCompat})
		if err := FetchTemplate(t.Context(), e, &files, from, scope, o); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(texts(decodeFiles(t, r.Want)), texts(files.All())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func texts(files []File) map[string]string {
	m := map[string]string{}
	for _, f := range files {
		m[f.Path] = string(f.Content)
	}
	return m
}

func TestFetchTemplateKeepsWhatIsNoText(t *testing.T) {
	t.Parallel()
	binary := []byte("\x89PNG\x00${{ values.name }}")
	latin := []byte("caf\xe9 ${{ values.name }}")
	from := skeleton(t,
		File{Path: "logo.png", Content: binary}, File{Path: "latin.txt", Content: latin},
		File{Path: "run-${{ values.name }}.sh", Content: []byte("echo ${{ values.name }}"), Executable: true},
		File{Path: "current", Link: "run-x.sh"},
	)
	var files Files
	if err := FetchTemplate(t.Context(), newEngine(t, templating.Syntax{}), &files, from, scopeOf("name", "x"), FetchOptions{}); err != nil {
		t.Fatal(err)
	}
	want := []File{
		{Path: "logo.png", Content: binary}, {Path: "latin.txt", Content: latin},
		{Path: "run-x.sh", Content: []byte("echo x"), Executable: true}, {Path: "current", Link: "run-x.sh"},
	}
	if diff := cmp.Diff(want, files.All()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func scopeOf(name string, v any) map[string]any {
	return map[string]any{"values": map[string]any{name: v}}
}

func TestFetchTemplateReplacesOnlyWhenTold(t *testing.T) {
	t.Parallel()
	for _, replace := range []bool{false, true} {
		files := skeleton(t, File{Path: "out/a", Content: []byte("old")})
		err := FetchTemplate(t.Context(), newEngine(t, templating.Syntax{}), files, skeleton(t, File{Path: "a", Content: []byte("new")}), nil,
			FetchOptions{TargetPath: "./out", Replace: replace})
		if err != nil {
			t.Fatal(err)
		}
		want := map[bool]string{false: "old", true: "new"}[replace]
		if got, _ := files.Get("out/a"); string(got.Content) != want {
			t.Errorf("replace %v: got %q, want %q", replace, got.Content, want)
		}
	}
}

// TestFetchTemplatePutsFilesWhereBackstageDoes has names that are rendered to other forms
// of a path, to the same one, and to that of a directory; all as recorded.
func TestFetchTemplatePutsFilesWhereBackstageDoes(t *testing.T) {
	t.Parallel()
	from := []File{
		{Path: "${{ values.dot }}/x.txt", Content: []byte("in place")}, {Path: "${{ '.' }}", Content: []byte("the directory itself")},
		{Path: "${{ values.up }}", Content: []byte("aside")}, {Path: "${{ 'same' }}.txt", Content: []byte("first")},
		{Path: "same.txt", Content: []byte("second")}, {Path: "taken", Content: []byte("no directory")},
	}
	for replace, same := range map[bool]string{false: "first", true: "second"} {
		files := skeleton(t, File{Path: "out/taken/y", Content: []byte("old")})
		list := from
		if replace {
			list = from[:5]
		}
		scope := map[string]any{"values": map[string]any{"dot": ".", "up": "a/../b"}}
		o := FetchOptions{TargetPath: "nowhere/../out/", Replace: replace}
		if err := FetchTemplate(t.Context(), newEngine(t, templating.Syntax{}), files, skeleton(t, list...), scope, o); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"out/taken/y": "old", "out/x.txt": "in place", "out/b": "aside", "out/same.txt": same}
		if diff := cmp.Diff(want, texts(files.All())); diff != "" {
			t.Errorf("replace %v (-want +got)\n%s", replace, diff)
		}
	}
}

// Values come from users: they must not decide where a file goes.
func TestFetchTemplateRefusesHostilePaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../../x", "a/../../x", "..", ".git/hooks/post-commit", `a\..\x`, "a\x00", "C:x", "README.MD", "a/../../../x"} {
		files := skeleton(t, File{Path: "README.md", Content: []byte("keep")})
		from := skeleton(t, File{Path: "a-good-one"}, File{Path: "${{ values.name }}", Content: []byte("evil")})
		err := FetchTemplate(t.Context(), newEngine(t, templating.Syntax{}), files, from, scopeOf("name", name), FetchOptions{})
		if !errors.Is(err, errs.Invalid) {
			t.Errorf("%q: got %v, want Invalid", name, err)
		}
		if files.Len() != 1 {
			t.Errorf("%q: the workspace was changed", name)
		}
	}
	for _, name := range []string{"", "/etc/passwd", "a//b"} {
		var files Files
		from := skeleton(t, File{Path: "${{ values.name }}"})
		err := FetchTemplate(t.Context(), newEngine(t, templating.Syntax{}), &files, from, scopeOf("name", name), FetchOptions{})
		if err != nil || files.Len() != 0 {
			t.Errorf("%q: got %v and %d files, want it left out", name, err, files.Len())
		}
	}
}

func TestFetchTemplateRefusesBadRequests(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, templating.Syntax{})
	two := skeleton(t, File{Path: "a"}, File{Path: "${{ 'a' }}"})
	bomb := []byte("{% for i in range(1000) %}" + strings.Repeat("x", 10_000) + "{% endfor %}")
	var many []File
	for i := range 8 {
		many = append(many, File{Path: strings.Repeat("x", i+1), Content: bomb})
	}
	for name, c := range map[string]struct {
		from *Files
		o    FetchOptions
		kind errs.Kind
	}{
		"a target outside":            {two, FetchOptions{TargetPath: "../x"}, errs.Invalid},
		"an absolute target":          {two, FetchOptions{TargetPath: "/x"}, errs.Invalid},
		"a target in .git":            {two, FetchOptions{TargetPath: ".git"}, errs.Invalid},
		"options that exclude others": {two, FetchOptions{TemplateFileExtension: ".njk", CopyWithoutTemplating: []string{"x"}}, errs.Invalid},
		"a broken glob":               {two, FetchOptions{CopyWithoutTemplating: []string{"[b-a]"}}, errs.Invalid},
		"a long glob":                 {two, FetchOptions{CopyWithoutTemplating: []string{strings.Repeat("*", 1000)}}, errs.TooLarge},
		"many globs":                  {two, FetchOptions{CopyWithoutTemplating: make([]string, 1000)}, errs.TooLarge},
		"a broken template":           {skeleton(t, File{Path: "a", Content: []byte("${{ x | nosuch }}")}), FetchOptions{}, errs.Invalid},
		"a broken name":               {skeleton(t, File{Path: "${{ x | nosuch }}"}), FetchOptions{}, errs.Invalid},
		"too much text":               {skeleton(t, many...), FetchOptions{}, errs.TooLarge},
	} {
		var files Files
		if err := FetchTemplate(t.Context(), engine, &files, c.from, nil, c.o); !errors.Is(err, c.kind) {
			t.Errorf("%s: got %v, want %v", name, err, c.kind)
		}
		if files.Len() != 0 {
			t.Errorf("%s: the workspace was changed", name)
		}
	}
}
