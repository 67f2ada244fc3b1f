package actions

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
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
	Optional        bool   `json:"optional"`

	file string // in the repository that was published; "" when it may be another
}

func (CatalogRegister) effect(c Call) (registerInput, operations.Effect, error) {
	in, err := decodeInput[registerInput](c)
	if err != nil {
		return in, operations.Effect{}, err
	}
	target := in.CatalogInfoURL
	if target == "" && in.RepoContentsURL != "" {
		in.file = strings.TrimPrefix(path.Clean(orDefault(in.CatalogInfoPath, "/catalog-info.yaml")), "/")
		target = strings.TrimSuffix(in.RepoContentsURL, "/") + "/" + in.file
	}
	if target == "" {
		return in, operations.Effect{}, errs.New(errs.Invalid, "catalog:register needs catalogInfoUrl or repoContentsUrl")
	}
	e, err := effects.NewLocation(c.StepID+"/location", effects.LocationParams{Target: target, Optional: in.Optional})
	return in, e, err
}

// Plan states the location.
func (a CatalogRegister) Plan(ctx context.Context, c Call) (Planned, error) {
	in, e, err := a.effect(c)
	if err != nil {
		return Planned{}, err
	}
	files, err := loadFiles(ctx, c)
	if err != nil {
		return Planned{}, err
	}
	ref := in.foresee(files)
	if ref == "" {
		ref = c.unknown("entityRef")
	}
	return Planned{
		Effects: []operations.Effect{e}, Outputs: map[string]any{"catalogInfoUrl": e.Target, "entityRef": ref}, Detail: e.Target,
	}, nil
}

// foresee gives the ref of the entity that the file will give, if the file is one of the
// workspace's and leaves no doubt; else "".
func (in registerInput) foresee(files *workspace.Files) string {
	f, there := files.Get(in.file)
	if !there || in.Optional {
		return ""
	}
	documents, problems := descriptor.Parse(f.Content, descriptor.Options{})
	refs := make([]string, len(documents))
	for i, d := range documents {
		if d.Entity.Kind == "Location" { // brings more
			return ""
		}
		refs[i] = d.Entity.Ref().String()
	}
	best := mainEntities(refs)
	if len(problems) > 0 || len(best) != 1 {
		return ""
	}
	return best[0]
}

// mainEntities gives the entities that stand for a file, as Backstage chooses: components
// before others, and what was not generated before what was.
func mainEntities(refs []string) []string {
	named := slices.DeleteFunc(slices.Clone(refs), func(ref string) bool { return strings.Contains(ref, "/generated-") })
	components := slices.DeleteFunc(slices.Clone(named), func(ref string) bool { return !strings.HasPrefix(ref, "component:") })
	switch {
	case len(components) > 0:
		return components
	case len(named) > 0:
		return named
	}
	return refs
}

// Run registers the location. What is optional may fail for good: the step goes on without
// an entity.
func (a CatalogRegister) Run(ctx context.Context, c Call) (Result, error) {
	in, e, err := a.effect(c)
	if err != nil {
		return Result{}, err
	}
	out := map[string]any{"catalogInfoUrl": e.Target}
	made, err := apply[effects.LocationResult](ctx, c, e)
	if in.Optional && err != nil && tolerable(err) {
		c.say("not registered: " + errs.Explain(err))
		return Result{Outputs: out, Detail: "not registered"}, nil
	}
	if err != nil {
		return Result{}, err
	}
	c.say("registered " + e.Target)
	if best := mainEntities(made.Entities); len(best) > 0 {
		out["entityRef"] = best[0]
	}
	return Result{Outputs: out, Detail: strings.Join(made.Entities, ", ")}, nil
}

// tolerable reports whether an error says something about the location itself.
func tolerable(err error) bool {
	return slices.Contains([]errs.Kind{errs.Conflict, errs.Invalid, errs.NotFound}, errs.KindOf(err))
}

func catalogRegisterSpec() Spec {
	return Spec{
		ID:          CatalogRegisterID,
		Description: "Has the catalog read a descriptor file and keep it up to date.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","anyOf":[
{"type":"object","required":["catalogInfoUrl"],"additionalProperties":false,"properties":{
"catalogInfoUrl":{"type":"string","description":"The URL of the descriptor file"},
"optional":{"type":"boolean","description":"Go on when the file can't be registered"}}},
{"type":"object","required":["repoContentsUrl"],"additionalProperties":false,"properties":{
"repoContentsUrl":{"type":"string","description":"The URL of the repository's files, as publishing gives it"},
"catalogInfoPath":{"type":"string","description":"The descriptor file in the repository; /catalog-info.yaml when not given"},
"optional":{"type":"boolean","description":"Go on when the file can't be registered"}}}]}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"catalogInfoUrl":{"type":"string","description":"The URL of the descriptor file"},
"entityRef":{"type":"string","description":"The component of the file, or else its first entity"}}}`),
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
