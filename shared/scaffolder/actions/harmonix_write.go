package actions

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

const writeFileName = "fs:write"

// RoadieWriteFileID is what older templates call the action that writes a file, after the
// plugin it came with then.
const RoadieWriteFileID = "roadiehq:utils:fs:write"

type writeFileInput struct {
	Path                     string  `json:"path"`
	Content                  *string `json:"content"`
	FormatJSONContent        bool    `json:"formatJsonContent"`
	PreserveFormattingOnJSON bool    `json:"preserveFormattingOnJson"`
}

func harmonixFormats(in writeFileInput) bool { return in.FormatJSONContent }

func roadieFormats(in writeFileInput) bool { return !in.PreserveFormattingOnJSON }

// newWriteFile makes the action that writes a file of the workspace; formats says whether
// JSON is indented.
func newWriteFile(id string, formats func(writeFileInput) bool) Action {
	read := func(c Call) (writeFileInput, error) {
		in, err := decodeInput[writeFileInput](c)
		if err == nil {
			in.Path = strings.TrimPrefix(in.Path, "./")
			err = required(id, "path", in.Path)
		}
		if err == nil && in.Content == nil { // may be empty
			err = required(id, "content", "")
		}
		return in, err
	}
	return onFiles{
		id:    id,
		check: func(c Call) error { _, err := read(c); return err },
		change: func(_ context.Context, c Call, files *workspace.Files) (Result, bool, error) {
			in, err := read(c)
			if err != nil {
				return Result{}, false, err
			}
			content := *in.Content
			if formats(in) {
				content = indented(content)
			}
			before, _ := files.Get(in.Path) // writing over a file leaves its mode as it is
			if err := files.Add(workspace.File{Path: in.Path, Content: []byte(content), Executable: before.Executable}); err != nil {
				return Result{}, false, err
			}
			return Result{Outputs: map[string]any{"path": workspaceRoot + in.Path}, Detail: in.Path}, true, nil
		},
	}
}

// indented gives JSON with a member or element on each line; anything else as it is.
func indented(content string) string {
	var flat, out bytes.Buffer
	if json.Compact(&flat, []byte(content)) != nil || json.Indent(&out, flat.Bytes(), "", "  ") != nil {
		return content
	}
	return out.String()
}

func writeFileSpec(id, option, meaning string) Spec {
	return Spec{
		ID:          id,
		Description: "Writes a file of the workspace, with the directories it lies in.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["path","content"],"additionalProperties":false,"properties":{
"path":{"type":"string","description":"The file's path in the workspace"},
"content":{"type":"string","description":"What it will hold"},
"` + option + `":{"type":"boolean","default":false,"description":"` + meaning + `"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["path"],"additionalProperties":false,"properties":{
"path":{"type":"string","description":"The file's path below the root of the workspace"}}}`),
		Examples: []Example{{"Write settings", `steps:
  - id: settings
    name: Write settings
    action: ` + id + `
    input:
      path: config/settings.json
      content: '{"name":"${{ parameters.component_id }}"}'
`}},
	}
}
