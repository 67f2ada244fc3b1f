package gitlab_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// child serves a data directory until it is killed; see TestMain.
func child() {
	ts := httptest.NewUnstartedServer(nil)
	base := "http://" + ts.Listener.Addr().String()
	s, err := gitlab.New(gitlab.Config{
		Dir: os.Getenv("SLIPWAY_GITLAB_CHILD"), BaseURL: base, Token: token, Clock: clock.System{}, IDs: ids.Random{},
		Logger: logging.Discard(), JobDuration: 2 * time.Millisecond,
	})
	if err == nil {
		err = s.EnsureGroup(context.Background(), "apps", "private")
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	ts.Config.Handler = s.Handler()
	ts.Start()
	fmt.Println(base)
	fmt.Println(s.Run(context.Background()))
}

// startChild runs a server in a process of its own and gives its address.
func startChild(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SLIPWAY_GITLAB_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http") {
		t.Fatalf("the child says %q: %v", line, err)
	}
	return cmd, strings.TrimSpace(line)
}

// TestKilledAtAnyMoment: what was acknowledged before kill -9 is there afterwards, every
// push is told about, and every pipeline comes to its end.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	for round := range rounds {
		t.Run(fmt.Sprint(round), func(t *testing.T) { t.Parallel(); killRound(t) })
	}
}

func killRound(t *testing.T) {
	r, dir := newReceiver(t), t.TempDir()
	cmd, url := startChild(t, dir)
	b := &bed{t: t, url: url, dir: dir}
	p := b.project("orders")
	b.do("POST", p+"/hooks", object{"url": r.url}).want(201)
	b.commit(p, "Start", map[string]string{".gitlab-ci.yml": "build: {script: [echo]}\nlater: {stage: deploy, script: [echo]}\n"}).want(201)

	// The kill comes somewhere in or after the n-th commit.
	n, delay := rand.IntN(8), time.Duration(rand.Int64N(int64(40*time.Millisecond)))
	acked := map[string]bool{}
	for i := 0; ; i++ {
		if i == n {
			defer time.AfterFunc(delay, func() { _ = cmd.Process.Kill() }).Stop()
		}
		id, ok := tryCommit(url, p, fmt.Sprintf("f%d", i))
		if !ok {
			break
		}
		acked[id] = true
	}
	_ = cmd.Wait()
	t.Logf("killed %s after commit %d began, with %d commits acknowledged", delay, n, len(acked))

	again := openBed(t, dir)
	again.run()
	history := map[string]bool{}
	for _, c := range again.do("GET", p+"/repository/commits?per_page=100", nil).want(200).list() {
		history[c["id"].(string)] = true
	}
	for id := range acked {
		if !history[id] && len(history) < 100 {
			t.Errorf("commit %s was acknowledged and is lost", id)
		}
	}
	head := again.do("GET", p+"/repository/branches/main", nil).want(200).object()["commit"].(object)["id"]
	again.eventually("a hook for the head", func() bool { return told(r, head) })
	again.eventually("all pipelines to end", func() bool {
		list := again.do("GET", p+"/pipelines?per_page=100", nil).want(200).list()
		for _, pl := range list {
			if pl["status"] != "success" && pl["status"] != "canceled" {
				return false
			}
		}
		return len(list) > 0 && list[0]["sha"] == head && list[0]["status"] == "success"
	})
	perCommit := map[any]int{}
	for _, pl := range again.do("GET", p+"/pipelines?per_page=100", nil).want(200).list() {
		perCommit[pl["sha"]]++
	}
	for sha, n := range perCommit {
		if n != 1 {
			t.Errorf("commit %v has %d push pipelines", sha, n)
		}
	}
}

func told(r *receiver, head any) bool {
	for _, c := range r.of("Push Hook") {
		if c.body["after"] == head {
			return true
		}
	}
	return false
}

// tryCommit makes a commit on a server that may be gone.
func tryCommit(url, project, path string) (id string, ok bool) {
	body, _ := json.Marshal(object{"branch": "main", "commit_message": "Add " + path, "actions": []object{{"action": "create", "file_path": path, "content": path}}})
	r, _ := http.NewRequest(http.MethodPost, url+"/api/v4"+project+"/repository/commits", bytes.NewReader(body))
	r.Header.Set("PRIVATE-TOKEN", token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", false
	}
	defer resp.Body.Close()
	var o object
	if json.NewDecoder(resp.Body).Decode(&o) != nil || resp.StatusCode != http.StatusCreated {
		return "", false
	}
	id, _ = o["id"].(string)
	return id, true
}

func TestSecondProcessIsTurnedAway(t *testing.T) {
	t.Parallel()
	b := openBed(t, t.TempDir())
	_, err := gitlab.New(gitlab.Config{Dir: b.dir, BaseURL: "http://127.0.0.1:1", Token: token, Clock: clock.System{}, IDs: ids.Random{}, Logger: logging.Discard()})
	if err == nil || !strings.Contains(err.Error(), "another Slipway process is using") {
		t.Errorf("a second server on the directory got %v", err)
	}
}

// TestUnfinishedWorkIsTakenUp: hooks and jobs that nobody worked on yet, and a reference
// that moved without anybody being told, are there for the next process.
func TestUnfinishedWorkIsTakenUp(t *testing.T) {
	t.Parallel()
	g, r, dir := newGit(t), newReceiver(t), t.TempDir()
	b := openBed(t, dir)
	p := b.project("orders")
	b.do("POST", p+"/hooks", object{"url": r.url}).want(201)
	b.commit(p, "Start", map[string]string{".gitlab-ci.yml": "build: {script: [echo]}"}).want(201)
	b.do("POST", p+"/repository/branches", object{"branch": "other", "ref": "main"}).want(201)
	if n := len(r.of("Push Hook")); n != 0 {
		t.Fatalf("%d hooks were delivered although nothing runs", n)
	}
	b.close()
	repo := dir + "/repositories/1.git"
	g.run("-C", repo, "-c", "safe.directory=*", "update-ref", "refs/heads/untold", "refs/heads/main")
	g.run("-C", repo, "-c", "safe.directory=*", "update-ref", "-d", "refs/heads/other")
	if err := os.WriteFile(repo+"/refs/heads/main.lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}

	again := openBed(t, dir)
	again.run()
	again.eventually("all pipelines to end", func() bool {
		list := again.do("GET", p+"/pipelines?status=success", nil).want(200).list()
		return len(list) == 3 // main, other, untold
	})
	again.eventually("all hooks", func() bool { return len(r.of("Push Hook")) == 4 })
	keys, refs := map[string]bool{}, map[any]int{}
	for _, c := range r.of("Push Hook") {
		keys[c.header.Get("Idempotency-Key")] = true
		refs[c.body["ref"]]++
	}
	if len(keys) != 4 || refs["refs/heads/other"] != 2 || refs["refs/heads/untold"] != 1 {
		t.Errorf("the hooks were for %v", refs)
	}
	again.do("POST", p+"/repository/files/new", object{"branch": "main", "commit_message": "past the stale lock", "content": "x"}).want(201)
}
