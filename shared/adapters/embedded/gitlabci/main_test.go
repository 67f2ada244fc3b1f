package gitlabci_test

import (
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// files is a commit: its files, and for rules:changes those that the push changed.
type files map[string]string

func (f files) ReadFile(path string) ([]byte, error) {
	if text, ok := f[path]; ok {
		return []byte(text), nil
	}
	return nil, fs.ErrNotExist
}

// listed is a commit whose files can be listed and whose changes are known.
type listed struct {
	files
	changed []string
}

func (l listed) ListFiles() ([]string, error) { return slices.Sorted(maps.Keys(l.files)), nil }

func (l listed) ChangedFiles() ([]string, bool, error) { return l.changed, l.changed != nil, nil }

// ci is a commit with nothing but the CI file.
func ci(text string) files { return files{gitlabci.DefaultConfigPath: text} }

// push is a push to the default branch.
func push() gitlabci.Trigger {
	return gitlabci.Trigger{
		Ref: "main", SHA: "0123456789abcdef0123456789abcdef01234567", Source: "push",
		Variables: map[string]string{
			"CI": "true", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push",
			"CI_COMMIT_REF_NAME": "main", "CI_COMMIT_TITLE": "First", "CI_COMMIT_SHORT_SHA": "01234567",
			"CI_SERVER_URL": "https://gitlab.example.com", "CI_PROJECT_PATH": "apps/orders",
		},
	}
}

func mustCompile(t *testing.T, src gitlabci.Source, trigger gitlabci.Trigger) gitlabci.Pipeline {
	t.Helper()
	p, err := gitlabci.Compile(src, trigger)
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	return p
}

func names(p gitlabci.Pipeline) []string {
	var out []string
	for _, j := range p.Jobs {
		out = append(out, j.Name)
	}
	return out
}

func job(t *testing.T, p gitlabci.Pipeline, name string) gitlabci.Job {
	t.Helper()
	for _, j := range p.Jobs {
		if j.Name == name {
			return j
		}
	}
	t.Fatalf("no job %q among %q", name, names(p))
	return gitlabci.Job{}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}
