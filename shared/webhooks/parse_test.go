package webhooks

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	samples "github.com/slipwayhq/slipway/events"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

var update = flag.Bool("update", false, "write the golden files")

func sampleNames(t testing.TB) []string {
	t.Helper()
	names, err := samples.Names("gitlab")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	body, err := samples.Sample(name)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestSamples(t *testing.T) {
	t.Parallel()
	for _, name := range sampleNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := parse(sample(t, name))
			if err != nil {
				t.Fatal(err, errs.Fields(err))
			}
			told := []map[string]any{}
			for _, n := range e.news {
				told = append(told, map[string]any{"type": n.typ, "data": n.data})
			}
			data, err := json.MarshalIndent(map[string]any{"kind": e.kind, "subject": e.subject, "events": told}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", filepath.Base(name))
			if *update {
				if err := os.WriteFile(golden, append(data, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(data)+"\n"); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSecretsOfAPayloadAreNotKept(t *testing.T) {
	t.Parallel()
	e, err := parse(sample(t, "gitlab/pipeline.json"))
	if err != nil {
		t.Fatal(err)
	}
	if data := fmt.Sprint(e.news); strings.Contains(data, "DEPLOY_LEVEL") {
		t.Errorf("the pipeline's variables are in %s", data)
	}
}

func TestMalformedPayloads(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body     string
		pointers []string
	}{
		"nothing":         {``, nil},
		"not JSON":        {`object_kind=push`, nil},
		"array":           {`[]`, nil},
		"null":            {`null`, nil},
		"two documents":   {`{} {}`, nil},
		"bad UTF-8":       {"{\"object_kind\":\"\xff\"}", nil},
		"deep":            {`{"object_kind":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, nil},
		"no kind":         {`{"project_id":1}`, nil},
		"kind is a list":  {`{"object_kind":["push"]}`, nil},
		"empty push":      {`{"object_kind":"push"}`, []string{"/project_id", "/ref", "/before", "/after"}},
		"empty pipeline":  {`{"object_kind":"pipeline","project":{"id":1}}`, []string{"/object_attributes/id", "/object_attributes/ref", "/object_attributes/status"}},
		"negative id":     {`{"event_name":"project_create","project_id":-1,"path_with_namespace":"a/b"}`, []string{"/project_id"}},
		"no group":        {`{"event_name":"group_rename","full_path":"a"}`, []string{"/group_id", "/old_full_path"}},
		"no repository":   {`{"event_name":"repository_update","refs":["refs/heads/main"]}`, []string{"/project_id"}},
		"project of null": {`{"event_name":"project_destroy","project_id":1,"path_with_namespace":null}`, []string{"/path_with_namespace"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse([]byte(c.body))
			if !errors.Is(err, errs.Invalid) {
				t.Fatalf("got %v", err)
			}
			var got []string
			for _, f := range errs.Fields(err) {
				got = append(got, f.Pointer)
			}
			if d := cmp.Diff(c.pointers, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTolerance(t *testing.T) {
	t.Parallel()
	e, err := parse([]byte(`{"object_kind":"pipeline","project":{"id":"9007199254740993","path_with_namespace":7},"builds":[null,1,{"name":"a\u001b[2Jb","status":"failed"}],
		"object_attributes":{"id":"12","ref":"ma\nin","status":"success","created_at":"2016-08-12T15:23:28.123+02:00","finished_at":"soon","tag":"yes"}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Pipeline{
		Project: Project{ID: 9007199254740993}, ID: 12, Ref: "main", Status: "success",
		CreatedAt: time.Date(2016, 8, 12, 13, 23, 28, 123000000, time.UTC), FailedJobs: []string{"a[2Jb"},
	}
	if d := cmp.Diff(want, e.news[0].data); d != "" {
		t.Error(d)
	}
}

// TestLargePushesFitOnTheBus keeps as many paths as fit and says that it is not all.
func TestLargePushesFitOnTheBus(t *testing.T) {
	t.Parallel()
	paths := make([]string, 2000)
	for i := range paths {
		paths[i] = fmt.Sprintf("services/%05d/%s", i, strings.Repeat("ü", 600))
	}
	body, err := json.Marshal(map[string]any{
		"object_kind": "push", "project_id": 1, "ref": "refs/heads/main", "before": strings.Repeat("a", 40), "after": strings.Repeat("b", 40),
		"total_commits_count": 1, "commits": []any{map[string]any{"added": paths, "message": strings.Repeat("<", 100000)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := parse(body)
	if err != nil {
		t.Fatal(err)
	}
	push := e.news[0].data.(Push)
	if push.Complete || len(push.Changed) < 10 {
		t.Errorf("complete=%v with %d paths", push.Complete, len(push.Changed))
	}
	if data, err := json.Marshal(push); err != nil || len(data) > bus.MaxEventBytes/2 {
		t.Errorf("the event takes %d bytes, %v", len(data), err)
	}
}

// TestWhenAPushListsAllThatItChanged believes a list of paths only when it can be complete.
func TestWhenAPushListsAllThatItChanged(t *testing.T) {
	t.Parallel()
	commit := `{"modified":["a"]}`
	for name, c := range map[string]struct {
		before, after, rest string
		complete            bool
	}{
		"ordinary":             {"a", "b", `"commits":[` + commit + `],"total_commits_count":1`, true},
		"of a system hook":     {"a", "b", `"commits":[],"total_commits_count":0`, false},
		"without a list":       {"a", "b", `"total_commits_count":0`, false},
		"back to an older one": {"b", "a", `"commits":[],"total_commits_count":0`, false},
		"more than are listed": {"a", "b", `"commits":[` + commit + `],"total_commits_count":2`, false},
		"a new branch":         {"0", "b", `"commits":[` + commit + `],"total_commits_count":1`, false},
		"a deleted branch":     {"a", "0", `"commits":[` + commit + `],"total_commits_count":1`, false},
	} {
		e, err := parse([]byte(fmt.Sprintf(`{"object_kind":"push","project_id":1,"ref":"refs/heads/main","before":%q,"after":%q,%s}`,
			strings.Repeat(c.before, 40), strings.Repeat(c.after, 40), c.rest)))
		if err != nil {
			t.Fatal(name, err)
		}
		if p := e.news[0].data.(Push); p.Complete != c.complete {
			t.Errorf("%s: complete is %v", name, p.Complete)
		}
	}
}

func TestDataOfAnotherType(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(Push{Ref: "refs/heads/main", Project: Project{ID: 1, DefaultBranch: "main"}})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := PushOf(bus.Event{Type: PushType, Data: data}); err != nil || !p.OnDefaultBranch() {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := PipelineOf(bus.Event{Type: PushType, Data: data}); !errors.Is(err, errs.Invalid) {
		t.Errorf("a push read as a pipeline: %v", err)
	}
	if _, err := JobOf(bus.Event{Type: JobType, Data: []byte(`[]`)}); !errors.Is(err, errs.Invalid) {
		t.Errorf("malformed data: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, n := range sampleNames(f) {
		f.Add(sample(f, n))
	}
	f.Add([]byte(`{"event_name":"project_rename","project_id":"1","path_with_namespace":"\u202e"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := parse(body)
		if err != nil {
			if !errors.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		if len(e.news) > maxRefs {
			t.Fatalf("%d events of one delivery", len(e.news))
		}
		for _, n := range e.news {
			checkNews(t, e, n)
		}
	})
}

func checkNews(t *testing.T, e delivered, n news) {
	t.Helper()
	data, err := json.Marshal(n.data)
	if err != nil {
		t.Fatal(err)
	}
	var back any
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if _, id, _ := strings.Cut(e.subject, "/"); id == "" || id == "0" || n.typ == "" || len(data) > bus.MaxEventBytes/2 {
		t.Fatalf("%s about %s: %s", n.typ, e.subject, data)
	}
	if s := fmt.Sprint(back); strings.ContainsFunc(s, unicode.IsControl) {
		t.Fatalf("control characters in %q", s)
	}
}
