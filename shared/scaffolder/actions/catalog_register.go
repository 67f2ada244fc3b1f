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
		Outputs: map[string]any{"catalogInfoUrl": e.Target, "entityRef": c.Operation.Target},
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
