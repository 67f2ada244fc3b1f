package actions

import (
	"context"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// FSRenameID is what templates call the action that moves files of the workspace.
const FSRenameID = "fs:rename"

type fsRenameInput struct {
	Files []struct {
		From      string `json:"from"`
		To        string `json:"to"`
		Overwrite bool   `json:"overwrite"`
	} `json:"files"`
}

func readFSRename(call Call) (fsRenameInput, error) {
	in, err := decodeInput[fsRenameInput](call)
	if err == nil && in.Files == nil {
		err = errs.New(errs.Invalid, "fs:rename needs files, a list of moves")
	}
	for i, move := range in.Files {
		if err == nil && (move.From == "" || move.To == "") {
			err = errs.New(errs.Invalid, fmt.Sprintf("files[%d] of fs:rename needs from and to", i))
		}
	}
	return in, err
}

func newFSRename() Action {
	return onFiles{
		id:    FSRenameID,
		check: func(call Call) error { _, err := readFSRename(call); return err },
		change: func(_ context.Context, call Call, files *workspace.Files) (Result, bool, error) {
			in, err := readFSRename(call)
			if err != nil || !files.Once(call.StepID) {
				return Result{}, false, err
			}
			for _, move := range in.Files {
				if err := files.Rename(move.From, move.To, move.Overwrite); err != nil {
					return Result{}, false, fmt.Errorf("renaming %q: %w", move.From, err)
				}
				call.say(move.From + " is now " + move.To)
			}
			return Result{Detail: fmt.Sprintf("%d renamed", len(in.Files))}, true, nil
		},
	}
}

func fsRenameSpec() Spec {
	return Spec{
		ID:          FSRenameID,
		Description: "Renames or moves files and directories within the workspace.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["files"],"additionalProperties":false,"properties":{
"files":{"type":"array","description":"The moves, in their order","items":{"type":"object","required":["from","to"],"additionalProperties":false,"properties":{
"from":{"type":"string","description":"The file or directory"},
"to":{"type":"string","description":"Its new path"},
"overwrite":{"type":"boolean","description":"Replace what is there; otherwise that is an error"}}}}}}`),
		Examples: []Example{{"Move a directory, and replace a file", `steps:
  - id: arrange
    name: Put files where they belong
    action: fs:rename
    input:
      files:
        - from: service
          to: src
        - from: README.service.md
          to: README.md
          overwrite: true
`}},
	}
}
