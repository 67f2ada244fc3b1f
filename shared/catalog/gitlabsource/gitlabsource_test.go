package gitlabsource_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	client "github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/gitlabsource"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const token = "glpat-catalog-test"

// bed is a source over an embedded GitLab with the project apps/orders, whose branches
// main and feature/x hold one file each.
type bed struct {
	*gitlabsource.Source
	base    string
	scm     scm.Client
	project scm.Project
	main    scm.Commit
}

func newBed(t *testing.T) bed {
	t.Helper()
	ts := httptest.NewUnstartedServer(nil)
	base := "http://" + ts.Listener.Addr().String()
	s, err := gitlab.New(gitlab.Config{Dir: inmemory.Dir(t), BaseURL: base, Token: token, Clock: clock.System{}, IDs: ids.Random{}, Logger: logging.Discard(), JobDuration: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureGroup(t.Context(), "apps", "private"); err != nil {
		t.Fatal(err)
	}
	ts.Config.Handler = s.Handler()
	ts.Start()
	t.Cleanup(func() { ts.Close(); _ = s.Close() })
	b := bed{base: base, scm: newClient(t, base)}
	b.fill(t)
	if b.Source, err = gitlabsource.New(gitlabsource.Config{Base: base, Projects: b.scm, Repositories: b.scm}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bed) fill(t *testing.T) {
	t.Helper()
	var err error
	if b.project, err = b.scm.CreateProject(t.Context(), scm.NewProject{Namespace: "apps", Slug: "orders", DefaultBranch: "main", Visibility: "private"}); err != nil {
		t.Fatal(err)
	}
	b.main = b.commit(t, "main", "catalog-info.yaml", "on main\n")
}

func (b *bed) commit(t *testing.T, branch, path, content string) scm.Commit {
	t.Helper()
	c, err := b.scm.Commit(t.Context(), b.project.ID, scm.NewCommit{Branch: branch, Message: "test", Changes: []scm.Change{{Action: scm.CreateFile, Path: path, Content: []byte(content)}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAMovedProject is read by its new path only: what was allowed of the old one is not
// allowed of wherever it went.
func TestAMovedProject(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	gitlabtest.Admin{URL: b.base, Token: token}.Rename(t, b.project.ID, "ordering")
	f, err := b.Resolve(t.Context(), b.base+"/apps/orders/-/blob/main/catalog-info.yaml")
	if err != nil || f.Project != "apps/ordering" {
		t.Fatalf("its former URL leads to %+v, %v", f, err)
	}
	if body, err := b.Read(t.Context(), f, b.main.ID); err != nil || string(body) != "on main\n" {
		t.Errorf("read %q, %v", body, err)
	}
	f.Project = "apps/orders"
	if body, err := b.Read(t.Context(), f, b.main.ID); !errors.Is(err, errs.Unavailable) {
		t.Errorf("read by its former path: %q, %v", body, err)
	}
	if _, err := b.Head(t.Context(), "apps/orders", "main"); !errors.Is(err, errs.NotFound) {
		t.Errorf("the head of its former path: %v", err)
	}
}

func TestAURLLeadsToTheFileAtItsHead(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	at := b.base + "/apps/orders/-/"
	for url, want := range map[string]catalog.FileRef{
		at + "blob/main/catalog-info.yaml":                   {Project: "apps/orders", Branch: "main", Path: "catalog-info.yaml"},
		at + "raw/main/catalog-info.yaml":                    {Project: "apps/orders", Branch: "main", Path: "catalog-info.yaml"},
		at + "blob/main/catalog-info.yaml?ref_type=heads#L1": {Project: "apps/orders", Branch: "main", Path: "catalog-info.yaml"},
		b.base + "/apps/orders/blob/main/catalog-info.yaml":  {Project: "apps/orders", Branch: "main", Path: "catalog-info.yaml"},
		b.base + "/apps/orders/raw/main/blob/x.yaml":         {Project: "apps/orders", Branch: "main", Path: "blob/x.yaml"},
		at + "blob/main/*/catalog-info.yaml":                 {Project: "apps/orders", Branch: "main", Path: "*/catalog-info.yaml"},
		at + "blob/HEAD/catalog-info.yaml":                   {Project: "apps/orders", Branch: "main", Path: "catalog-info.yaml"},
		at + "blob/" + b.main.ID + "/catalog-info.yaml":      {Project: "apps/orders", Branch: b.main.ID, Path: "catalog-info.yaml"},
		at + "blob/main/a%20b/%C3%BC%3F.yaml":                {Project: "apps/orders", Branch: "main", Path: "a b/ü?.yaml"},
	} {
		got, err := b.Resolve(t.Context(), url)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", url, got, err, want)
			continue
		}
		if again, err := b.Resolve(t.Context(), b.URL(got)); err != nil || again != want {
			t.Errorf("%s does not lead back: %+v, %v", b.URL(got), again, err)
		}
	}
	f, err := b.Resolve(t.Context(), at+"blob/main/catalog-info.yaml")
	if err != nil {
		t.Fatal(err)
	}
	head, err := b.Head(t.Context(), f.Project, f.Branch)
	if err != nil || head != b.main.ID {
		t.Fatalf("head %s, %v, want %s", head, err, b.main.ID)
	}
	if content, err := b.Read(t.Context(), f, head); err != nil || string(content) != "on main\n" {
		t.Fatalf("%q %v", content, err)
	}
}

func TestURLsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	at := b.base + "/apps/orders/-/blob/"
	for url, want := range map[string]errs.Kind{
		"":                                      errs.Invalid,
		"catalog-info.yaml":                     errs.Invalid,
		"file:///etc/passwd":                    errs.Invalid,
		"https" + at[len("http"):] + "main/x":   errs.Invalid,
		"http://169.254.169.254/a/b/-/blob/m/x": errs.Invalid,
		"http://user:pw@" + at[len("http://"):] + "main/x": errs.Invalid,
		b.base + ".evil.example/apps/orders/-/blob/main/x": errs.Invalid,
		b.base + "/apps/orders/-/tree/main/x":              errs.Invalid,
		b.base + "/apps/orders":                            errs.Invalid,
		b.base + "/api/v4/projects/1":                      errs.Invalid,
		at + "main":                                        errs.Invalid,
		at + "main/":                                       errs.Invalid,
		at + "main/../../../x":                             errs.Invalid,
		at + "main/a%0Ab":                                  errs.Invalid,
		at + "main/a//b":                                   errs.Invalid,
		at + "nope/catalog-info.yaml":                      errs.NotFound,
		b.base + "/apps/nope/-/blob/main/x":                errs.NotFound,
	} {
		if got, err := b.Resolve(t.Context(), url); !errors.Is(err, want) {
			t.Errorf("%s: %+v, %v, want %s", url, got, err, want)
		}
	}
}

func TestOnlyAFileThatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	f := catalog.FileRef{Project: "apps/orders", Branch: "main", Path: "nope.yaml"}
	if _, err := b.Read(t.Context(), f, b.main.ID); !errors.Is(err, errs.NotFound) {
		t.Fatalf("a file that is not there: %v", err)
	}
	const nowhere = "0123456789012345678901234567890123456789"
	if _, err := b.Read(t.Context(), f, nowhere); err == nil || errors.Is(err, errs.NotFound) {
		t.Fatalf("a commit that is not there proves nothing about the file: %v", err)
	}
	if err := b.scm.DeleteProject(t.Context(), b.project.ID); err != nil {
		t.Fatal(err)
	}
	f.Path = "catalog-info.yaml"
	if _, err := b.Read(t.Context(), f, b.main.ID); err == nil || errors.Is(err, errs.NotFound) {
		t.Fatalf("a project that is gone proves nothing about the file: %v", err)
	}
	if _, err := b.Head(t.Context(), "apps/orders", "main"); !errors.Is(err, errs.NotFound) {
		t.Fatalf("the head of a project that is gone: %v", err)
	}
}

func TestFilesBelowAFolder(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.commit(t, "main", "a/b/x.yaml", "x")
	head := b.commit(t, "main", "a/y.yaml", "y")
	for folder, want := range map[string][]string{
		"": {"a/b/x.yaml", "a/y.yaml", "catalog-info.yaml"}, "a": {"a/b/x.yaml", "a/y.yaml"}, "a/b": {"a/b/x.yaml"}, "nope": nil,
	} {
		got, err := b.List(t.Context(), "apps/orders", head.ID, folder)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v %s", folder, err, diff)
		}
	}
	if got, err := b.List(t.Context(), "apps/orders", b.main.ID, "a"); err != nil || got != nil {
		t.Errorf("at the first commit: %q, %v", got, err)
	}
	const nowhere = "0123456789012345678901234567890123456789"
	if _, err := b.List(t.Context(), "apps/orders", nowhere, ""); err == nil || errors.Is(err, errs.NotFound) {
		t.Errorf("a commit that is not there proves nothing: %v", err)
	}
	if err := b.scm.DeleteProject(t.Context(), b.project.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.List(t.Context(), "apps/orders", head.ID, ""); err == nil || errors.Is(err, errs.NotFound) {
		t.Errorf("a project that is gone proves nothing: %v", err)
	}
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	c := struct{ scm.Client }{}
	for _, base := range []string{"", "gitlab.example.com", "ftp://x", "https://u:p@x", "https://x?y", "https://x#y"} {
		if _, err := gitlabsource.New(gitlabsource.Config{Base: base, Projects: c, Repositories: c}); err == nil {
			t.Errorf("%q is taken", base)
		}
	}
	s, err := gitlabsource.New(gitlabsource.Config{Base: "https://x.example/gitlab/", Projects: c, Repositories: c})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.URL(catalog.FileRef{Project: "a/b", Branch: "main", Path: "c d.yaml"}); got != "https://x.example/gitlab/a/b/-/blob/main/c%20d.yaml" {
		t.Fatal(got)
	}
}

func newClient(t *testing.T, base string) scm.Client {
	t.Helper()
	c, err := client.New(client.Config{BaseURL: base, Clock: clock.System{}, Token: func(context.Context) (string, error) { return token, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// behind is a GitLab of which one node has not seen the newest commits yet: it has no files
// there, and an empty list of commits.
type behind struct{ scm.Repositories }

func (behind) File(context.Context, int64, string, string) (scm.File, error) {
	return scm.File{}, errs.New(errs.NotFound, "404 File Not Found")
}

func (behind) Tree(context.Context, int64, string, string) ([]scm.TreeEntry, error) { return nil, nil }

func (behind) Commits(context.Context, int64, string, int) ([]scm.Commit, error) { return nil, nil }

func TestAnEmptyAnswerIsNoEvidence(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	late, err := gitlabsource.New(gitlabsource.Config{Base: b.base, Projects: b.scm, Repositories: behind{b.scm}})
	if err != nil {
		t.Fatal(err)
	}
	f := catalog.FileRef{Project: "apps/orders", Branch: "main", Path: "catalog-info.yaml"}
	if _, err := late.Read(t.Context(), f, b.main.ID); err == nil || errors.Is(err, errs.NotFound) {
		t.Errorf("a file at a commit that does not show: %v", err)
	}
	if _, err := late.List(t.Context(), "apps/orders", b.main.ID, ""); err == nil || errors.Is(err, errs.NotFound) {
		t.Errorf("the files at a commit that does not show: %v", err)
	}
}
