package actions_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// put starts the workspace with files.
func put(t *testing.T, spaces *workspace.Store, files ...workspace.File) {
	t.Helper()
	list, err := workspace.Collect(files)
	if err != nil {
		t.Fatal(err)
	}
	if err := spaces.Save(t.Context(), "op-1", list); err != nil {
		t.Fatal(err)
	}
}

func paths(t *testing.T, spaces *workspace.Store) string {
	t.Helper()
	var list []string
	for p := range contents(t, spaces) {
		list = append(list, p)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// ran plans and runs an action twice, as after a crash, and gives the second result.
func ran(t *testing.T, a actions.Action, input map[string]any) actions.Result {
	t.Helper()
	if _, err := a.Plan(t.Context(), call(input)); err != nil {
		t.Fatal(err)
	}
	var result actions.Result
	for range 2 {
		var err error
		if result, err = a.Run(t.Context(), call(input)); err != nil {
			t.Fatal(errs.Explain(err))
		}
	}
	return result
}

func TestFetchTemplateSyntaxes(t *testing.T) {
	t.Parallel()
	list, spaces := onFiles(t, shelf{
		"./cookie": {file("{{cookiecutter.name}}/{% if cookiecutter.no %}never{% endif %}", "x"), file("{{cookiecutter.name}}.txt", `{{ cookiecutter.o | jsonify }} ${{ True }}`)},
		"./trim":   {file("t", "a\n  {% if true %}\nb\n  {% endif %}\nc\n")},
		"./kept": {
			{Path: "bin/run.sh", Content: []byte("#!/bin/sh\n# ${{ values.name }}"), Executable: true},
			{Path: "logo", Content: []byte("\x00${{ values.name }}")}, {Path: "to", Link: "logo"},
			file("{% if values.none %}dir{% endif %}/gone", "x"), file("${{ values.name }}.keep", "${{ values.name }}"),
		},
		"./one": {file("one.md", "# ${{ values.name }}")},
	})
	values := map[string]any{"name": "orders", "o": map[string]any{"a": 1.0}}
	fetch := list[actions.FetchTemplateID]
	ran(t, fetch, map[string]any{"url": "./cookie", "values": values, "cookiecutterCompat": true})
	ran(t, fetch, map[string]any{"url": "./trim", "values": values, "trimBlocks": true, "lstripBlocks": true})
	ran(t, fetch, map[string]any{"url": "./kept", "values": values, "targetPath": "./out", "copyWithoutTemplating": []any{"*.keep"}, "copyWithoutRender": []any{"bin"}})
	ran(t, list[actions.FetchTemplateFileID], map[string]any{"url": "./one", "targetPath": "./docs/${x}.md", "values": values})
	ran(t, list[actions.FetchPlainID], map[string]any{"url": "./one", "targetPath": "plain"})
	ran(t, list[actions.FetchPlainFileID], map[string]any{"url": "./one", "targetPath": "no/../plain/two.md/"})
	for _, there := range []string{"plain/one.md", "plain/", "./out/../docs"} { // files and directories are kept, and nothing is read
		ran(t, list[actions.FetchTemplateFileID], map[string]any{"url": "./nowhere", "targetPath": there})
	}
	want := map[string]string{
		"orders.txt": `{"a":1} $true`, "t": "a\nb\nc\n", "out/bin/run.sh": "#!/bin/sh\n# orders", "out/logo": "\x00${{ values.name }}", "out/to": "",
		"out/orders.keep": "${{ values.name }}", "docs/${x}.md": "# orders", "plain/one.md": "# ${{ values.name }}", "plain/two.md": "# ${{ values.name }}",
	}
	if diff := cmp.Diff(want, contents(t, spaces)); diff != "" {
		t.Error(diff)
	}
	files, err := spaces.Load(t.Context(), "op-1")
	if err != nil {
		t.Fatal(err)
	}
	script, _ := files.Get("out/bin/run.sh")
	link, _ := files.Get("out/to")
	if !script.Executable || link.Link != "logo" {
		t.Errorf("modes are lost: %+v, %+v", script, link)
	}
}

func TestFilesAreDeletedAndMoved(t *testing.T) {
	t.Parallel()
	list, spaces := onFiles(t, nil)
	put(t, spaces, file("a.txt", "a"), file("b.txt", "b"), file("src/x.go", "x"), file("src/deep/y.go", "y"), file(".env", "e"), file("keep.md", "k"))
	if r := ran(t, list[actions.FSDeleteID], map[string]any{"files": []any{"*.txt", "none", "./.env"}}); r.Detail != "0 files deleted" {
		t.Errorf("again: %s", r.Detail)
	}
	if got := paths(t, spaces); got != "keep.md src/deep/y.go src/x.go" {
		t.Errorf("left: %s", got)
	}
	ran(t, list[actions.FSRenameID], map[string]any{"files": []any{
		map[string]any{"from": "src", "to": "./lib"}, map[string]any{"from": "lib/x.go", "to": "keep.md", "overwrite": true}, map[string]any{"from": "lib/deep", "to": "top"},
	}})
	if diff := cmp.Diff(map[string]string{"keep.md": "x", "top/y.go": "y"}, contents(t, spaces)); diff != "" {
		t.Error(diff)
	}
	ran(t, list[actions.FSDeleteID], map[string]any{"files": []any{"**"}})
	if got := paths(t, spaces); got != "" {
		t.Errorf("left: %s", got)
	}
}

func TestReaddirListsInNodesOrder(t *testing.T) {
	t.Parallel()
	list, spaces := onFiles(t, nil)
	put(t, spaces, file("z", ""), file("b/2", ""), file("b/c/3", ""), file("a/1", ""), file("other/x", ""))
	joined := func(v any) string {
		var all []string
		for _, e := range v.([]any) {
			all = append(all, e.(templating.Object).Get("path").(string))
		}
		return strings.Join(all, " ")
	}
	for name, c := range map[string]struct {
		input          map[string]any
		files, folders string
	}{
		"root":      {map[string]any{"paths": []any{"."}}, "z", "a b other"},
		"recursive": {map[string]any{"paths": []any{"."}, "recursive": true}, "z other/x b/2 b/c/3 a/1", "a b other b/c"},
		"several":   {map[string]any{"paths": []any{"b", "./a/"}, "recursive": true}, "b/2 b/c/3 a/1", "b/c"},
	} {
		r := ran(t, list[actions.FSReaddirID], c.input)
		if files, folders := joined(r.Outputs["files"]), joined(r.Outputs["folders"]); files != c.files || folders != c.folders {
			t.Errorf("%s: %q, %q", name, files, folders)
		}
	}
}

func TestDebugLogSays(t *testing.T) {
	t.Parallel()
	list, spaces := onFiles(t, nil)
	put(t, spaces, file("b", "two"), file("a", "one"))
	for name, c := range map[string]struct {
		input map[string]any
		want  []string
	}{
		"message":  {map[string]any{"message": "hello"}, []string{"{\n  \"message\": \"hello\"\n}", "hello"}},
		"names":    {map[string]any{"listWorkspace": true}, []string{"{\n  \"listWorkspace\": true\n}", "Workspace:\n  - a\n  - b"}},
		"contents": {map[string]any{"listWorkspace": "with-contents"}, []string{"{\n  \"listWorkspace\": \"with-contents\"\n}", "Workspace:\n - a:\n\n  one\n - b:\n\n  two"}},
		"nothing":  {map[string]any{"listWorkspace": false}, []string{"{\n  \"listWorkspace\": false\n}"}},
	} {
		var said []string
		in := call(c.input)
		in.Say = func(lines ...string) { said = append(said, lines...) }
		if _, err := list[actions.DebugLogID].Run(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, said); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDebugWaitEndsWithItsTask(t *testing.T) {
	t.Parallel()
	list, _ := onFiles(t, nil)
	ran(t, list[actions.DebugWaitID], map[string]any{"milliseconds": 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := list[actions.DebugWaitID].Run(ctx, call(map[string]any{"minutes": 3})); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFileActionsRefuse(t *testing.T) {
	t.Parallel()
	list, spaces := onFiles(t, shelf{"./one": {file("one.md", "${{ values.p }}")}})
	put(t, spaces, file("a/x", "1"), file("b", "2"))
	move := func(from, to string) map[string]any {
		return map[string]any{"files": []any{map[string]any{"from": from, "to": to}}}
	}
	for name, c := range map[string]struct {
		action  string
		input   map[string]any
		kind    error
		message string
	}{
		"wait too long":           {actions.DebugWaitID, map[string]any{"minutes": 5}, errs.Invalid, "at most 4 minutes"},
		"log of what":             {actions.DebugLogID, map[string]any{"listWorkspace": "all"}, errs.Invalid, "listWorkspace"},
		"delete nothing":          {actions.FSDeleteID, map[string]any{}, errs.Invalid, "needs files"},
		"delete outside":          {actions.FSDeleteID, map[string]any{"files": []any{"../x"}}, errs.Invalid, "leads out"},
		"delete absolute":         {actions.FSDeleteID, map[string]any{"files": []any{"/etc/*"}}, errs.Invalid, "leads out"},
		"delete deep outside":     {actions.FSDeleteID, map[string]any{"files": []any{"a/../../x"}}, errs.Invalid, "leads out"},
		"list nothing":            {actions.FSReaddirID, map[string]any{"paths": []any{""}}, errs.Invalid, "is empty"},
		"list outside":            {actions.FSReaddirID, map[string]any{"paths": []any{".."}}, errs.Invalid, `".."`},
		"list what is not there":  {actions.FSReaddirID, map[string]any{"paths": []any{"none"}}, errs.NotFound, "no directory"},
		"list a file":             {actions.FSReaddirID, map[string]any{"paths": []any{"b"}}, errs.NotFound, "no directory"},
		"move nothing":            {actions.FSRenameID, move("", "x"), errs.Invalid, "files[0]"},
		"move what is not there":  {actions.FSRenameID, move("none", "x"), errs.NotFound, `no "none"`},
		"move outside":            {actions.FSRenameID, move("b", "../x"), errs.Invalid, `".."`},
		"move from outside":       {actions.FSRenameID, move("/etc/passwd", "x"), errs.Invalid, "absolute"},
		"move into Git":           {actions.FSRenameID, move("b", ".GIT/hooks/x"), errs.Invalid, "Git's own"},
		"move onto a file":        {actions.FSRenameID, move("b", "a/x"), errs.Conflict, "already"},
		"move onto a directory":   {actions.FSRenameID, move("b", "a"), errs.Conflict, "already"},
		"move to the same name":   {actions.FSRenameID, move("b", "A/y"), errs.Invalid, "same file on some systems"},
		"move into itself":        {actions.FSRenameID, move("a", "a/b"), errs.Invalid, "into itself"},
		"move the workspace":      {actions.FSRenameID, move(".", "x"), errs.Invalid, "workspace itself"},
		"file to nowhere":         {actions.FetchPlainFileID, map[string]any{"url": "./one"}, errs.Invalid, "targetPath"},
		"file outside":            {actions.FetchPlainFileID, map[string]any{"url": "./one", "targetPath": "../x"}, errs.Invalid, `".."`},
		"file into Git":           {actions.FetchTemplateFileID, map[string]any{"url": "./one", "targetPath": ".git/config"}, errs.Invalid, "Git's own"},
		"template file of no url": {actions.FetchTemplateFileID, map[string]any{"targetPath": "x"}, errs.Invalid, "url"},
		"plain of no url":         {actions.FetchPlainID, map[string]any{}, errs.Invalid, "url"},
		"plain outside":           {actions.FetchPlainID, map[string]any{"url": "./one", "targetPath": "/x"}, errs.Invalid, "absolute"},
	} {
		_, err := list[c.action].Run(t.Context(), call(c.input))
		if !errors.Is(err, c.kind) || !strings.Contains(errs.Message(err), c.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := paths(t, spaces); got != "a/x b" {
		t.Errorf("changed by a refused action: %s", got)
	}
}

// What an action says about itself can be shown and checked: schemas are JSON, examples
// call the action, and every action that is known has one.
func TestSpecs(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, s := range actions.Specs() {
		ids = append(ids, s.ID)
		var in struct{ Type, AnyOf any }
		if err := json.Unmarshal(s.Input, &in); err != nil || (in.Type != "object" && in.AnyOf == nil) || s.Description == "" {
			t.Errorf("%s: %v", s.ID, err)
		}
		if s.Output != nil && !json.Valid(s.Output) {
			t.Errorf("%s: output", s.ID)
		}
		for _, e := range s.Examples {
			type step struct{ ID, Name, Action string }
			var example struct{ Steps []step }
			err := yaml.Unmarshal([]byte(e.Example), &example)
			if err != nil || !slices.ContainsFunc(example.Steps, func(one step) bool { return one.Action == s.ID }) {
				t.Errorf("%s: example %q: %v", s.ID, e.Description, err)
			}
		}
		if len(s.Examples) == 0 || !actions.Known(s.ID) {
			t.Errorf("%s has no example or is not known", s.ID)
		}
	}
	if diff := cmp.Diff(actions.All(), ids); diff != "" {
		t.Error(diff)
	}
	if actions.Known("nope") {
		t.Error("everything is known")
	}
}
