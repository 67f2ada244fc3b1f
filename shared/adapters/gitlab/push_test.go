package gitlab_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/test/inmemory"
)

func emptyProject(t *testing.T, g *gitlabtest.GitLab, slug string) scm.Project {
	t.Helper()
	p, err := g.Client.CreateProject(t.Context(), scm.NewProject{Namespace: "apps", Slug: slug, DefaultBranch: "main", Visibility: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// skeleton is a commit of many files with noise in them, some executable, and one link.
func skeleton(files, size int) scm.NewCommit {
	n := scm.NewCommit{Branch: "main", Message: "First commit [skip ci]\n\nSlipway-Operation: op-1\n"}
	noise := rand.NewChaCha8([32]byte{})
	for i := range files {
		content := make([]byte, size)
		_, _ = noise.Read(content) // never fails
		n.Changes = append(n.Changes, scm.Change{
			Action: scm.CreateFile, Path: fmt.Sprintf("d%d/e%d/f%03d", i%13, i%3, i), Content: content, Executable: i%5 == 0,
		})
	}
	n.Changes = append(n.Changes, scm.Change{Action: scm.CreateFile, Path: "d0/link", Link: "../d1/e1/f001"})
	return n
}

func gitCommand(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Env = []string{"HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "PATH=" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestAPushedSkeletonIsWhole clones what was pushed: git finds nothing wrong, and every
// file has its bytes, mode and target.
func TestAPushedSkeletonIsWhole(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "apps")
	p := emptyProject(t, g, "orders")
	n := skeleton(500, 3000)
	c, err := g.Client.Commit(t.Context(), p.ID, n)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(inmemory.Dir(t), "clone")
	gitCommand(t, "clone", "--quiet", strings.Replace(g.URL, "http://", "http://oauth2:"+gitlabtest.Token+"@", 1)+"/apps/orders.git", dir)
	gitCommand(t, "-C", dir, "fsck", "--full", "--strict")
	if got := gitCommand(t, "-C", dir, "rev-parse", "HEAD"); got != c.ID {
		t.Errorf("HEAD is %s, want %s", got, c.ID)
	}
	for _, ch := range n.Changes {
		at := filepath.Join(dir, ch.Path)
		if ch.Link != "" {
			if target, err := os.Readlink(at); err != nil || target != ch.Link {
				t.Errorf("%s leads to %q, %v", ch.Path, target, err)
			}
			continue
		}
		content, err := os.ReadFile(at)
		info, statErr := os.Stat(at)
		if err != nil || statErr != nil || !bytes.Equal(content, ch.Content) || (info.Mode()&0o100 != 0) != ch.Executable {
			t.Errorf("%s differs: %v, %v", ch.Path, err, statErr)
		}
	}
	if got := len(strings.Split(gitCommand(t, "-C", dir, "ls-files"), "\n")); got != len(n.Changes) {
		t.Errorf("%d files, want %d", got, len(n.Changes))
	}
}

// TestBothWaysMakeTheSameTree: git names a tree by all that is in it.
func TestBothWaysMakeTheSameTree(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "apps")
	n := skeleton(100, 50)
	n.Changes = n.Changes[:99] // few, and no link: the commits API takes them
	var trees, people []string
	for _, slug := range []string{"api", "push"} {
		p := emptyProject(t, g, slug)
		if slug == "push" { // the same files and more, of which the commit after knows nothing
			n.Changes = append(n.Changes, skeleton(30, 10).Changes[:30]...)
			for i := range n.Changes[99:] {
				n.Changes[99+i].Path = fmt.Sprintf("more/%d", i)
			}
		}
		c, err := g.Client.Commit(t.Context(), p.ID, n)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(inmemory.Dir(t), slug)
		gitCommand(t, "clone", "--quiet", strings.Replace(g.URL, "http://", "http://oauth2:"+gitlabtest.Token+"@", 1)+"/apps/"+slug+".git", dir)
		for i := range 13 {
			trees = append(trees, gitCommand(t, "-C", dir, "rev-parse", fmt.Sprintf("%s:d%d", c.ID, i)))
		}
		people = append(people, gitCommand(t, "-C", dir, "log", "--format=%an %ae %cn %ce %B"))
	}
	if !slices.Equal(trees[:13], trees[13:]) || people[0] != people[1] {
		t.Errorf("%v and %v by %q", trees[:13], trees[13:], people)
	}
}

// TestWhatGoesWrongWithAPush makes each request of a push fail.
func TestWhatGoesWrongWithAPush(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "apps")
	client := connect(t, g.URL, gitlabtest.Token)
	for name, c := range map[string]struct {
		fault   faults.Decide
		kind    errs.Kind // "" for success
		commits int
		says    string
	}{
		"the advertisement fails once":   {faults.Once(faults.On(http.MethodGet, "/info/refs"), faults.Refused(http.StatusBadGateway)), "", 1, ""},
		"the advertisement fails":        {faults.Always(faults.On(http.MethodGet, "/info/refs"), faults.Refused(http.StatusBadGateway)), errs.Unavailable, 0, "502"},
		"the answer is lost":             {faults.Once(faults.On(http.MethodPost, "/git-receive-pack"), faults.AnswerLost()), errs.Unavailable, 1, ""},
		"the report is cut off":          {faults.Once(faults.On(http.MethodPost, "/git-receive-pack"), faults.Truncated()), errs.Unavailable, 1, ""},
		"the push never arrives":         {faults.Once(faults.On(http.MethodPost, "/git-receive-pack"), faults.Dropped()), errs.Unavailable, 0, ""},
		"another answer after the push":  {faults.Once(faults.On(http.MethodPost, "/git-receive-pack"), faults.EffectThen(http.StatusBadGateway)), errs.Unavailable, 1, ""},
		"the push is throttled shortly":  {faults.Once(faults.On(http.MethodPost, "/git-receive-pack"), faults.Throttled(time.Now(), 0)), "", 1, ""},
		"the push is throttled for long": {faults.Always(faults.On(http.MethodPost, "/git-receive-pack"), faults.Throttled(time.Now(), time.Minute)), errs.RateLimited, 0, "429"},
		"the push is forbidden":          {faults.Always(faults.On(http.MethodPost, "/git-receive-pack"), faults.Refused(http.StatusForbidden)), errs.Forbidden, 0, "403"},
		"it is too large":                {faults.Always(faults.On(http.MethodPost, "/git-receive-pack"), faults.Refused(http.StatusRequestEntityTooLarge)), errs.TooLarge, 0, "413"},
		"the token is not valid for git": {faults.Always(faults.On(http.MethodGet, "/info/refs"), faults.Unauthorized()), errs.Unauthenticated, 0, "401"},
		"it is not shown to git":         {faults.Always(faults.On(http.MethodGet, "/info/refs"), faults.Refused(http.StatusNotFound)), errs.Unavailable, 0, "does not show"},
		"git over HTTP is off":           {faults.Always(faults.On(http.MethodGet, "/info/refs"), faults.Refused(http.StatusForbidden)), errs.Invalid, 0, "symbolic link"},
	} {
		p := emptyProject(t, g, strings.ReplaceAll(name, " ", "-"))
		g.Faults.Set(c.fault)
		_, err := client.Commit(t.Context(), p.ID, skeleton(30, 100))
		g.Faults.Set(nil)
		if (c.kind == "") != (err == nil) || c.kind != "" && (!errors.Is(err, c.kind) || !strings.Contains(errs.Message(err), c.says)) {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
		list, err := g.Client.Commits(t.Context(), p.ID, "", 10)
		if err != nil || len(list) != c.commits {
			t.Errorf("%s: there are %d commits, %v", name, len(list), err)
		}
	}
}

// TestWithoutGitOverHTTPTheAPITakesWhatItCan: what can go either way does.
func TestWithoutGitOverHTTPTheAPITakesWhatItCan(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "apps")
	for _, status := range []int{http.StatusForbidden, http.StatusNotImplemented} {
		p := emptyProject(t, g, fmt.Sprint("off-", status))
		g.Faults.Set(faults.Always(faults.On(http.MethodGet, "/info/refs"), faults.Refused(status)))
		n := skeleton(300, 10)
		n.Changes = n.Changes[:300]
		if _, err := g.Client.Commit(t.Context(), p.ID, n); err != nil {
			t.Errorf("%d: %v", status, err)
		}
		if tree, err := g.Client.Tree(t.Context(), p.ID, "", "main"); err != nil || len(tree) != 300 {
			t.Errorf("%d: %d files, %v", status, len(tree), err)
		}
	}
}

// TestAPushHoldsNothingTwice pushes 50 MB and looks at what this process takes for it, the
// GitLab in it included.
func TestAPushHoldsNothingTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("pushes 50 MB")
	}
	g := gitlabtest.Start(t, "apps")
	p := emptyProject(t, g, "large")
	n := skeleton(50, 1<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := g.Client.Commit(t.Context(), p.ID, n); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 10 {
		t.Errorf("pushing 50 MB allocated %d MB", grown)
	}
}
