package scaffolderapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest/portaltest"
)

// TestScaffolderAnswersLikeBackstage replays what Backstage's scaffolder backend 4.2 was
// asked. Each answer is the same, or the document about compatibility says what differs and
// why.
func TestScaffolderAnswersLikeBackstage(t *testing.T) {
	t.Parallel()
	differing := httpapitest.Deviations(t, "../../../docs/backstage-compatibility.md", `scaffolder/\d{3}-[^`+"`]+")
	s := &scaffolderSession{Portal: portaltest.New(t, portaltest.Program{}), ours: map[string]string{}}
	s.Register(t, portaltest.RecordedTemplates(t))
	files, err := filepath.Glob("../testdata/backstage/scaffolder/*.json") // in the order of the recording
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	for _, f := range files {
		id := strings.TrimSuffix(filepath.Base(f), ".json")
		want := httpapitest.ReadRecording(t, f)
		s.before(t, id)
		diff := s.compare(t, id, want, sentBody(t, f), differing["scaffolder/"+id])
		_, listed := differing["scaffolder/"+id]
		switch {
		case listed && s.same:
			t.Errorf("%s is answered as recorded: the document says otherwise", id)
		case diff != "":
			t.Errorf("%s %s (-want +got):\n%s", id, want.Request.Path, diff)
		}
		delete(differing, "scaffolder/"+id)
	}
	for id := range differing {
		t.Errorf("%s is in the document and is no recording", id)
	}
}

// scaffolderSession is the system in the state that the recorded requests found.
type scaffolderSession struct {
	*portaltest.Portal
	ours map[string]string // our ids of tasks by the recorded ones
	same bool              // whether the last answer was the recorded one in everything
}

// The recorded tasks.
const (
	goldenTask = "6b5477c0-2a75-40de-8c3b-26e84a7df4c3"
	secondTask = "8a89d4e0-c0a8-4381-a7bf-9f9e059fa3b1"
	failedTask = "65254455-37e1-4923-9972-1553b05eaf11"
	waitTask   = "20de66c4-9a11-42dc-85b8-206002b77f51"
)

// before does what the recorded session did between two recordings.
func (s *scaffolderSession) before(t *testing.T, id string) {
	t.Helper()
	switch id {
	case "020-events-db":
		s.ours[secondTask] = s.Create(t, "template:default/golden-template", recordedParameters(t, secondTask))
		s.Ended(t, s.ours[secondTask])
	case "035-retry-failed", "036-events-after-retry":
		s.Ended(t, s.ours[failedTask])
	case "040-task-cancelled":
		s.Begun(t, s.ours[waitTask])
		if code := s.Ask(t, http.MethodPost, "/v2/tasks/"+s.ours[waitTask]+"/cancel", nil, nil); code != http.StatusOK {
			t.Fatalf("cancelling: %d", code)
		}
		s.Ended(t, s.ours[waitTask])
	}
}

// recordedParameters gives the values that a recorded task was made with.
func recordedParameters(t *testing.T, id string) map[string]any {
	t.Helper()
	list := httpapitest.ReadRecording(t, "../testdata/backstage/scaffolder/042-list.json").Response.Body.(map[string]any)
	for _, task := range list["tasks"].([]any) {
		if task := task.(map[string]any); task["id"] == id {
			return task["spec"].(map[string]any)["parameters"].(map[string]any)
		}
	}
	t.Fatalf("%s was not recorded", id)
	return nil
}

// compare replays a recording and gives the differences but for those in except.
func (s *scaffolderSession) compare(t *testing.T, id string, r httpapitest.Recording, body []byte, except string) string {
	t.Helper()
	w := s.send(t, r, body)
	s.learn(id, r, w)
	got := s.body(t, w)
	want := r.Response.Body
	if text, stream := want.(string); stream {
		want = framed(t, text)
	}
	if r.Request.Path == "/v2/dry-run" {
		want, got = plainDryRun(want), plainDryRun(got)
	}
	all := s.differences(r, w.Code, want, got, nil)
	s.same = all == ""
	switch except {
	case "answer":
		return ""
	case "body":
		return cmp.Diff(r.Response.Status, w.Code)
	case "":
		return all + s.headers(r, w)
	}
	return s.differences(r, w.Code, want, got, []string{except})
}

// plainDryRun blanks the number of steps that a dry run begins with, as Backstage counts a
// step of its own, and sorts the files: directories are listed in the order in which they
// happen to be read.
func plainDryRun(answer any) any {
	result, _ := answer.(map[string]any)
	if files, _ := result["directoryContents"].([]any); len(files) > 0 {
		name := func(file any) string { return file.(map[string]any)["path"].(string) }
		slices.SortFunc(files, func(a, b any) int { return strings.Compare(name(a), name(b)) })
	}
	if log, _ := result["log"].([]any); len(log) > 0 {
		body := log[0].(map[string]any)["body"].(map[string]any)
		body["message"] = regexp.MustCompile(`^(Starting up task with )\d+`).ReplaceAllString(body["message"].(string), "$1…")
	}
	return answer
}

func (s *scaffolderSession) differences(r httpapitest.Recording, code int, want, got any, except []string) string {
	return cmp.Diff(r.Response.Status, code) + cmp.Diff(plainTask(want, except), plainTask(got, except))
}

// headers compares what clients look at.
func (s *scaffolderSession) headers(r httpapitest.Recording, w *httptest.ResponseRecorder) string {
	diff := cmp.Diff(r.Response.Headers["content-type"], w.Header().Get("Content-Type"))
	if w.Code == http.StatusOK && r.Response.Headers["etag"] != "" && w.Header().Get("ETag") == "" {
		diff += "no ETag"
	}
	return diff
}

// sentBody gives the body of a recorded request with its members in their order.
func sentBody(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Request struct{ Body json.RawMessage }
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r.Request.Body
}

func (s *scaffolderSession) send(t *testing.T, r httpapitest.Recording, sent []byte) *httptest.ResponseRecorder {
	t.Helper()
	target := r.Request.Path
	for recorded, ours := range s.ours {
		target = strings.ReplaceAll(target, recorded, ours)
	}
	if strings.Contains(target, "after=82") { // of 84: the last two
		target = strings.ReplaceAll(target, "after=82", fmt.Sprintf("after=%d", s.lastEvent(t, s.ours[goldenTask])-2))
	}
	req := httptest.NewRequest(r.Request.Method, "/api/scaffolder"+target, bytes.NewReader(sent))
	for name, value := range r.Request.Headers {
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	return w
}

func (s *scaffolderSession) lastEvent(t *testing.T, id string) int {
	t.Helper()
	var list []struct{ ID int }
	if code := s.Ask(t, http.MethodGet, "/v2/tasks/"+id+"/events", nil, &list); code != http.StatusOK || len(list) == 0 {
		t.Fatal(code, len(list))
	}
	return list[len(list)-1].ID
}

// learn notes the id of a task that a recording made.
func (s *scaffolderSession) learn(id string, r httpapitest.Recording, w *httptest.ResponseRecorder) {
	recorded := map[string]string{"011-create-ok": goldenTask, "032-create-fail": failedTask, "037-create-wait": waitTask}[id]
	var made struct{ ID string }
	if recorded != "" && json.Unmarshal(w.Body.Bytes(), &made) == nil {
		s.ours[recorded] = made.ID
	}
}

// body reads an answer, with the recorded ids of tasks in the place of ours.
func (s *scaffolderSession) body(t *testing.T, w *httptest.ResponseRecorder) (v any) {
	t.Helper()
	text := w.Body.String()
	for recorded, ours := range s.ours {
		text = strings.ReplaceAll(text, ours, recorded)
	}
	if w.Header().Get("Content-Type") == "text/event-stream" {
		return framed(t, text)
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%d: %v: %s", w.Code, err, text)
	}
	return v
}

var frame = regexp.MustCompile(`(?m)^event: (\w+)\ndata: (.*)\n\n`)

// framed reads the events of a stream.
func framed(t *testing.T, text string) any {
	t.Helper()
	list := []any{}
	for _, f := range frame.FindAllStringSubmatch(text, -1) {
		var e map[string]any
		if err := json.Unmarshal([]byte(f[2]), &e); err != nil || e["type"] != f[1] {
			t.Fatalf("event %s: %v: %s", f[1], err, f[2])
		}
		list = append(list, e)
	}
	return list
}

// volatileTask are the members of tasks that no two sessions share, and what the catalog
// says about where a template was read from.
var volatileTask = regexp.MustCompile(`^(id|createdAt|lastHeartbeatAt|uid|baseUrl|annotations|fullPath|logId)$`)

var temporary = regexp.MustCompile(`(/tmp/)?(dry-run-)?[0-9a-f]{8}-[0-9a-f-]{27}(/|$)`)

// plainTask blanks what may differ. Lines that actions write into the log are in each one's
// own words, and not compared; neither are those of the portal's own steps.
func plainTask(v any, except []string) any {
	switch v := v.(type) {
	case []any:
		out := []any{}
		for _, item := range v {
			if !ownWords(item) {
				out = append(out, plainTask(item, except))
			}
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			switch id, isText := v[name].(string); {
			case name == "id" && (!isText || !temporary.MatchString(id)) && v["createdAt"] == nil: // of a step, an action
				out[name] = v[name]
			case name == "etag": // what operations keep of an entity has none
			case volatileTask.MatchString(name) || slices.Contains(except, name):
				out[name] = "…"
			default:
				out[name] = plainTask(v[name], except)
			}
		}
		return out
	case string:
		return temporary.ReplaceAllString(v, "…$3")
	}
	return v
}

// ownWords reports whether an event, or a line of a dry run, is one that an action or the
// portal writes.
func ownWords(item any) bool {
	line, _ := item.(map[string]any)
	body, isLine := line["body"].(map[string]any)
	kind, _ := line["type"].(string)
	message, _ := body["message"].(string)
	return isLine && (kind == "" || kind == "log") && body["status"] == nil && !strings.HasPrefix(message, "Starting up task")
}
