package gitlabsource

import (
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/scm"
)

func FuzzURLs(f *testing.F) {
	for _, seed := range []string{"https://x.example/gitlab/a/b/-/blob/main/c.yaml", "https://x.example/gitlab/a/b/-/raw/f/x/c%20d.yaml?ref_type=heads#L1",
		"https://x.example/gitlab/a/b/blob/main/x", "https://x.example/gitlab/a/../b/-/blob/main/x", "https://u@x.example/gitlab/a/b/-/blob/m/x", "https://x.example/gitlab/a/b/-/blob/main/%2e%2e/x"} {
		f.Add(seed, "./y.yaml")
	}
	f.Add("https://x.example/gitlab/a/b/-/blob/main/c/d.yaml", "../../../x")
	f.Add("https://x.example/gitlab/a/b/-/blob/main/c/d.yaml", "/%2e%2e/x\\y")
	c := struct{ scm.Client }{}
	s, err := New(Config{Base: "https://x.example/gitlab", Projects: c, Repositories: c})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, url, target string) {
		project, rest, err := s.split(url)
		if err != nil {
			return
		}
		branch, path, cut := strings.Cut(rest, "/")
		if !cut || strings.Contains(project, "//") || strings.HasPrefix(project, "/") {
			t.Fatalf("%q: %q, %q", url, project, rest)
		}
		from := catalog.FileRef{Project: project, Branch: branch, Path: path}
		for _, part := range strings.Split(project+"/"+rest, "/") {
			if part == ".." || part == "." || part == "" {
				t.Fatalf("%q leads to %+v", url, from)
			}
		}
		if p, r, err := s.split(s.URL(from)); err != nil || p != project || r != rest {
			t.Fatalf("%q: %s does not lead back: %q %q %v", url, s.URL(from), p, r, err)
		}
		to, err := s.Relative(from, target)
		if err != nil {
			return
		}
		if to.Project != from.Project || to.Branch != from.Branch || to.Path == "" || strings.HasPrefix(to.Path, "/") || strings.HasPrefix(to.Path, "../") || to.Path == ".." {
			t.Fatalf("%q leads from %+v to %+v", target, from, to)
		}
	})
}
