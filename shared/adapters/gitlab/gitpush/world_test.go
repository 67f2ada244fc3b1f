package gitpush_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/githttp"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab/gitpush"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// bare is an empty repository that git itself keeps.
type bare struct{ dir string }

func newBare(t testing.TB) bare {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed: pushes are NOT tested here")
	}
	b := bare{filepath.Join(inmemory.Dir(t), "bare.git")}
	run(t, nil, "git", "init", "--quiet", "--bare", b.dir)
	return b
}

// git runs git in the repository.
func (b bare) git(t testing.TB, stdin []byte, args ...string) string {
	t.Helper()
	return run(t, stdin, "git", append([]string{"-C", b.dir}, args...)...)
}

func (b bare) hook(t testing.TB, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, "hooks", "pre-receive"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func run(t failer, stdin []byte, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.Env = []string{"HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "PATH=" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// serve offers the repository over HTTP, behind whatever stands before it.
func (b bare) serve(t testing.TB, before func(http.Handler) http.Handler) gitpush.Remote {
	t.Helper()
	h, err := githttp.New(githttp.Config{
		Logger: logging.Discard(),
		Authorize: func(r *http.Request, path, password string, _ githttp.Service) (githttp.Answer, error) {
			user, _, _ := r.BasicAuth()
			if user != "oauth2" || password != "secret" || path != "apps/orders" {
				return githttp.Answer{Status: http.StatusUnauthorized, Text: "HTTP Basic: Access denied"}, nil
			}
			return githttp.Answer{Status: http.StatusOK, Dir: b.dir}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(before(h))
	t.Cleanup(ts.Close)
	return gitpush.Remote{HTTP: ts.Client(), URL: ts.URL + "/apps/orders.git", User: "oauth2", Password: "secret"}
}

func asItIs(h http.Handler) http.Handler { return h }

func commitOf(files ...gitpush.File) gitpush.Commit {
	return gitpush.Commit{
		Message: "Add all [skip ci]\n\nSlipway-Operation: op-1\n", Files: files,
		Author: gitpush.Signature{Name: "Ann <b>\n", Email: "ann@example.com", When: time.Unix(1700000000, 5).UTC()},
	}
}

func packOf(t testing.TB, files ...gitpush.File) *gitpush.Pack {
	t.Helper()
	p, err := gitpush.NewPack(commitOf(files...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func advertised(t testing.TB, r gitpush.Remote) gitpush.Advertised {
	t.Helper()
	a, err := r.Advertised(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func text(path, content string) gitpush.File {
	return gitpush.File{Path: path, Content: []byte(content)}
}

func lines(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }
