package actions

import (
	"context"
	"path"

	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// FetchTemplateFileID is what templates call the action that renders one file.
const FetchTemplateFileID = "fetch:template:file"

func readFetchTemplateFile(call Call) (fetchTemplateInput, error) {
	in, err := decodeInput[fetchTemplateInput](call)
	if err == nil {
		err = required(FetchTemplateFileID, "url", in.URL)
	}
	if err == nil {
		err = required(FetchTemplateFileID, "targetPath", in.TargetPath)
	}
	return in, err
}

func newFetchTemplateFile(c FilesConfig) Action {
	return onFiles{
		id:    FetchTemplateFileID,
		check: func(call Call) error { _, err := readFetchTemplateFile(call); return err },
		change: func(ctx context.Context, call Call, files *workspace.Files) (Result, bool, error) {
			in, err := readFetchTemplateFile(call)
			if err != nil {
				return Result{}, false, err
			}
			target := path.Clean(in.TargetPath)
			if files.Exists(target) && !in.Replace {
				return Result{Detail: target + " is kept as it is"}, false, nil
			}
			file, err := c.Skeletons.File(ctx, call.Source, in.URL)
			if err != nil {
				return Result{}, false, err
			}
			err = workspace.FetchFile(ctx, c.Engine.With(in.syntax()), files, file, target, in.scope())
			return Result{Detail: target}, true, err
		},
	}
}

func fetchTemplateFileSpec() Spec {
	return Spec{
		ID:          FetchTemplateFileID,
		Description: "Renders one file, a template over values, into the workspace.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["url","targetPath"],"additionalProperties":false,"properties":{
"url":{"type":"string","description":"The file: a path relative to the template file, or the URL of a file on the source code host"},
"targetPath":{"type":"string","description":"The path of the file in the workspace"},
"values":{"type":"object","additionalProperties":{},"description":"What the file refers to as values.*, or as cookiecutter.* with cookiecutterCompat"},
"cookiecutterCompat":{"type":"boolean","description":"Read {{ }} instead of ${{ }}, as templates for cookiecutter are written"},
"replace":{"type":"boolean","description":"Replace a file that exists; otherwise it is kept"},
"trimBlocks":{"type":"boolean","description":"Drop the line break behind a block tag"},
"lstripBlocks":{"type":"boolean","description":"Drop white space between the start of a line and a block tag"},
"token":{"type":"string","description":"Accepted for compatibility; the portal reads with its own access"}}}`),
		Examples: []Example{{"Render one file beside the template", `steps:
  - id: ci
    name: Add the pipeline
    action: fetch:template:file
    input:
      url: ./pipeline.yml
      targetPath: .gitlab-ci.yml
      values:
        name: ${{ parameters.name }}
`}},
	}
}
