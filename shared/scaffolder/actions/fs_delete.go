package actions

import (
	"context"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// FSDeleteID is what templates call the action that deletes files of the workspace.
const FSDeleteID = "fs:delete"

type fsDeleteInput struct {
	Files []string `json:"files"`
}

func readFSDelete(call Call) (fsDeleteInput, error) {
	in, err := decodeInput[fsDeleteInput](call)
	if err == nil && in.Files == nil {
		err = errs.New(errs.Invalid, "fs:delete needs files, a list of paths and globs")
	}
	return in, err
}

func newFSDelete() Action {
	return onFiles{
		id:    FSDeleteID,
		check: func(call Call) error { _, err := readFSDelete(call); return err },
		change: func(_ context.Context, call Call, files *workspace.Files) (Result, bool, error) {
			in, err := readFSDelete(call)
			if err != nil {
				return Result{}, false, err
			}
			removed, err := files.Delete(in.Files)
			for _, path := range removed {
				call.say("deleted " + path)
			}
			return Result{Detail: counted(len(removed)) + " deleted"}, len(removed) > 0, err
		},
	}
}

func fsDeleteSpec() Spec {
	return Spec{
		ID:          FSDeleteID,
		Description: "Deletes files and directories of the workspace, by path or glob.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["files"],"additionalProperties":false,"properties":{
"files":{"type":"array","items":{"type":"string"},"description":"Paths and globs of what to delete; one that matches nothing is no error"}}}`),
		Examples: []Example{{"Delete a directory, and all files of a kind", `steps:
  - id: clean
    name: Drop what is not needed
    action: fs:delete
    input:
      files:
        - samples
        - "**/*.tmp"
`}},
	}
}
