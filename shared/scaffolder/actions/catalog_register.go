package actions

import (
	"context"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// CatalogRegisterID is what templates call CatalogRegister.
const CatalogRegisterID = "catalog:register"

// CatalogRegister is "catalog:register": the catalog reads the new project's descriptor.
type CatalogRegister struct{}

// ID gives "catalog:register".
func (CatalogRegister) ID() string { return CatalogRegisterID }

type registerInput struct {
	CatalogInfoURL  string `json:"catalogInfoUrl"`
	RepoContentsURL string `json:"repoContentsUrl"`
	CatalogInfoPath string `json:"catalogInfoPath"`
}

func (CatalogRegister) effect(c Call) (operations.Effect, error) {
	in, err := decodeInput[registerInput](c)
	if err != nil {
		return operations.Effect{}, err
	}
	target := in.CatalogInfoURL
	if target == "" && in.RepoContentsURL != "" {
		path := strings.TrimPrefix(orDefault(in.CatalogInfoPath, "/catalog-info.yaml"), "/")
		target = strings.TrimSuffix(in.RepoContentsURL, "/") + "/" + path
	}
	if target == "" {
		return operations.Effect{}, errs.New(errs.Invalid, "catalog:register needs catalogInfoUrl or repoContentsUrl")
	}
	return effects.NewLocation(c.StepID+"/location", effects.LocationParams{Target: target})
}

// Plan states the location.
func (a CatalogRegister) Plan(_ context.Context, c Call) (Planned, error) {
	e, err := a.effect(c)
	if err != nil {
		return Planned{}, err
	}
	return Planned{
		Effects: []operations.Effect{e},
		Outputs: map[string]any{"catalogInfoUrl": e.Target, "entityRef": Unknown(c.StepID + ".entityRef")},
	}, nil
}

// Run registers the location.
func (a CatalogRegister) Run(ctx context.Context, c Call) (Result, error) {
	e, err := a.effect(c)
	if err != nil {
		return Result{}, err
	}
	raw, err := c.Apply(ctx, e)
	if err != nil {
		return Result{}, err
	}
	made, err := decodeResult[effects.LocationResult](raw)
	if err != nil {
		return Result{}, err
	}
	out := map[string]any{"catalogInfoUrl": e.Target}
	if len(made.Entities) > 0 {
		out["entityRef"] = made.Entities[0]
	}
	return Result{Outputs: out, Detail: strings.Join(made.Entities, ", ")}, nil
}

func catalogRegisterSpec() Spec {
	return Spec{
		ID:          CatalogRegisterID,
		Description: "Has the catalog read a descriptor file and keep it up to date.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","anyOf":[
{"type":"object","required":["catalogInfoUrl"],"additionalProperties":false,"properties":{
"catalogInfoUrl":{"type":"string","description":"The URL of the descriptor file"},
"optional":{"type":"boolean","description":"Accepted for compatibility"}}},
{"type":"object","required":["repoContentsUrl"],"additionalProperties":false,"properties":{
"repoContentsUrl":{"type":"string","description":"The URL of the repository's files, as publishing gives it"},
"catalogInfoPath":{"type":"string","description":"The descriptor file in the repository; /catalog-info.yaml when not given"},
"optional":{"type":"boolean","description":"Accepted for compatibility"}}}]}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"catalogInfoUrl":{"type":"string","description":"The URL of the descriptor file"},
"entityRef":{"type":"string","description":"The first entity of the file"}}}`),
		Examples: []Example{{"Register what has been published", `steps:
  - id: register
    name: Register in the catalog
    action: catalog:register
    input:
      repoContentsUrl: ${{ steps.publish.output.repoContentsUrl }}
`}},
		Effects: []Undo{{effects.LocationKind, "the location is removed, and with it the entities that only it gave"}},
	}
}
