package actions

import (
	"context"
	"maps"
	"path"
	"slices"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// CatalogWriteID is what templates call the action that writes a descriptor file.
const CatalogWriteID = "catalog:write"

// annotationSourceTemplate names the template that an entity was made from.
const annotationSourceTemplate = "backstage.io/source-template"

type catalogWriteInput struct {
	FilePath string `json:"filePath"`
}

// readCatalogWrite gives the file's path and the entity, its keys in the order they were
// given.
func readCatalogWrite(call Call) (string, templating.Object, error) {
	in, err := decodeInput[catalogWriteInput](call)
	if err != nil {
		return "", nil, err
	}
	described, ok := ordered(call.Input["entity"])
	if !ok {
		return "", nil, errs.New(errs.Invalid, CatalogWriteID+" needs an entity, an object")
	}
	return path.Clean(orDefault(in.FilePath, "catalog-info.yaml")), described, nil
}

// ordered gives the members of an object; those of one without an order by name.
func ordered(v any) (templating.Object, bool) {
	switch v := v.(type) {
	case templating.Object:
		return v, true
	case map[string]any:
		out := make(templating.Object, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out = append(out, templating.Member{Name: name, Value: v[name]})
		}
		return out, true
	}
	return nil, false
}

func newCatalogWrite() Action {
	return onFiles{
		id:    CatalogWriteID,
		check: func(call Call) error { _, _, err := readCatalogWrite(call); return err },
		change: func(_ context.Context, call Call, files *workspace.Files) (Result, bool, error) {
			path, described, err := readCatalogWrite(call)
			if err != nil {
				return Result{}, false, err
			}
			if call.Template != "" {
				described = annotated(described, call.Template)
			}
			content, err := yamlText(described)
			if err != nil {
				return Result{}, false, errs.Wrap(errs.Invalid, "the entity can't be written as YAML", err)
			}
			call.say("writing " + path)
			return Result{Detail: path}, true, files.Add(workspace.File{Path: path, Content: content})
		},
	}
}

// annotated gives an entity with the annotation that names its template. What has no
// metadata is no entity, and is left as it is.
func annotated(described templating.Object, template string) templating.Object {
	return replaced(described, "metadata", func(v any) any {
		metadata, ok := ordered(v)
		if !ok {
			return v
		}
		if !slices.ContainsFunc(metadata, func(m templating.Member) bool { return m.Name == "annotations" }) {
			metadata = append(slices.Clone(metadata), templating.Member{Name: "annotations", Value: templating.Object{}})
		}
		return replaced(metadata, "annotations", func(v any) any {
			annotations, ok := ordered(v)
			if !ok && v != nil {
				return v
			}
			rest := slices.DeleteFunc(slices.Clone(annotations), func(m templating.Member) bool { return m.Name == annotationSourceTemplate })
			return append(rest, templating.Member{Name: annotationSourceTemplate, Value: template})
		})
	})
}

// replaced gives an object with a new value of one of its members, where there is one.
func replaced(o templating.Object, name string, with func(any) any) templating.Object {
	out := slices.Clone(o)
	for i, m := range out {
		if m.Name == name {
			out[i].Value = with(m.Value)
		}
	}
	return out
}

func catalogWriteSpec() Spec {
	return Spec{
		ID:          CatalogWriteID,
		Description: "Writes an entity to a descriptor file of the workspace, with an annotation that names the template.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["entity"],"additionalProperties":false,"properties":{
"filePath":{"type":"string","description":"The path of the file in the workspace; catalog-info.yaml when not given"},
"entity":{"type":"object","additionalProperties":{},"description":"The entity, in the form of a descriptor file"}}}`),
		Examples: []Example{{"Describe the new component", `steps:
  - id: describe
    name: Describe the component
    action: catalog:write
    input:
      entity:
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: ${{ parameters.name }}
        spec:
          type: service
          lifecycle: experimental
          owner: ${{ parameters.owner }}
`}},
	}
}
