package gitstore_test

import (
	"errors"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/test/inmemory"
)

var somebody = gitstore.Author{Name: "S", Email: "s@example.com", When: time.Unix(1_700_000_000, 0).UTC()}

func open(t *testing.T) *gitstore.Repo {
	t.Helper()
	s, err := gitstore.New(inmemory.Dir(t))
	if err == nil {
		err = s.Create(1, "main")
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(1)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// model is a tree of files, as simple as it gets.
type model map[string]string

func (m model) folder(p string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(m)), func(f string) bool { return strings.HasPrefix(f, p+"/") })
}

func (m model) belowFile(p string) bool {
	for d := path.Dir(p); d != "."; d = path.Dir(d) {
		if _, ok := m[d]; ok {
			return true
		}
	}
	return false
}

// apply does what a commit's action should do, and reports whether it may.
func (m model) apply(c gitstore.Change) bool {
	_, exists := m[c.Path]
	switch c.Action {
	case gitstore.Create:
		if exists || m.folder(c.Path) || m.belowFile(c.Path) {
			return false
		}
		m[c.Path] = string(c.Content)
	case gitstore.Update:
		if !exists {
			return false
		}
		m[c.Path] = string(c.Content)
	case gitstore.Delete:
		if !exists {
			return false
		}
		delete(m, c.Path)
	case gitstore.Move:
		content, ok := m[c.PreviousPath]
		if !ok {
			return false
		}
		delete(m, c.PreviousPath)
		return m.apply(gitstore.Change{Action: gitstore.Create, Path: c.Path, Content: []byte(content)})
	case gitstore.Chmod:
		return exists
	}
	return true
}

func change(t *rapid.T) gitstore.Change {
	paths := rapid.SampledFrom([]string{"a", "b", "d", "d/a", "d/b", "d/e/a", "a/x"})
	return gitstore.Change{
		Action: rapid.SampledFrom([]gitstore.Action{gitstore.Create, gitstore.Create, gitstore.Update, gitstore.Delete, gitstore.Move, gitstore.Chmod}).Draw(t, "action"),
		Path:   paths.Draw(t, "path"), PreviousPath: paths.Draw(t, "from"), Content: []byte(rapid.StringN(0, 3, 9).Draw(t, "content")),
	}
}

// TestCommitsAgreeWithAModel: any sequence of commits leaves the files that a map of files
// would have, and one refused action leaves everything as it was.
func TestCommitsAgreeWithAModel(t *testing.T) {
	t.Parallel()
	dir := inmemory.Dir(t)
	store, err := gitstore.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		if err := store.Create(1, "main"); err != nil {
			t.Fatal(err)
		}
		repo, err := store.Open(1)
		if err != nil {
			t.Fatal(err)
		}
		files, head := model{}, gitstore.Zero
		for range rapid.IntRange(1, 4).Draw(t, "commits") {
			next, fits := maps.Clone(files), true
			c := gitstore.NewCommit{Message: "m", Author: somebody, Committer: somebody}
			if head != gitstore.Zero {
				c.Parents = []string{head}
			}
			for range rapid.IntRange(1, 4).Draw(t, "actions") {
				ch := change(t)
				c.Changes = append(c.Changes, ch)
				fits = fits && next.apply(ch)
			}
			id, err := repo.Write(c)
			var refused gitstore.Refusal
			if errors.As(err, &refused) == fits {
				t.Fatalf("the model says it fits: %v, the repository says %v", fits, err)
			}
			if !fits {
				continue
			}
			if err := repo.Move("refs/heads/main", head, id); err != nil {
				t.Fatal(err)
			}
			files, head = next, id
			if d := cmp.Diff(map[string]string(files), contents(t, repo, head)); d != "" {
				t.Fatal(d)
			}
		}
	})
}

func contents(t *rapid.T, repo *gitstore.Repo, commit string) map[string]string {
	list, err := repo.Tree(commit, "", true)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range list {
		if e.Type == "tree" {
			continue
		}
		f, err := repo.File(commit, e.Path)
		if err != nil {
			t.Fatal(err)
		}
		files[e.Path] = string(f.Content)
	}
	return files
}

func TestMoveComparesBeforeItSets(t *testing.T) {
	t.Parallel()
	r := open(t)
	write := func(path string) string {
		id, err := r.Write(gitstore.NewCommit{Message: path, Author: somebody, Committer: somebody, Changes: []gitstore.Change{{Action: gitstore.Create, Path: path}}})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	a, b := write("a"), write("b")
	steps := []struct {
		name, old, next string
		moved           bool
	}{
		{"refs/heads/main", a, b, true},
		{"refs/heads/main", gitstore.Zero, a, false},
		{"refs/heads/main", gitstore.Zero, b, true},
		{"refs/heads/main", a, b, false},
		{"refs/heads/main/sub", gitstore.Zero, a, true},
		{"refs/heads/main", b, gitstore.Zero, false},
		{"refs/heads/main/sub", gitstore.Zero, a, false},
		{"refs/heads/main", gitstore.Zero, a, false},
	}
	for i, s := range steps {
		if err := r.Move(s.name, s.old, s.next); errors.Is(err, gitstore.ErrMoved) != s.moved || (err != nil && !s.moved) {
			t.Errorf("step %d (%s from %.4s to %.4s) gave %v", i, s.name, s.old, s.next, err)
		}
		if i == 6 {
			if err := r.Move("refs/heads/main/sub", a, gitstore.Zero); err != nil {
				t.Error(err)
			}
		}
	}
	for _, bad := range []string{"HEAD", "refs/heads/../../config", "refs/heads/a.lock", "refs/keep/x"} {
		if err := r.Move(bad, gitstore.Zero, a); err == nil {
			t.Errorf("%s was set", bad)
		}
	}
}

func FuzzValidRefName(f *testing.F) {
	for _, s := range []string{"main", "a/b", "../x", "a..b", "a.lock/b", ".a", "@{", "a\x00b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !gitstore.ValidRefName(name) {
			return
		}
		if p := path.Join("refs/heads", name); p != "refs/heads/"+name || strings.ContainsAny(name, "\x00\n ~^:?*[\\") {
			t.Errorf("%q is valid and leads to %s", name, p)
		}
	})
}
