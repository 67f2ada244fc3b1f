package gitlab_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
)

// call is one webhook that arrived.
type call struct {
	header http.Header
	body   object
	raw    []byte
}

// receiver takes webhooks.
type receiver struct {
	url string

	mu     sync.Mutex
	calls  []call
	status int
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK}
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		raw, _ := io.ReadAll(q.Body)
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Errorf("a webhook is not JSON: %v", err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.calls = append(r.calls, call{q.Header.Clone(), o, raw})
		w.WriteHeader(r.status)
	}))
	t.Cleanup(ts.Close)
	r.url = ts.URL
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// of gives the calls of one event.
func (r *receiver) of(event string) []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []call{}
	for _, c := range r.calls {
		if c.header.Get("X-Gitlab-Event") == event {
			list = append(list, c)
		}
	}
	return list
}

func TestPushHook(t *testing.T) {
	t.Parallel()
	b, r := newBed(t), newReceiver(t)
	p := b.project("orders")
	signing := "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	made := b.do("POST", p+"/hooks", object{"url": strings.Replace(r.url, "127.0.0.1", "slipway.localhost", 1) + "/in", "token": "s3cret", "signing_token": signing, "name": "slipway", "tag_push_events": true}).want(201)
	if strings.Contains(string(made.body), "s3cret") || strings.Contains(string(made.body), signing) {
		t.Fatalf("the answer shows a secret: %s", made.body)
	}
	made.says(`"token_present":true`).says(`"alert_status":"executable"`)
	sha := b.commit(p, "Start", map[string]string{"a": "1", "b/c": "2"}).want(201).object()["id"]
	b.eventually("the push hook", func() bool { return len(r.of("Push Hook")) == 1 })
	got := r.of("Push Hook")[0]
	for k, want := range map[string]string{"X-Gitlab-Token": "s3cret", "X-Gitlab-Instance": b.url, "Content-Type": "application/json"} {
		if got.header.Get(k) != want {
			t.Errorf("%s is %q, want %q", k, got.header.Get(k), want)
		}
	}
	id := got.header.Get("Idempotency-Key")
	if id == "" || got.header.Get("webhook-id") != id || got.header.Get("X-Gitlab-Event-UUID") == "" || !strings.HasPrefix(got.header.Get("User-Agent"), "GitLab/") {
		t.Errorf("the headers are %v", got.header)
	}
	want, err := hooks.Sign(signing, id, got.header.Get("webhook-timestamp"), got.raw)
	if err != nil || got.header.Get("webhook-signature") != want {
		t.Errorf("the signature is %q, want %q (%v)", got.header.Get("webhook-signature"), want, err)
	}
	commits, _ := got.body["commits"].([]any)
	if got.body["after"] != sha || got.body["before"] != strings.Repeat("0", 40) || got.body["ref"] != "refs/heads/main" || len(commits) != 1 {
		t.Fatalf("the payload is %s", got.raw)
	}
	if added := number(commits[0].(object)["added"]); added != `["a","b/c"]` {
		t.Errorf("added is %s", added)
	}
	b.do("POST", p+"/repository/tags", object{"tag_name": "v1", "ref": "main"}).want(201)
	b.eventually("the tag hook", func() bool { return len(r.of("Tag Push Hook")) == 1 })
	b.do("POST", p+"/repository/tags", object{"tag_name": "v1", "ref": "main"}).want(400).says("already exists")
	events := b.do("GET", p+"/hooks/"+made.id()+"/events", nil).want(200)
	if strings.Contains(string(events.body), "s3cret") {
		t.Error("the log shows the token")
	}
	last := events.list()[len(events.list())-1]
	b.do("POST", p+"/hooks/"+made.id()+"/events/"+number(last["id"])+"/resend", nil).want(201)
	again := r.of("Push Hook")
	if len(again) != 2 || again[1].header.Get("Idempotency-Key") != id {
		t.Errorf("the resent hook has another key: %d calls", len(again))
	}
}

func TestPipelineAndJobHooks(t *testing.T) {
	t.Parallel()
	b, r := newBed(t), newReceiver(t)
	p := b.project("orders")
	b.do("POST", p+"/hooks", object{"url": r.url, "push_events": false, "pipeline_events": true, "job_events": true}).want(201)
	b.commit(p, "Start", map[string]string{".gitlab-ci.yml": "build: {script: [echo], environment: {name: dev}}"}).want(201)
	statuses := func() map[any]bool {
		seen := map[any]bool{}
		for _, c := range r.of("Pipeline Hook") {
			seen[c.body["object_attributes"].(object)["status"]] = true
		}
		return seen
	}
	b.eventually("all statuses", func() bool { s := statuses(); return s["pending"] && s["running"] && s["success"] })
	for _, c := range r.of("Pipeline Hook") {
		if c.body["object_kind"] != "pipeline" || len(c.body["builds"].([]any)) != 1 {
			t.Errorf("the payload is %s", c.raw)
		}
	}
	b.eventually("the job hooks", func() bool { return len(r.of("Job Hook")) >= 3 })
	if c := r.of("Job Hook")[0]; c.body["object_kind"] != "build" || c.body["commit"].(object)["id"] != c.body["pipeline_id"] {
		t.Errorf("the payload is %s", c.raw)
	}
	if n := len(r.of("Push Hook")); n != 0 {
		t.Errorf("%d push hooks came unasked", n)
	}
}

func TestHookSwitchedOffAfterFailures(t *testing.T) {
	t.Parallel()
	b, r := newBed(t), newReceiver(t)
	p := b.project("orders")
	b.commit(p, "Start", map[string]string{"a": "1"}).want(201)
	hook := p + "/hooks/" + b.do("POST", p+"/hooks", object{"url": r.url}).want(201).id()
	r.answer(http.StatusInternalServerError)
	branch := func(name string) {
		b.do("POST", p+"/repository/branches", object{"branch": name, "ref": "main"}).want(201)
	}
	for i, name := range []string{"b1", "b2", "b3", "b4"} {
		branch(name)
		b.eventually("call "+name, func() bool { return len(b.do("GET", hook+"/events", nil).want(200).list()) == i+1 })
	}
	b.do("GET", hook, nil).want(200).says(`"alert_status":"temporarily_disabled"`)
	branch("b5")
	if n := len(r.of("Push Hook")); n != 4 {
		t.Errorf("after 4 failures there were %d calls: a failure is not repeated, a switched-off hook is not called", n)
	}
	r.answer(http.StatusOK)
	b.do("POST", hook+"/test/push_events", nil).want(201)
	b.do("GET", hook, nil).want(200).says(`"alert_status":"executable"`)
	b.do("POST", hook+"/test/nonsense", nil).want(400)
}

func TestHookRefusals(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	for _, url := range []string{"nonsense", "ftp://x/y", "http://", "http://a b/", "javascript:alert(1)"} {
		b.do("POST", p+"/hooks", object{"url": url}).want(422).says(`{"message":"Invalid url given"}`)
	}
	b.do("POST", p+"/hooks", object{}).want(400).says(`{"error":"url is missing"}`)
	b.do("POST", p+"/hooks", object{"url": "http://a.example", "signing_token": "whsec_short"}).want(400).says("signing_token")
	b.do("DELETE", p+"/hooks/99", nil).want(404)
	first := b.do("POST", p+"/hooks", object{"url": "http://a.example"}).want(201).id()
	second := b.do("POST", p+"/hooks", object{"url": "http://a.example"}).want(201).id()
	if first == second || len(b.do("GET", p+"/hooks", nil).list()) != 2 {
		t.Error("the same hook twice is two hooks")
	}
	b.do("DELETE", p+"/hooks/"+first, nil).want(204)
	b.do("DELETE", p+"/hooks/"+first, nil).want(404)
}

func TestPushOfManyBranchesSendsNoHook(t *testing.T) {
	t.Parallel()
	g, b, r := newGit(t), newBed(t), newReceiver(t)
	p := b.project("orders")
	b.commit(p, "Start", map[string]string{"a": "1"}).want(201)
	b.do("POST", p+"/hooks", object{"url": r.url}).want(201)
	g.run("clone", "-q", b.clone("apps/orders"), "w")
	g.run("-C", "w", "push", "-q", "origin", "HEAD:b1", "HEAD:b2", "HEAD:b3", "HEAD:b4")
	g.run("-C", "w", "push", "-q", "origin", "HEAD:last")
	b.eventually("the last push's hook", func() bool { return len(r.of("Push Hook")) > 0 })
	if c := r.of("Push Hook"); len(c) != 1 || c[0].body["ref"] != "refs/heads/last" {
		t.Errorf("there were %d calls, the first for %v", len(c), c[0].body["ref"])
	}
}
