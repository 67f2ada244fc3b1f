package scaffolder

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// dryRun is a dry run as Backstage 4.2's scaffolder answered it.
type dryRun struct {
	Request struct {
		Template          json.RawMessage `json:"template"`
		Values            map[string]any  `json:"values"`
		DirectoryContents []dryFile       `json:"directoryContents"`
	} `json:"request"`
	Response struct {
		DirectoryContents []dryFile      `json:"directoryContents"`
		Output            map[string]any `json:"output"`
	} `json:"response"`
}

type dryFile struct {
	Path          string `json:"path"`
	Base64Content string `json:"base64Content"`
}

func (f dryFile) content(t *testing.T) []byte {
	t.Helper()
	content, err := base64.StdEncoding.DecodeString(f.Base64Content)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// besides are files beside a template.
type besides []workspace.File

func (b besides) Skeleton(_ context.Context, _ actions.Source, url string) (*workspace.Files, error) {
	all, err := workspace.Collect(b)
	if err != nil {
		return nil, err
	}
	return all.Under(url)
}

func (b besides) File(context.Context, actions.Source, string) (workspace.File, error) {
	return workspace.File{}, errs.New(errs.NotFound, "no single files")
}

// TestATemplateMakesWhatBackstageMadeOfIt runs the steps of a recorded dry run, all but one
// that no action here knows, and compares the files and the output.
func TestATemplateMakesWhatBackstageMadeOfIt(t *testing.T) {
	t.Parallel()
	var d dryRun
	raw, err := os.ReadFile("testdata/dryrun.json")
	if err != nil || json.Unmarshal(raw, &d) != nil {
		t.Fatal(err)
	}
	parsed, err := template.Parse(d.Request.Template, template.Config{})
	if err != nil {
		t.Fatal(errs.Explain(err))
	}
	tasks, spaces, registry := recordedWorld(t, d)
	o := &operations.Operation{ID: "op-1"}
	r := resolved{Template: parsed, Values: d.Request.Values}
	sc := newScope(o, r)
	for _, s := range parsed.Steps {
		if s.Action == "catalog:write" {
			continue
		}
		action, err := registry.Action(s.Action)
		if err != nil {
			t.Fatal(err)
		}
		calls, wanted, err := tasks.calls(t.Context(), s, sc)
		if err != nil || !wanted && s.ID != "cond" {
			t.Fatalf("step %s: wanted %v, %v", s.ID, wanted, err)
		}
		var outputs []map[string]any
		for _, c := range calls {
			result, err := action.Run(t.Context(), c.complete(o, r, spaces))
			if err != nil {
				t.Fatalf("step %s: %s", s.ID, errs.Explain(err))
			}
			outputs = append(outputs, result.Outputs)
		}
		sc.setOutput(s.ID, outputsOf(s, outputs))
	}
	compareRecorded(t, d, spaces)
	own, err := tasks.render(t.Context(), "output", parsed.Output, sc)
	if err != nil {
		t.Fatal(err)
	}
	compareOutput(t, d, own.(map[string]any))
}

func recordedWorld(t *testing.T, d dryRun) (*Tasks, *workspace.Store, *actions.Registry) {
	t.Helper()
	tasks := renderer(t)
	blobs, err := dirblob.Open(dirblob.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	spaces, err := workspace.New(workspace.Config{Blobs: blobs})
	if err != nil {
		t.Fatal(err)
	}
	var files besides
	for _, f := range d.Request.DirectoryContents {
		files = append(files, workspace.File{Path: f.Path, Content: f.content(t)})
	}
	list, err := actions.NewFiles(actions.FilesConfig{Skeletons: files, Engine: tasks.deps.Engine, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := actions.NewRegistry(list...)
	if err != nil {
		t.Fatal(err)
	}
	return tasks, spaces, registry
}

func compareRecorded(t *testing.T, d dryRun, spaces *workspace.Store) {
	t.Helper()
	files, err := spaces.Load(t.Context(), "op-1")
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{}, map[string]string{}
	for _, f := range d.Response.DirectoryContents {
		if f.Path != "out/catalog-info.yaml" { // written by catalog:write
			want[f.Path] = string(f.content(t))
		}
	}
	for _, f := range files.All() {
		got[f.Path] = string(f.Content)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-Backstage's +ours)\n%s", diff)
	}
}

func compareOutput(t *testing.T, d dryRun, own map[string]any) {
	t.Helper()
	want := d.Response.Output
	delete(want, "taskId")
	delete(own, "taskId")
	own["links"] = shownItems(own["links"].([]any))
	body, err := json.Marshal(own)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	for _, output := range []map[string]any{want, got} { // the place of the workspace differs
		for _, f := range output["files"].([]any) {
			entry := f.(map[string]any)
			if !strings.HasSuffix(entry["fullPath"].(string), "/"+entry["path"].(string)) {
				t.Errorf("fullPath of %v", entry)
			}
			delete(entry, "fullPath")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("output (-Backstage's +ours)\n%s", diff)
	}
}
