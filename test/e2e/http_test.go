package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/operations"
)

// TestRequestsThatAreRefused sends what can't be accepted: each is told apart, all at
// once, and nothing is stored.
func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	for _, tt := range slices.Concat(refusals(), formRefusals()) {
		t.Run(tt.name, func(t *testing.T) {
			d := mustBeProblem(t, p.ask(t, http.MethodPost, "/api/operations", tt.body, map[string]string{"Content-Type": "application/json"}), tt.status)
			if diff := cmp.Diff(tt.fields, d.fields()); d.Detail != tt.detail || diff != "" {
				t.Errorf("told %q, want %q\n%s", d.Detail, tt.detail, diff)
			}
		})
	}
	mustHaveNoOperations(t, p)
}

func mustHaveNoOperations(t *testing.T, p *process) {
	t.Helper()
	list, _, err := p.Operations.List(t.Context(), "", 100)
	if err != nil || len(list) > 0 {
		t.Errorf("%d operations are stored, %v", len(list), err)
	}
	listed, err := p.SCM.ProjectsIn(t.Context(), "apps", 0, 100)
	if err != nil || len(listed.Projects) > 0 {
		t.Errorf("%d projects are there, %v", len(listed.Projects), err)
	}
}

// TestBodiesThatAreNotTaken sends bodies that are not even looked at.
func TestBodiesThatAreNotTaken(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	good := wanted(`{"name":"orders"}`)
	for name, tt := range map[string]struct {
		body, header, value string
		status              int
		detail              string
	}{
		"a form":           {"type=app.create", "Content-Type", "application/x-www-form-urlencoded", 400, "unsupported media type, application/json is expected"},
		"XML":              {good, "Content-Type", "text/xml", 400, "unsupported media type, application/json is expected"},
		"no type":          {good, "Content-Type", "", 400, "unsupported media type, application/json is expected"},
		"another charset":  {good, "Content-Type", "application/json; charset=utf-16", 400, "unsupported charset, utf-8 is expected"},
		"compressed":       {good, "Content-Encoding", "gzip", 400, "compressed request bodies are not taken"},
		"huge":             {wanted(`{"name":"` + strings.Repeat("a", httpapi.DefaultMaxBody) + `"}`), "Accept", "*/*", 413, "the body is larger than 1048576 bytes"},
		"a key of spaces":  {good, "Idempotency-Key", "my key", 400, "the Idempotency-Key has a character that is not printable ASCII"},
		"a key too long":   {good, "Idempotency-Key", strings.Repeat("k", 129), 400, "the Idempotency-Key is longer than 128 characters"},
		"a key of newline": {good, "Idempotency-Key", "a\nb", 400, "the Idempotency-Key has a character that is not printable ASCII"},
	} {
		t.Run(name, func(t *testing.T) {
			d := mustBeProblem(t, p.ask(t, http.MethodPost, "/api/operations", tt.body, map[string]string{tt.header: tt.value}), tt.status)
			if d.Detail != tt.detail {
				t.Errorf("told %q, want %q", d.Detail, tt.detail)
			}
		})
	}
	twice := httptest.NewRequest(http.MethodPost, "/api/operations", strings.NewReader(good))
	twice.Header = http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {"a", "b"}}
	w := httptest.NewRecorder()
	p.Portal.ServeHTTP(w, twice)
	if d := mustBeProblem(t, w, http.StatusBadRequest); d.Detail != "there is more than one Idempotency-Key" {
		t.Errorf("two keys: told %q", d.Detail)
	}
	mustHaveNoOperations(t, p)
}

// TestQuestionsThatHaveNoAnswer reads what is not there, in ways that nobody offered.
func TestQuestionsThatHaveNoAnswer(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	made := p.create(t, "orders")
	p.create(t, "orders-2")
	forged := base64.RawURLEncoding.EncodeToString([]byte(`{"pk":"OPS#OPEN"}`))
	for _, tt := range []struct {
		method, target string
		status         int
		detail         string
		fields         []string
	}{
		{"GET", "/api/operations/nothing", 404, `no operation with id "nothing"`, nil},
		{"GET", "/api/operations/nothing/effects", 404, `no operation with id "nothing"`, nil},
		{"GET", "/api/operations/" + url.PathEscape("../"+made.ID), 404, "", nil},
		{"GET", "/api/operations/" + strings.Repeat("x", 3000), 404, "", nil},
		{"GET", "/api/operations?limit=0", 400, notValid, []string{"#/limit is a number from 1 to 100"}},
		{"GET", "/api/operations?limit=101", 400, notValid, []string{"#/limit is a number from 1 to 100"}},
		{"GET", "/api/operations?limit=-1", 400, notValid, []string{"#/limit is a number from 1 to 100"}},
		{"GET", "/api/operations?limit=ten", 400, notValid, []string{"#/limit is a number from 1 to 100"}},
		{"GET", "/api/operations?limit=99999999999999999999", 400, notValid, []string{"#/limit is a number from 1 to 100"}},
		{"GET", "/api/operations?cursor=nonsense", 400, "the cursor is not one that was given out", nil},
		{"GET", "/api/operations?cursor=" + forged, 400, "the cursor is not one of this list", nil},
		{"GET", "/api/operations?cursor=" + strings.Repeat("A", 5000), 400, "the cursor is not one of this list", nil},
		{"GET", "/api/audit/records?cursor=nonsense", 400, "the query is not valid", []string{"#/cursor is none that was given before"}},
		{"GET", "/api/audit/records?limit=0&colour=red&from=yesterday", 400, "the query is not valid",
			[]string{"#/colour is not known here", "#/from must be a time such as 2026-11-22T09:00:00Z", "#/limit is a number from 1 to 100"}},
		{"GET", "/api/nothing", 404, "there is nothing at this path", nil},
		{"GET", "/", 404, "there is nothing at this path", nil},
	} {
		d := mustBeProblem(t, p.ask(t, tt.method, tt.target, "", nil), tt.status)
		if len(d.Detail) > 200 {
			t.Errorf("%.80s: the answer repeats what was sent: %s", tt.target, d.Detail)
		}
		if diff := cmp.Diff(tt.fields, d.fields()); (tt.detail != "" && d.Detail != tt.detail) || diff != "" {
			t.Errorf("%.80s: told %q, want %q\n%s", tt.target, d.Detail, tt.detail, diff)
		}
	}
}

// TestMethodsThatDoNotExist calls routes with the wrong method.
func TestMethodsThatDoNotExist(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	for target, allow := range map[string]string{"/api/operations": "GET, HEAD, POST", "/api/operations/x": "GET, HEAD", "/webhooks/gitlab": "POST"} {
		w := p.ask(t, http.MethodDelete, target, "", nil)
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != allow || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("DELETE %s: answered %d %v %s", target, w.Code, w.Header(), w.Body)
		}
	}
}

// TestPagesFollowEachOther reads a list page by page.
func TestPagesFollowEachOther(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	want := []string{p.create(t, "page-3").ID, p.create(t, "page-2").ID, p.create(t, "page-1").ID}
	slices.Reverse(want)
	var got []string
	for cursor := ""; ; {
		w := p.ask(t, http.MethodGet, "/api/operations?limit=1&cursor="+url.QueryEscape(cursor), "", nil)
		var page struct {
			Items      []operations.Operation
			NextCursor string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK || len(page.Items) > 1 {
			t.Fatalf("answered %d %s: %v", w.Code, w.Body, err)
		}
		for _, o := range page.Items {
			got = append(got, o.ID)
		}
		if cursor = page.NextCursor; cursor == "" || len(got) > len(want) {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestTheSameKeyNeverCreatesTwice sends one request many times at once, then another with
// the same key.
func TestTheSameKeyNeverCreatesTwice(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	key := map[string]string{"Idempotency-Key": "3b1f-once"}
	answers := make([]string, 12)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			w := p.ask(t, http.MethodPost, "/api/operations", wanted(`{"name":"orders"}`), key)
			answers[i] = w.Header().Get("Location")
			if w.Code != http.StatusAccepted {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
		})
	}
	wg.Wait()
	if slices.Sort(answers); answers[0] == "" || answers[0] != answers[len(answers)-1] {
		t.Fatalf("one key stands for %q", slices.Compact(answers))
	}
	id := strings.TrimPrefix(answers[0], "/api/operations/")
	if o := p.ended(t, id); o.Status != operations.Succeeded {
		t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
	}
	mustBeComplete(t, p, "orders")
	d := mustBeProblem(t, p.ask(t, http.MethodPost, "/api/operations", wanted(`{"name":"other"}`), key), http.StatusConflict)
	if d.Detail != "this Idempotency-Key was used for another request" {
		t.Errorf("told %q", d.Detail)
	}
	again := p.ask(t, http.MethodPost, "/api/operations", wanted(`{"name":"orders"}`), key)
	if again.Code != http.StatusAccepted || again.Header().Get("Location") != answers[0] {
		t.Errorf("asking again after the end: %d %s", again.Code, again.Body)
	}
	mustHaveNoTwins(t, p)
}

// TestANameThatIsTaken asks for one name many times at once, each time as something new.
func TestANameThatIsTaken(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	var mu sync.Mutex
	var accepted []string
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			w := p.ask(t, http.MethodPost, "/api/operations", wanted(`{"name":"orders"}`), nil)
			mu.Lock()
			defer mu.Unlock()
			if w.Code == http.StatusAccepted {
				accepted = append(accepted, strings.TrimPrefix(w.Header().Get("Location"), "/api/operations/"))
			} else if d := mustBeProblem(t, w, http.StatusConflict); !strings.HasPrefix(d.Detail, "component:default/orders ") {
				t.Errorf("told %q", d.Detail)
			}
		})
	}
	wg.Wait()
	if len(accepted) != 1 {
		t.Fatalf("%d requests for one name were accepted", len(accepted))
	}
	if o := p.ended(t, accepted[0]); o.Status != operations.Succeeded {
		t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
	}
	mustBeComplete(t, p, "orders")
	d := mustBeProblem(t, p.ask(t, http.MethodPost, "/api/operations", wanted(`{"name":"orders"}`), nil), http.StatusConflict)
	if d.Detail != "component:default/orders is already in the catalog" {
		t.Errorf("told %q", d.Detail)
	}
}

// TestAPortalWithoutItsGitLab asks for what needs GitLab while that fails, and for what
// does not.
func TestAPortalWithoutItsGitLab(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.seeded(t)
	defer p.stop(t)
	before, err := p.Catalog.Locations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	everything := func(*http.Request) bool { return true }
	location := `{"type":"url","target":"` + w.gitlabURL + `/platform/templates/-/blob/main/environments/providers.yaml"}`
	for name, tt := range map[string]struct {
		fault faults.Fault
		code  int
		kind  string
		says  string
	}{
		"unreachable":   {faults.Dropped(), 503, "ServiceUnavailableError", "GitLab can't be reached or gave no usable answer"},
		"failing":       {faults.Refused(500), 503, "ServiceUnavailableError", "GitLab answered 500"},
		"throttled":     {faults.Throttled(time.Now(), time.Hour), 429, "TooManyRequestsError", "GitLab answered 429"},
		"token revoked": {faults.Unauthorized(), 503, "ServiceUnavailableError", "a system behind this API does not accept our credentials"},
	} {
		w.faults.Set(faults.Always(everything, tt.fault))
		answer := p.ask(t, http.MethodPost, "/api/catalog/locations", location, nil)
		var envelope struct {
			Error struct{ Name, Message string }
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &envelope); err != nil || answer.Code != tt.code || envelope.Error.Name != tt.kind || !strings.Contains(envelope.Error.Message, tt.says) {
			t.Errorf("%s: answered %d %s, want %d %s %q", name, answer.Code, answer.Body, tt.code, tt.kind, tt.says)
		}
		if strings.Contains(answer.Body.String(), w.token) || strings.Contains(answer.Body.String(), "dial tcp") {
			t.Errorf("%s: the answer gives away too much: %s", name, answer.Body)
		}
		for _, target := range []string{"/api/catalog/entities", "/api/operations", "/api/audit/records"} {
			if answer := p.ask(t, http.MethodGet, target, "", nil); answer.Code != http.StatusOK {
				t.Errorf("%s: GET %s answers %d %s", name, target, answer.Code, answer.Body)
			}
		}
	}
	w.faults.Set(nil)
	after, err := p.Catalog.Locations(t.Context())
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("locations have changed: %v\n%s", err, diff)
	}
}
