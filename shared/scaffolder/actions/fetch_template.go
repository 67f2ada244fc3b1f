package actions

import (
	"context"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// FetchTemplateID is what templates call the action that renders a skeleton.
const FetchTemplateID = "fetch:template"

type fetchTemplateInput struct {
	URL                   string        `json:"url"`
	TargetPath            string        `json:"targetPath"`
	Values                orderedObject `json:"values"`
	CopyWithoutTemplating []string      `json:"copyWithoutTemplating"`
	CookiecutterCompat    bool          `json:"cookiecutterCompat"`
	TemplateFileExtension any           `json:"templateFileExtension"`
	Replace               bool          `json:"replace"`
	TrimBlocks            bool          `json:"trimBlocks"`
	LstripBlocks          bool          `json:"lstripBlocks"`
}

// syntax gives the engine that reads the skeleton's templates.
func (in fetchTemplateInput) syntax() templating.Syntax {
	return templating.Syntax{TrimBlocks: in.TrimBlocks, LstripBlocks: in.LstripBlocks, Cookiecutter: in.CookiecutterCompat}
}

// scope gives what the skeleton's templates can refer to. Values are taken as they are:
// the step's input has been rendered.
func (in fetchTemplateInput) scope() map[string]any {
	if in.CookiecutterCompat {
		return map[string]any{"cookiecutter": in.Values.object}
	}
	return map[string]any{"values": in.Values.object}
}

// orderedObject is an object of an input whose order of keys shows in what is rendered.
type orderedObject struct{ object templating.Object }

// UnmarshalJSON reads the object.
func (o *orderedObject) UnmarshalJSON(document []byte) error {
	v, err := templating.ParseJSON(document)
	if err != nil {
		return err
	}
	object, ok := v.(templating.Object)
	if !ok && v != nil {
		return errs.New(errs.Invalid, "values must be an object")
	}
	o.object = object
	return nil
}

// extension gives the ending of the files to render, "" when all are.
func (in fetchTemplateInput) extension() (string, error) {
	ending := ""
	switch given := in.TemplateFileExtension.(type) {
	case nil:
	case bool:
		if given {
			ending = ".njk"
		}
	case string:
		if ending = given; ending != "" && !strings.HasPrefix(ending, ".") {
			ending = "." + ending
		}
	default:
		return "", errs.New(errs.Invalid, "templateFileExtension is true or an extension such as .njk")
	}
	if ending != "" && (in.CookiecutterCompat || len(in.CopyWithoutTemplating) > 0) {
		return "", errs.New(errs.Invalid, "templateFileExtension can't be used together with copyWithoutTemplating or cookiecutterCompat")
	}
	return ending, nil
}

func readFetchTemplate(call Call) (fetchTemplateInput, workspace.FetchOptions, error) {
	in, err := decodeInput[fetchTemplateInput](call)
	if err != nil {
		return in, workspace.FetchOptions{}, err
	}
	if err := required(FetchTemplateID, "url", in.URL); err != nil {
		return in, workspace.FetchOptions{}, err
	}
	options := workspace.FetchOptions{TargetPath: in.TargetPath, CopyWithoutTemplating: in.CopyWithoutTemplating, Replace: in.Replace}
	options.TemplateFileExtension, err = in.extension()
	return in, options, err
}

func newFetchTemplate(c FilesConfig) Action {
	return onFiles{
		id:    FetchTemplateID,
		check: func(call Call) error { _, _, err := readFetchTemplate(call); return err },
		change: func(ctx context.Context, call Call, files *workspace.Files) (Result, bool, error) {
			in, options, err := readFetchTemplate(call)
			if err != nil {
				return Result{}, false, err
			}
			skeleton, err := c.Skeletons.Skeleton(ctx, call.Source, in.URL)
			if err != nil {
				return Result{}, false, err
			}
			err = workspace.FetchTemplate(ctx, c.Engine.With(in.syntax()), files, skeleton, in.scope(), options)
			return Result{Detail: counted(files.Len())}, true, err
		},
	}
}

func fetchTemplateSpec() Spec {
	return Spec{
		ID: FetchTemplateID,
		Description: "Renders a skeleton into the workspace: names and contents of its files are templates over values. " +
			"A file whose name renders to nothing is left out; binary files and symbolic links are copied.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["url"],"additionalProperties":false,"properties":{
"url":{"type":"string","description":"The skeleton: a path relative to the template file, or the URL of a folder on the source code host"},
"targetPath":{"type":"string","description":"Where in the workspace the files go; its root when not given"},
"values":{"type":"object","additionalProperties":{},"description":"What the skeleton's templates refer to as values.*, or as cookiecutter.* with cookiecutterCompat"},
"copyWithoutRender":{"type":"array","items":{"type":"string"},"description":"Has no effect any more: use copyWithoutTemplating"},
"copyWithoutTemplating":{"type":"array","items":{"type":"string"},"description":"Globs of files whose contents are kept as they are; their names are rendered"},
"cookiecutterCompat":{"type":"boolean","description":"Read {{ }} instead of ${{ }}, as templates for cookiecutter are written"},
"templateFileExtension":{"type":["string","boolean"],"description":"Render only files with this ending and drop it; true stands for .njk"},
"replace":{"type":"boolean","description":"Replace files that exist; otherwise they are kept"},
"trimBlocks":{"type":"boolean","description":"Drop the line break behind a block tag"},
"lstripBlocks":{"type":"boolean","description":"Drop white space between the start of a line and a block tag"},
"token":{"type":"string","description":"Accepted for compatibility; the portal reads with its own access"}}}`),
		Examples: []Example{{"Render the skeleton beside the template", `steps:
  - id: fetch
    name: Render the skeleton
    action: fetch:template
    input:
      url: ./skeleton
      values:
        name: ${{ parameters.name }}
        owner: ${{ parameters.owner }}
`}},
	}
}
