package gitlab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const token = "glpat-embedded-test"

// object is a decoded JSON object.
type object = map[string]any

// bed is a running embedded GitLab.
type bed struct {
	t      *testing.T
	server *gitlab.Server
	url    string
	dir    string
	close  func() // happens at the end of the test by itself
}

// newBed starts one with the group "apps"; Run is under way until the test ends.
func newBed(t *testing.T) *bed {
	t.Helper()
	b := openBed(t, inmemory.Dir(t))
	b.run()
	return b
}

// openBed opens one on a directory, without Run.
func openBed(t *testing.T, dir string) *bed {
	t.Helper()
	ts := httptest.NewUnstartedServer(nil)
	base := "http://" + ts.Listener.Addr().String()
	s, err := gitlab.New(gitlab.Config{
		Dir: dir, BaseURL: base, Token: token, Clock: clock.System{}, IDs: ids.Random{}, Logger: logging.Discard(),
		JobDuration: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureGroup(t.Context(), "apps", "private"); err != nil {
		t.Fatal(err)
	}
	ts.Config.Handler = s.Handler()
	ts.Start()
	b := &bed{t: t, server: s, url: base, dir: dir}
	b.close = sync.OnceFunc(func() {
		ts.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(b.close)
	return b
}

func (b *bed) run() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.server.Run(ctx) }()
	b.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.t.Error(err)
		}
	})
}

// answer is what a request got.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   []byte
}

// do sends a JSON request as root.
func (b *bed) do(method, path string, body any) answer {
	b.t.Helper()
	return b.as(token, method, path, body)
}

func (b *bed) as(token, method, path string, body any) answer {
	b.t.Helper()
	var rd io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		rd = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+"/api/v4"+path, rd)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("PRIVATE-TOKEN", token)
	}
	return b.send(r)
}

func (b *bed) send(r *http.Request) answer {
	b.t.Helper()
	return b.sendBy(http.DefaultClient, r)
}

func (b *bed) sendBy(c *http.Client, r *http.Request) answer {
	b.t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{b.t, r.Method + " " + r.URL.Path, resp.StatusCode, resp.Header, raw}
}

// want fails the test unless the status is as expected.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s answered %d, want %d: %s", a.what, a.status, status, a.body)
	}
	return a
}

// says fails the test unless the body contains text.
func (a answer) says(text string) answer {
	a.t.Helper()
	if !strings.Contains(string(a.body), text) {
		a.t.Fatalf("%s answered %s, want it to say %q", a.what, a.body, text)
	}
	return a
}

func (a answer) object() object {
	a.t.Helper()
	var o object
	if err := json.Unmarshal(a.body, &o); err != nil {
		a.t.Fatalf("%s answered no object: %v: %s", a.what, err, a.body)
	}
	return o
}

func (a answer) list() []object {
	a.t.Helper()
	var l []object
	if err := json.Unmarshal(a.body, &l); err != nil {
		a.t.Fatalf("%s answered no list: %v: %s", a.what, err, a.body)
	}
	return l
}

func (a answer) id() string { return number(a.object()["id"]) }

func number(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}

// project makes a project in the group and gives the path of its API.
func (b *bed) project(name string) string {
	b.t.Helper()
	ns := b.do("GET", "/namespaces/apps", nil).want(200).id()
	id := b.do("POST", "/projects", object{"name": name, "namespace_id": ns}).want(201).id()
	return "/projects/" + id
}

// commit makes a commit on main with files created.
func (b *bed) commit(project, message string, files map[string]string) answer {
	b.t.Helper()
	actions := []object{}
	for path, content := range files {
		actions = append(actions, object{"action": "create", "file_path": path, "content": content})
	}
	return b.do("POST", project+"/repository/commits", object{"branch": "main", "commit_message": message, "actions": actions})
}

// eventually waits until ok holds; it polls because another process or goroutine decides.
func (b *bed) eventually(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	b.t.Fatalf("waited in vain for %s", what)
}

func TestMain(m *testing.M) {
	if os.Getenv("SLIPWAY_GITLAB_CHILD") != "" {
		child()
		return
	}
	os.Exit(m.Run())
}
