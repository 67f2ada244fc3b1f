package source_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/catalog/gitlabsource"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/source"
	"github.com/slipwayhq/slipway/shared/scm"
)

func reader(t *testing.T, g *gitlabtest.GitLab) source.Reader {
	t.Helper()
	files, err := gitlabsource.New(gitlabsource.Config{Base: g.URL, Projects: g.Client, Repositories: g.Client})
	if err != nil {
		t.Fatal(err)
	}
	return source.Reader{Files: files, Projects: g.Client, Repositories: g.Client}
}

func skeleton(t *testing.T, r source.Reader, from actions.Source, relative string) map[string]string {
	t.Helper()
	files, err := r.Skeleton(t.Context(), from, relative)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range files.All() {
		out[f.Path] = string(f.Content)
	}
	return out
}

func TestATemplateIsReadAtItsPinnedCommit(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "platform")
	r := reader(t, g)
	p := g.Project(t, "platform/templates", map[string]string{
		"api/template.yaml": "x", "api/skeleton/a.txt": "old", "api/skeleton/deep/b.txt": "b", "common/c.txt": "c", "root.txt": "r",
	})
	from, err := r.Pin(t.Context(), "url:"+g.URL+"/platform/templates/-/blob/main/api/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if from.Project != p.ID || from.Path != "platform/templates" || from.Directory != "api" || len(from.Commit) != 40 {
		t.Errorf("pinned %+v", from)
	}
	g.Push(t, p, scm.UpdateFile, map[string]string{"api/skeleton/a.txt": "new"})
	for relative, want := range map[string]map[string]string{
		"./skeleton":              {"a.txt": "old", "deep/b.txt": "b"},
		"skeleton/":               {"a.txt": "old", "deep/b.txt": "b"},
		"./skeleton/deep":         {"b.txt": "b"},
		"../common":               {"c.txt": "c"},
		"./skeleton/../../common": {"c.txt": "c"},
	} {
		if diff := cmp.Diff(want, skeleton(t, r, from, relative)); diff != "" {
			t.Errorf("%s: %s", relative, diff)
		}
	}
	again, err := r.Pin(t.Context(), "url:"+g.URL+"/platform/templates/-/blob/main/root.txt")
	if err != nil || again.Commit == from.Commit || again.Directory != "" {
		t.Errorf("pinned %+v, %v", again, err)
	}
	if got := skeleton(t, r, again, "api/skeleton")["a.txt"]; got != "new" {
		t.Errorf("at the new commit: %q", got)
	}
	if got := len(skeleton(t, r, again, ".")); got != 5 {
		t.Errorf("%d files in all", got)
	}
}

func TestPinRefuses(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "platform")
	r := reader(t, g)
	g.Project(t, "platform/templates", map[string]string{"template.yaml": "x"})
	for name, c := range map[string]struct {
		location string
		kind     errs.Kind
	}{
		"not from a repository": {"file:/etc/passwd", errs.Invalid},
		"nothing":               {"", errs.Invalid},
		"another host":          {"url:https://evil.example.com/platform/templates/-/blob/main/template.yaml", errs.Invalid},
		"no such project":       {"url:" + g.URL + "/platform/none/-/blob/main/template.yaml", errs.NotFound},
		"no such branch":        {"url:" + g.URL + "/platform/templates/-/blob/none/template.yaml", errs.NotFound},
	} {
		if got, err := r.Pin(t.Context(), c.location); errs.KindOf(err) != c.kind {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestSkeletonRefuses(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "platform")
	r := reader(t, g)
	g.Project(t, "platform/templates", map[string]string{"api/template.yaml": "x", "api/skeleton/a": "a"})
	from, err := r.Pin(t.Context(), "url:"+g.URL+"/platform/templates/-/blob/main/api/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, relative := range []string{
		"./none", "https://evil.example.com/x", "/etc", "../..", "../../x", "../../api/skeleton", "skeleton/../../../api", "file:x", `..\x`, "a\x00b",
	} {
		if _, err := r.Skeleton(t.Context(), from, relative); !errors.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", relative, err)
		}
	}
}

// TestOneFileThatCanNotBeReadIsTheReason: the others are given up, and the error names the
// file that failed, not one that was given up.
func TestOneFileThatCanNotBeReadIsTheReason(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "platform")
	r := reader(t, g)
	files := map[string]string{"template.yaml": "x", "s/broken": "b"}
	for c := 'a'; c <= 'z'; c++ {
		files["s/"+string(c)] = "x"
	}
	g.Project(t, "platform/templates", files)
	from, err := r.Pin(t.Context(), "url:"+g.URL+"/platform/templates/-/blob/main/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	g.Faults.Set(func(req *http.Request) faults.Fault {
		if strings.Contains(req.URL.Path, "broken") {
			return faults.Refused(http.StatusForbidden)
		}
		return faults.None()
	})
	_, err = r.Skeleton(t.Context(), from, "s")
	if !errors.Is(err, errs.Forbidden) || !strings.Contains(err.Error(), "s/broken") || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFoldersAndFilesByTheirURL(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "platform")
	r := reader(t, g)
	g.Project(t, "platform/templates", map[string]string{"api/template.yaml": "x", "api/LICENSE": "mine", "api/skeleton/a.txt": "a"})
	g.Project(t, "platform/common", map[string]string{"iac/main.ts": "m", "iac/lib/x.ts": "x", "README.md": "r"})
	from, err := r.Pin(t.Context(), "url:"+g.URL+"/platform/templates/-/blob/main/api/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	iac, whole := map[string]string{"main.ts": "m", "lib/x.ts": "x"}, map[string]string{"iac/main.ts": "m", "iac/lib/x.ts": "x", "README.md": "r"}
	for _, url := range []string{"./skeleton", "skeleton/?x=1", "skeleton#a", "/api/skeleton", "/api/../api/skeleton/", "./skele%74on", "../api/skeleton"} {
		if diff := cmp.Diff(map[string]string{"a.txt": "a"}, skeleton(t, r, from, url)); diff != "" {
			t.Errorf("%s: %s", url, diff)
		}
	}
	for url, want := range map[string]map[string]string{
		"/platform/common/-/tree/main/iac": iac, "/platform/common/-/tree/main/iac/": iac, "/platform/common/-/blob/HEAD/iac": iac,
		"/platform/common/-/tree/main": whole, "/platform/common": whole, "/platform/common/": whole, "/platform/common.git": whole, "/platform/common/tree/main": whole,
		"/platform/common/-/tree/main/iac?ref_type=heads": iac, "/platform/common/-/blob/main/iac/#top": iac, "/platform/common/tree/main/iac": iac, "/platform/common/blob/HEAD/iac": iac,
	} {
		if diff := cmp.Diff(want, skeleton(t, r, from, g.URL+url)); diff != "" {
			t.Errorf("%s: %s", url, diff)
		}
	}
	for url, want := range map[string]string{
		"./LICENSE": "mine", "skeleton/a.txt": "a", "/api/LICENSE": "mine", "LICEN%53E?x": "mine", g.URL + "/platform/common/-/raw/main/README.md?inline=false": "r", g.URL + "/platform/common/-/blob/main/iac/lib/x.ts": "x", g.URL + "/platform/common/-/blob/main/README.md": "r",
	} {
		if f, err := r.File(t.Context(), from, url); err != nil || string(f.Content) != want || strings.Contains(f.Path, "/") {
			t.Errorf("%s: %+v, %v", url, f, err)
		}
	}
	for _, url := range []string{
		"https://evil.example.com/platform/common/-/tree/main/iac", "http://169.254.169.254/a/b/-/tree/main/x", g.URL + "/platform/common/-/tree/none/iac",
		g.URL + "/platform/common/-/tree/main/iac/../..", g.URL + "/platform/common", "file:///etc/passwd", "../../x", "./none", "skeleton", "/../x", "//evil.example.com/x", "%2e%2e/%2e%2e/x", "/none", g.URL + "/-/tree/main", g.URL + "/platform/common/-/tree", "./a%00b", "%5c..%5c",
	} {
		if f, err := r.File(t.Context(), from, url); !errors.Is(err, errs.Invalid) && !errors.Is(err, errs.NotFound) {
			t.Errorf("%s: %+v, %v", url, f, err)
		}
	}
	if _, err := r.Skeleton(t.Context(), from, "https://evil.example.com/a/b/-/tree/main/c"); !strings.HasPrefix(errs.Message(err), "url is a folder or file of the portal's own GitLab") {
		t.Errorf("another site: %v", err)
	}
}
