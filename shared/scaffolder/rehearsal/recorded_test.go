package rehearsal_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/rehearsal"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// dryRun is a dry run as Backstage 4.2's scaffolder answered it.
type dryRun struct {
	Request struct {
		Template          json.RawMessage `json:"template"`
		Values            keyorder.Object `json:"values"`
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

// TestATemplateMakesWhatBackstageMadeOfIt rehearses the steps of a recorded dry run, all but
// one that no action here knows, and compares the files and the output.
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
	parsed.Steps = slices.DeleteFunc(parsed.Steps, func(s template.Step) bool { return s.Action == "catalog:write" })
	var files []workspace.File
	for _, f := range d.Request.DirectoryContents {
		files = append(files, workspace.File{Path: f.Path, Content: f.content(t)})
	}
	found, err := rehearser(t).Rehearse(t.Context(), rehearsal.Request{
		Template: parsed, Source: actions.Source{Beside: files}, Values: d.Request.Values, Operation: operations.Ref{ID: "op-1"},
	})
	if err != nil || found.Failed != "" {
		t.Fatal(err, found.Failed, errs.Explain(found.Failure))
	}
	compareRecorded(t, d, found.Files)
	compareOutput(t, d, found.Output.Map)
}

func compareRecorded(t *testing.T, d dryRun, files []workspace.File) {
	t.Helper()
	want, got := map[string]string{}, map[string]string{}
	for _, f := range d.Response.DirectoryContents {
		if f.Path != "out/catalog-info.yaml" { // written by catalog:write
			want[f.Path] = string(f.content(t))
		}
	}
	for _, f := range files {
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
