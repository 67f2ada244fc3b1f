package actions

import (
	"context"
	"path"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// FSReaddirID is what templates call the action that lists directories of the workspace.
const FSReaddirID = "fs:readdir"

type fsReaddirInput struct {
	Paths     []string `json:"paths"`
	Recursive bool     `json:"recursive"`
}

func readFSReaddir(call Call) (fsReaddirInput, error) {
	in, err := decodeInput[fsReaddirInput](call)
	if err == nil && in.Paths == nil {
		err = errs.New(errs.Invalid, "fs:readdir needs paths, a list of directories")
	}
	for _, p := range in.Paths {
		if err == nil && p == "" {
			err = errs.New(errs.Invalid, `a path of fs:readdir is empty; "." is the workspace itself`)
		}
	}
	return in, err
}

func newFSReaddir() Action {
	return onFiles{
		id:    FSReaddirID,
		check: func(call Call) error { _, err := readFSReaddir(call); return err },
		change: func(_ context.Context, call Call, files *workspace.Files) (Result, bool, error) {
			in, err := readFSReaddir(call)
			if err != nil {
				return Result{}, false, err
			}
			found, folders := []any{}, []any{}
			for _, p := range in.Paths {
				entries, err := files.List(p, in.Recursive)
				if err != nil {
					return Result{}, false, err
				}
				for _, e := range entries {
					if e.Directory {
						folders = append(folders, listed(e.Path))
					} else {
						found = append(found, listed(e.Path))
					}
				}
			}
			return Result{Outputs: map[string]any{"files": found, "folders": folders}, Detail: counted(len(found))}, false, nil
		},
	}
}

// workspaceRoot stands for the directory that a workspace would be in if it lay on a disk.
const workspaceRoot = "/workspace/"

// listed gives an entry with its members in the order that Backstage writes them in.
func listed(p string) templating.Object {
	return templating.Object{{Name: "name", Value: path.Base(p)}, {Name: "path", Value: p}, {Name: "fullPath", Value: workspaceRoot + p}}
}

func fsReaddirSpec() Spec {
	const entries = `{"type":"array","items":{"type":"object","required":["name","path","fullPath"],"additionalProperties":false,"properties":{
"name":{"type":"string","description":"Its name"},
"path":{"type":"string","description":"Its path in the workspace"},
"fullPath":{"type":"string","description":"Its path below the root of the workspace"}}}}`
	return Spec{
		ID:          FSReaddirID,
		Description: "Lists files and directories of the workspace.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["paths"],"additionalProperties":false,"properties":{
"paths":{"type":"array","items":{"type":"string","minLength":1},"description":"The directories to list; \".\" is the workspace itself"},
"recursive":{"type":"boolean","default":false,"description":"List also what is in directories below"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["files","folders"],"additionalProperties":false,"properties":{
"files":` + entries + `,"folders":` + entries + `}}`),
		Examples: []Example{{"List all files below two directories", `steps:
  - id: list
    name: List the sources
    action: fs:readdir
    input:
      paths: [src, test]
      recursive: true
`}},
	}
}
