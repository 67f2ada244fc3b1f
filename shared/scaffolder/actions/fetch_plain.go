package actions

import (
	"context"

	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// FetchPlainID is what templates call the action that copies a folder as it is.
const FetchPlainID = "fetch:plain"

type fetchPlainInput struct {
	URL        string `json:"url"`
	TargetPath string `json:"targetPath"`
}

func newFetchPlain(c FilesConfig) Action {
	read := func(call Call) (fetchPlainInput, error) {
		in, err := decodeInput[fetchPlainInput](call)
		if err == nil {
			err = required(FetchPlainID, "url", in.URL)
		}
		return in, err
	}
	return onFiles{
		id:    FetchPlainID,
		check: func(call Call) error { _, err := read(call); return err },
		change: func(ctx context.Context, call Call, files *workspace.Files) (Result, bool, error) {
			in, err := read(call)
			if err != nil {
				return Result{}, false, err
			}
			found, err := c.Skeletons.Skeleton(ctx, call.Source, in.URL)
			if err != nil {
				return Result{}, false, err
			}
			return Result{Detail: counted(found.Len())}, true, files.AddUnder(in.TargetPath, found)
		},
	}
}

func fetchPlainSpec() Spec {
	return Spec{
		ID:          FetchPlainID,
		Description: "Copies a folder into the workspace as it is, into targetPath if given.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["url"],"additionalProperties":false,"properties":{
"url":{"type":"string","description":"The folder: a path relative to the template file, or the URL of a folder on the source code host"},
"targetPath":{"type":"string","description":"Where in the workspace the files go; its root when not given"},
"token":{"type":"string","description":"Accepted for compatibility; the portal reads with its own access"}}}`),
		Examples: []Example{{"Copy a folder beside the template", `steps:
  - id: docs
    name: Copy the documentation
    action: fetch:plain
    input:
      url: ./docs
      targetPath: docs
`}},
	}
}
