package lint_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/template/lint"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

var update = flag.Bool("update", false, "write the golden files")

func linter(t testing.TB) *lint.Linter {
	t.Helper()
	engine, err := templating.New(templating.Config{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := lint.New(lint.Config{Engine: engine, Actions: actions.Specs()})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestFindings compares what is found in each file of testdata with the file beside it.
func TestFindings(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	l := linter(t)
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, f := range l.File(t.Context(), filepath.Base(name), content, os.DirFS("testdata")) {
			lines = append(lines, f.String()+"\n")
		}
		golden := strings.TrimSuffix(name, ".yaml") + ".txt"
		got := strings.Join(lines, "")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestALinterNeedsToKnowWhatThereIs(t *testing.T) {
	t.Parallel()
	if _, err := lint.New(lint.Config{}); err == nil {
		t.Error("made of nothing")
	}
}

// FuzzFile holds: no file makes the linter panic, and every finding is at a place.
func FuzzFile(f *testing.F) {
	for _, name := range []string{"mistakes", "good", "broken"} {
		content, err := os.ReadFile("testdata/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Add([]byte("kind: Template\nspec: &a {steps: [*a, {if: !!float x, each: {}, input: *a}], parameters: [*a]}"))
	l := linter(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, one := range l.File(t.Context(), "f", content, nil) {
			if one.Line < 1 || one.Column < 1 || one.Message == "" || (one.Severity != lint.Error && one.Severity != lint.Warning) {
				t.Fatalf("%+v", one)
			}
		}
	})
}
