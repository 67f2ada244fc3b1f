package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/test/e2e/doomed"
)

// killRounds is how often the process is killed: SLIPWAY_E2E_KILLS, or a few.
func killRounds() int {
	if n, err := strconv.Atoi(os.Getenv("SLIPWAY_E2E_KILLS")); err == nil {
		return n
	}
	return 6
}

// TestKillMinusNine kills "slipway serve", GitLab and all, at random moments of a creation
// and starts it again: every round ends complete or clean.
func TestKillMinusNine(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	t.Parallel()
	s := newInstallation(t)
	s.start(t, "demo")
	s.waitReady(t)
	target, err := doomed.Add(t.Context(), s.host, "http://"+s.gitlabAddr)
	if err != nil {
		t.Fatal(err)
	}
	var registered any
	if err := s.do(t.Context(), http.MethodPost, "/api/catalog/locations", "", map[string]string{"type": "url", "target": target}, &registered); err != nil {
		t.Fatal(err)
	}
	ends := map[operations.Status]int{}
	for round := range killRounds() {
		name, body, want := appName("kill", round), request(appName("kill", round)), operations.Succeeded
		if round%3 == 2 { // killed while it is made, fails, or is undone
			body, want = doomedRequest(name), operations.Failed
		}
		end := s.killedWhileCreating(t, name, body)
		if ends[end]++; end != want {
			t.Errorf("%s ended as %s, want %s", name, end, want)
		}
	}
	s.kill(t)
	t.Logf("%d rounds ended as %v", killRounds(), ends)
}

// installation is a data directory and the process that serves it.
type installation struct {
	binary, dir            string
	portalAddr, gitlabAddr string
	cmd                    *exec.Cmd
	out                    bytes.Buffer
	host                   scm.Client
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	s := &installation{dir: filepath.Join(t.TempDir(), "data"), portalAddr: freeAddr(t), gitlabAddr: freeAddr(t)}
	s.binary = filepath.Join(t.TempDir(), "slipway")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", s.binary, "github.com/slipwayhq/slipway/cmd/slipway")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building slipway: %v\n%s", err, text)
	}
	t.Cleanup(func() {
		if s.cmd != nil && s.cmd.ProcessState == nil {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
		}
	})
	return s
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (s *installation) start(t *testing.T, seed string) {
	t.Helper()
	s.out.Reset()
	s.cmd = exec.Command(s.binary, "serve", "--data", s.dir, "--listen", s.portalAddr, "--gitlab-listen", s.gitlabAddr, "--seed", seed, "--job-duration", "20ms")
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (s *installation) kill(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait() // says that it was killed
}

// waitReady waits until the process serves and its seed, if any, is through.
func (s *installation) waitReady(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		var page struct{ Items []operations.Operation }
		if s.get(t.Context(), "/api/operations?limit=100", &page) == nil && allEnded(page.Items) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the process is not ready:\n%s", s.out.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.client(t)
}

func allEnded(list []operations.Operation) bool {
	for _, o := range list {
		if !o.Status.Ended() {
			return false
		}
	}
	return len(list) > 0
}

// client makes a GitLab client with the token of the data directory.
func (s *installation) client(t *testing.T) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	var secrets struct {
		Token string `json:"gitlabToken"`
	}
	if err := json.Unmarshal(raw, &secrets); err != nil {
		t.Fatal(err)
	}
	token := func(context.Context) (string, error) { return secrets.Token, nil }
	if s.host, err = gitlab.New(gitlab.Config{BaseURL: "http://" + s.gitlabAddr, Token: token, Clock: clock.System{}}); err != nil {
		t.Fatal(err)
	}
}

func (s *installation) get(ctx context.Context, path string, into any) error {
	return s.do(ctx, http.MethodGet, path, "", nil, into)
}

func (s *installation) do(ctx context.Context, method, path, key string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+s.portalAddr+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s: %s", res.Status, answer)
	}
	return json.Unmarshal(answer, into)
}

// killedWhileCreating asks for an application, kills the process at a random moment,
// starts it again and gives how the operation ended.
func (s *installation) killedWhileCreating(t *testing.T, name string, body operations.Request) operations.Status {
	t.Helper()
	asked := make(chan error, 1)
	go func() {
		var o operations.Operation
		asked <- s.do(context.Background(), http.MethodPost, "/api/operations", name, body, &o)
	}()
	time.Sleep(rand.N(700 * time.Millisecond))
	s.kill(t)
	<-asked // an answer, or the broken connection
	s.start(t, "none")
	o := s.askAgain(t, name, body)
	s.client(t)
	s.mustBeCompleteOrClean(t, name, o)
	return o.Status
}

// askAgain repeats the request with its key until there is an answer, and waits for the
// operation's end.
func (s *installation) askAgain(t *testing.T, name string, body operations.Request) operations.Operation {
	t.Helper()
	deadline := time.Now().Add(patience)
	var o operations.Operation
	for {
		err := s.do(t.Context(), http.MethodPost, "/api/operations", name, body, &o)
		if err == nil && o.Status.Ended() {
			return o
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not end: %+v, %v\n%s", name, o, err, s.out.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *installation) mustBeCompleteOrClean(t *testing.T, name string, o operations.Operation) {
	t.Helper()
	project, err := s.host.Project(t.Context(), "apps/"+name)
	var entity map[string]any
	shown := s.get(t.Context(), "/api/catalog/entities/by-name/component/default/"+name, &entity) == nil
	if o.Status != operations.Succeeded {
		if errs.KindOf(err) != errs.NotFound || shown {
			t.Errorf("%s ended as %s, and yet: %+v, %v, in the catalog: %v", name, o.Status, project, err, shown)
		}
		return
	}
	if err != nil || !shown {
		t.Errorf("%s is incomplete: %v, in the catalog: %v", name, err, shown)
		return
	}
	hooks, errHooks := s.host.Hooks(t.Context(), project.ID)
	runs, errRuns := s.host.PipelinesOf(t.Context(), project.ID, "main", 10)
	commits, errCommits := s.host.Commits(t.Context(), project.ID, "main", 10)
	if err := errors.Join(errHooks, errRuns, errCommits); err != nil || len(hooks) != 1 || len(runs) != 1 || len(commits) != 1 {
		t.Errorf("%s has %d hooks, %d pipelines, %d commits, %v\nhooks: %+v", name, len(hooks), len(runs), len(commits), err, hooks)
	}
	s.mustHaveNoTwins(t, o.ID)
}

func (s *installation) mustHaveNoTwins(t *testing.T, id string) {
	t.Helper()
	listed, err := s.host.ProjectsIn(t.Context(), "apps", 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range listed.Projects {
		if strings.Contains(strings.Join(p.Topics, " "), id) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("operation %s made %d projects", id, n)
	}
}
