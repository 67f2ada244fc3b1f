package actions

import (
	"context"
	"path"

	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// FetchPlainFileID is what templates call the action that copies one file as it is.
const FetchPlainFileID = "fetch:plain:file"

func newFetchPlainFile(c FilesConfig) Action {
	read := func(call Call) (fetchPlainInput, error) {
		in, err := decodeInput[fetchPlainInput](call)
		if err == nil {
			err = required(FetchPlainFileID, "url", in.URL)
		}
		if err == nil {
			err = required(FetchPlainFileID, "targetPath", in.TargetPath)
		}
		return in, err
	}
	return onFiles{
		id:    FetchPlainFileID,
		check: func(call Call) error { _, err := read(call); return err },
		change: func(ctx context.Context, call Call, files *workspace.Files) (Result, bool, error) {
			in, err := read(call)
			if err != nil {
				return Result{}, false, err
			}
			file, err := c.Skeletons.File(ctx, call.Source, in.URL)
			if err != nil {
				return Result{}, false, err
			}
			file.Path = path.Clean(in.TargetPath)
			return Result{Detail: file.Path}, true, files.Add(file)
		},
	}
}

func fetchPlainFileSpec() Spec {
	return Spec{
		ID:          FetchPlainFileID,
		Description: "Copies one file into the workspace as it is.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["url","targetPath"],"additionalProperties":false,"properties":{
"url":{"type":"string","description":"The file: a path relative to the template file, or the URL of a file on the source code host"},
"targetPath":{"type":"string","description":"The path of the file in the workspace"},
"token":{"type":"string","description":"Accepted for compatibility; the portal reads with its own access"}}}`),
		Examples: []Example{{"Copy one file beside the template", `steps:
  - id: license
    name: Add the licence
    action: fetch:plain:file
    input:
      url: ./LICENSE
      targetPath: LICENSE
`}},
	}
}
