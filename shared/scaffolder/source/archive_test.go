package source_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

// many commits a skeleton of many files, and gives what it holds and where it is.
func many(t *testing.T, g *gitlabtest.GitLab) ([]workspace.File, actions.Source) {
	t.Helper()
	p, err := g.Client.CreateProject(t.Context(), scm.NewProject{Namespace: "platform", Slug: "many", DefaultBranch: "main", Visibility: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	n := scm.NewCommit{Branch: "main", Message: "Skeleton", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: "api/template.yaml", Content: []byte("x")},
		{Action: scm.CreateFile, Path: "other/f00.txt", Content: []byte("not in the skeleton")},
	}}
	var want []workspace.File
	for i := range 30 {
		f := workspace.File{Path: fmt.Sprintf("d%d/f%02d.txt", i%4, i), Content: fmt.Appendf(nil, "${{ %d }}\x00\xff", i%50), Executable: i%7 == 0}
		want = append(want, f)
	}
	want = append(want, workspace.File{Path: "d0/link", Link: "../d1/f01.txt"}, workspace.File{Path: "ü $%", Content: []byte("x")})
	for _, f := range want {
		n.Changes = append(n.Changes, scm.Change{Action: scm.CreateFile, Path: "api/skeleton/" + f.Path, Content: f.Content, Executable: f.Executable, Link: f.Link})
	}
	c, err := g.Client.Commit(t.Context(), p.ID, n)
	if err != nil {
		t.Fatal(err)
	}
	return want, actions.Source{Project: p.ID, Path: p.Path, Commit: c.ID, Directory: "api"}
}

// requests counts what is asked of a GitLab by the end of the path.
func requests(g *gitlabtest.GitLab, fault faults.Decide) (archives, files *atomic.Int32) {
	archives, files = &atomic.Int32{}, &atomic.Int32{}
	g.Faults.Set(func(r *http.Request) faults.Fault {
		switch {
		case strings.HasSuffix(r.URL.Path, "/archive.tar.gz"):
			archives.Add(1)
		case strings.Contains(r.URL.Path, "/repository/files/"):
			files.Add(1)
		}
		return fault(r)
	})
	return archives, files
}

func none(*http.Request) faults.Fault { return faults.None() }

func byPath(files []workspace.File) map[string]workspace.File {
	out := map[string]workspace.File{}
	for _, f := range files {
		out[f.Path] = f
	}
	return out
}

// TestManyFilesComeInOneArchive: whatever becomes of the archive, the files are those of
// the commit.
func TestManyFilesComeInOneArchive(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "platform")
	r := reader(t, g)
	r.Archives = g.Client
	want, from := many(t, g)
	archive := faults.On(http.MethodGet, "/archive.tar.gz")
	for name, c := range map[string]struct {
		fault faults.Decide
		files int
	}{
		"whole":        {none, 0},
		"throttled":    {faults.Always(archive, faults.Limited()), len(want)},
		"forbidden":    {faults.Always(archive, faults.Refused(http.StatusForbidden)), len(want)},
		"unknown":      {faults.Always(archive, faults.Refused(http.StatusNotFound)), len(want)},
		"a proxy's":    {faults.Always(archive, faults.Fault{Status: 200, Body: "<html>sign in</html>"}), len(want)},
		"never coming": {faults.Always(archive, faults.Dropped()), len(want)},
	} {
		archives, single := requests(g, c.fault)
		got, err := r.Skeleton(t.Context(), from, "skeleton")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(byPath(want), byPath(got.All())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if archives.Load() == 0 || int(single.Load()) != c.files {
			t.Errorf("%s: %d archives and %d files were read, want %d files", name, archives.Load(), single.Load(), c.files)
		}
	}
	_, few := requests(g, none)
	if _, err := r.Skeleton(t.Context(), from, "skeleton/d3"); err != nil || few.Load() == 0 {
		t.Errorf("of few files %d were read, %v", few.Load(), err)
	}
}

// changed is a host whose archives are not what the repository holds, as attributes in it
// can make them.
type changed struct {
	scm.Archives
	change func(scm.File) (scm.File, bool)
}

func (c changed) Archive(ctx context.Context, project int64, path, ref string, limit int64, each func(scm.File) error) error {
	return c.Archives.Archive(ctx, project, path, ref, limit, func(f scm.File) error {
		f, there := c.change(f)
		if !there {
			return nil
		}
		return each(f)
	})
}

func TestAnArchiveIsHeldAgainstTheTree(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "platform")
	want, from := many(t, g)
	r := reader(t, g)
	r.Archives = changed{g.Client, func(f scm.File) (scm.File, bool) {
		switch {
		case strings.HasSuffix(f.Path, "f01.txt"): // export-ignore
			return f, false
		case strings.HasSuffix(f.Path, "f02.txt"): // export-subst
			f.Content = append(f.Content, "$Format$"...)
		case strings.HasSuffix(f.Path, "f03.txt"): // of no file of the tree
			f.Path += "x"
		case strings.HasSuffix(f.Path, "link"): // another target
			f.Content = []byte("../../../etc/passwd")
		}
		return f, true
	}}
	_, single := requests(g, none)
	got, err := r.Skeleton(t.Context(), from, "skeleton")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(byPath(want), byPath(got.All())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if single.Load() != 4 {
		t.Errorf("%d files were read, want the 4 that the archive lacks", single.Load())
	}
}

// bomb is a host whose archive does not end by itself.
type bomb struct{}

func (bomb) Archive(_ context.Context, _ int64, _, _ string, limit int64, _ func(scm.File) error) error {
	return errs.New(errs.TooLarge, fmt.Sprint("more than ", limit))
}

func TestAnArchiveThatIsTooLargeIsNotReadInPieces(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "platform")
	_, from := many(t, g)
	r := reader(t, g)
	r.Archives = bomb{}
	_, single := requests(g, none)
	if _, err := r.Skeleton(t.Context(), from, "skeleton"); !errors.Is(err, errs.TooLarge) || single.Load() != 0 {
		t.Errorf("%v after %d files", err, single.Load())
	}
}
