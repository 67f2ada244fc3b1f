package gitlab_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/test/inmemory"
)

// git runs the git client, as somebody without any configuration.
type git struct {
	t   *testing.T
	dir string
}

func newGit(t *testing.T) git {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed: clone, fetch and push are NOT tested here")
	}
	return git{t, inmemory.Dir(t)}
}

func (g git) try(args ...string) (string, error) {
	cmd := exec.CommandContext(g.t.Context(), "git", append([]string{"-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "protocol.version=2"}, args...)...)
	cmd.Dir = g.dir
	cmd.Env = []string{"HOME=" + g.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "PATH=" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (g git) run(args ...string) string {
	g.t.Helper()
	out, err := g.try(args...)
	if err != nil {
		g.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(out)
}

func (g git) fails(args ...string) string {
	g.t.Helper()
	out, err := g.try(args...)
	if err == nil {
		g.t.Fatalf("git %v succeeded:\n%s", args, out)
	}
	return out
}

func (g git) write(path, content string) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, path), []byte(content), 0o600); err != nil {
		g.t.Fatal(err)
	}
}

func (b *bed) clone(path string) string {
	return strings.Replace(b.url, "http://", "http://oauth2:"+token+"@", 1) + "/" + path + ".git"
}

func TestCloneCommitPush(t *testing.T) {
	t.Parallel()
	g, b := newGit(t), newBed(t)
	p := b.project("orders")
	b.commit(p, "Start [skip ci]", map[string]string{"a.txt": "A", ".gitlab-ci.yml": "build: {script: [echo]}"}).want(201)
	g.run("clone", "-q", b.clone("apps/orders"), "w")
	g.write("w/b.txt", "B")
	g.run("-C", "w", "add", ".")
	g.run("-C", "w", "commit", "-qm", "Second")
	g.run("-C", "w", "push", "-q", "origin", "HEAD:main", "HEAD:refs/heads/feature/x")
	head := g.run("-C", "w", "rev-parse", "HEAD")
	if got := b.do("GET", p+"/repository/commits/main", nil).want(200).object()["id"]; got != head {
		t.Errorf("main is %v after the push of %s", got, head)
	}
	pls := b.do("GET", p+"/pipelines", nil).want(200).list()
	if len(pls) != 2 || pls[0]["sha"] != head || pls[0]["source"] != "push" {
		t.Errorf("the push made pipelines %v", pls)
	}
	g.run("-C", "w", "push", "-q", "origin", ":feature/x")
	b.do("GET", p+"/repository/branches/feature%2Fx", nil).want(404)
	g.run("-C", "w", "tag", "-am", "one", "v1")
	g.run("-C", "w", "push", "-q", "origin", "v1")
	b.do("GET", p+"/repository/tags/v1", nil).want(200).says(`"message":"one\n"`).says(head)
	// A commit by API on top of pushed objects, and a fetch of it.
	b.do("POST", p+"/repository/commits", object{"branch": "main", "commit_message": "Third", "actions": []object{{"action": "update", "file_path": "b.txt", "content": "B2"}}}).want(201)
	g.run("-C", "w", "pull", "-q")
	if got := g.run("-C", "w", "show", "HEAD:b.txt"); got != "B2" {
		t.Errorf("b.txt is %q", got)
	}
	g.run("clone", "-q", "--depth", "1", b.clone("apps/orders"), "shallow")
	if n := g.run("-C", "shallow", "rev-list", "--count", "HEAD"); n != "1" {
		t.Errorf("the shallow clone has %s commits", n)
	}
	g.run("-C", "shallow", "fetch", "-q", "--deepen", "1")
	if out := g.run("-C", b.dir+"/repositories/1.git", "-c", "safe.directory=*", "fsck", "--strict"); strings.Contains(out, "error") {
		t.Errorf("fsck says %s", out)
	}
}

func TestFirstPushIntoEmptyRepository(t *testing.T) {
	t.Parallel()
	g, b := newGit(t), newBed(t)
	p := b.project("orders")
	g.run("init", "-q", "-b", "trunk", "w")
	g.write("w/big", strings.Repeat("0123456789abcdef\n", 200_000))
	g.run("-C", "w", "add", ".")
	g.run("-C", "w", "commit", "-qm", "Start")
	g.run("-C", "w", "push", "-q", b.clone("apps/orders"), "trunk")
	b.do("GET", p, nil).want(200).says(`"default_branch":"trunk"`).says(`"empty_repo":false`)
	b.do("GET", p+"/protected_branches/trunk", nil).want(200)
	g.run("-C", "w", "commit", "-q", "--amend", "-m", "Rewritten")
	g.fails("-C", "w", "push", "-qf", b.clone("apps/orders"), "trunk")
	g.fails("-C", "w", "push", "-q", b.clone("apps/orders"), ":trunk")
	b.do("GET", p+"/repository/branches/trunk", nil).want(200).says("Start")
}

func TestGitAccess(t *testing.T) {
	t.Parallel()
	g, b := newGit(t), newBed(t)
	p := b.project("orders")
	b.commit(p, "Start", map[string]string{"a": "1"}).want(201)
	for _, tt := range []struct {
		name, path, user string
		status           int
	}{
		{"no credentials", "/apps/orders.git/info/refs?service=git-upload-pack", "", 401},
		{"wrong token", "/apps/orders.git/info/refs?service=git-upload-pack", "wrong", 401},
		{"unknown project", "/apps/nothing.git/info/refs?service=git-upload-pack", token, 404},
		{"unknown project, stranger", "/apps/nothing.git/info/refs?service=git-upload-pack", "", 401},
		{"dumb protocol", "/apps/orders.git/info/refs", token, 404},
		{"other service", "/apps/orders.git/info/refs?service=git-shell", token, 404},
		{"objects", "/apps/orders.git/objects/info/packs", token, 404},
		{"way out", "/apps/%2e%2e/%2e%2e/etc.git/info/refs?service=git-upload-pack", token, 404},
		{"good", "/apps/orders.git/info/refs?service=git-upload-pack", token, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.user != "" {
				r.SetBasicAuth("any", tt.user)
			}
			a := b.send(r).want(tt.status)
			if ask := a.header.Get("WWW-Authenticate"); (tt.status == 401) != (ask == `Basic realm="GitLab"`) {
				t.Errorf("WWW-Authenticate is %q", ask)
			}
		})
	}
	b.do("PUT", p, object{"visibility": "public"}).want(200)
	g.run("clone", "-q", b.url+"/apps/orders.git", "w")
	g.write("w/x", "x")
	g.run("-C", "w", "add", ".")
	g.run("-C", "w", "commit", "-qm", "x")
	g.fails("-C", "w", "push", "-q", "origin", "HEAD:main")
}

func TestMalformedPushIsRefused(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.project("orders")
	for _, body := range []string{"zzzz", "0003", "ffffshort", "0010not a command", "00"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/apps/orders.git/git-receive-pack", bytes.NewBufferString(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("any", token)
		b.send(r).want(400)
	}
}

func TestTokensOfAProject(t *testing.T) {
	t.Parallel()
	g, b := newGit(t), newBed(t)
	p, other := b.project("orders"), b.project("other")
	b.commit(p, "Start", map[string]string{"a": "1"}).want(201)
	reader := b.do("POST", p+"/deploy_tokens", object{"name": "r", "scopes": []string{"read_repository"}}).want(201).object()["token"].(string)
	url := strings.Replace(b.url, "http://", "http://x:"+reader+"@", 1) + "/apps/orders.git"
	g.run("clone", "-q", url, "w")
	g.fails("-C", "w", "push", "-q", "origin", "HEAD:refs/heads/new")
	b.as(reader, "GET", p, nil).want(401)
	made := b.do("POST", p+"/access_tokens", object{"name": "t", "scopes": []string{"api"}, "access_level": 30}).want(201).object()
	tok := made["token"].(string)
	b.as(tok, "GET", p, nil).want(200)
	b.as(tok, "GET", other, nil).want(404)
	b.as(tok, "DELETE", p, nil).want(403)
	b.as(tok, "POST", p+"/repository/commits", object{"branch": "main", "commit_message": "m", "actions": []object{{"action": "create", "file_path": "x", "content": "1"}}}).
		want(403).says("403 Forbidden - You are not allowed to push into this branch")
	read := b.do("POST", p+"/access_tokens", object{"name": "t", "scopes": []string{"read_api"}}).want(201).object()["token"].(string)
	b.as(read, "POST", p+"/hooks", object{"url": "http://x.example"}).want(403).says("insufficient_scope")
	b.do("DELETE", p+"/access_tokens/"+number(made["id"]), nil).want(204)
	b.as(tok, "GET", p, nil).want(401)
	b.do("GET", p+"/access_tokens", nil).want(200)
	if strings.Contains(string(b.do("GET", p+"/access_tokens", nil).body), tok) {
		t.Error("the list shows a token")
	}
}
