package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

// CatalogFetchID is what templates call the action that reads entities.
const CatalogFetchID = "catalog:fetch"

// Catalog shows entities.
type Catalog interface {
	// Entity gives the entity with that ref, as of every committed write; NotFound when
	// there is none.
	Entity(ctx context.Context, ref string) (entity.Entity, error)
}

// NewCatalog makes the actions on the catalog.
func NewCatalog(c Catalog) ([]Action, error) {
	if c == nil {
		return nil, errors.New("the actions on the catalog need one")
	}
	fetch := fetcher{c}
	return []Action{
		lookup{id: CatalogFetchID, outputs: []string{"entity", "entities"}, read: fetch.read}, newCatalogWrite(), CatalogRegister{},
	}, nil
}

// catalogSpecs gives the specifications of the actions that NewCatalog makes.
func catalogSpecs() []Spec {
	return []Spec{catalogFetchSpec(), catalogWriteSpec(), catalogRegisterSpec()}
}

type catalogFetchInput struct {
	EntityRef        string   `json:"entityRef"`
	EntityRefs       []string `json:"entityRefs"`
	Optional         bool     `json:"optional"`
	DefaultKind      string   `json:"defaultKind"`
	DefaultNamespace string   `json:"defaultNamespace"`
}

// maxFetched is how many entities one step reads.
const maxFetched = 200

type fetcher struct{ catalog Catalog }

func (f fetcher) read(ctx context.Context, c Call) (Result, error) {
	in, err := decodeInput[catalogFetchInput](c)
	if err != nil {
		return Result{}, err
	}
	switch {
	case in.EntityRef == "" && in.EntityRefs == nil && !in.Optional:
		return Result{}, required(CatalogFetchID, "entityRef, or entityRefs", "")
	case len(in.EntityRefs) > maxFetched:
		return Result{}, errs.New(errs.TooLarge, fmt.Sprintf("entityRefs names %d entities, more than %d", len(in.EntityRefs), maxFetched))
	}
	out := map[string]any{}
	if in.EntityRef != "" {
		if out["entity"], err = f.entity(ctx, c, in, in.EntityRef, "entity"); err != nil {
			return Result{}, err
		}
	}
	if in.EntityRefs != nil {
		list := make([]any, len(in.EntityRefs))
		for i, ref := range in.EntityRefs {
			if list[i], err = f.entity(ctx, c, in, ref, fmt.Sprintf("entities[%d]", i)); err != nil {
				return Result{}, err
			}
		}
		out["entities"] = list
	}
	return Result{Outputs: out, Detail: fetched(in)}, nil
}

// entity reads one entity; nil for one that may be missing and is. One that is missing
// while planning may be there by the time it is needed.
func (f fetcher) entity(ctx context.Context, c Call, in catalogFetchInput, text, output string) (any, error) {
	ref, err := entity.ParseRef(text, entity.Ref{Kind: in.DefaultKind, Namespace: in.DefaultNamespace})
	if err != nil {
		return nil, err
	}
	found, err := f.catalog.Entity(ctx, ref.String())
	switch {
	case errors.Is(err, errs.NotFound) && in.Optional:
		return nil, nil
	case errors.Is(err, errs.NotFound) && c.Rehearsing:
		return c.unknown(output), nil
	case errors.Is(err, errs.NotFound):
		return nil, errs.New(errs.NotFound, fmt.Sprintf("the catalog has no %s", ref))
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", ref, err)
	}
	found.Relations = nil // who plans may see them, who runs does not
	body, err := json.Marshal(found)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "an entity can't be written as JSON", err)
	}
	var plain keyorder.Object
	if err := json.Unmarshal(body, &plain); err != nil {
		return nil, errs.Wrap(errs.Internal, "an entity can't be read again", err)
	}
	plain.Map, _ = operations.Defused(plain.Map).(map[string]any)
	return plain, nil
}

func fetched(in catalogFetchInput) string {
	if in.EntityRefs != nil {
		return fmt.Sprintf("%d entities", len(in.EntityRefs))
	}
	return in.EntityRef
}

func catalogFetchSpec() Spec {
	return Spec{
		ID:          CatalogFetchID,
		Description: "Reads entities from the catalog, without their relations.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"entityRef":{"type":"string","description":"The ref of an entity"},
"entityRefs":{"type":"array","items":{"type":"string"},"description":"The refs of entities, 200 at most"},
"optional":{"type":"boolean","description":"Give null for what the catalog does not have; an error otherwise"},
"defaultKind":{"type":"string","description":"The kind of refs that name none"},
"defaultNamespace":{"type":"string","description":"The namespace of refs that name none"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"entity":{"description":"What entityRef names"},
"entities":{"type":"array","description":"What entityRefs name, in their order"}}}`),
		Examples: []Example{
			{"Read the owner", `steps:
  - id: owner
    name: Look the owner up
    action: catalog:fetch
    input:
      entityRef: ${{ parameters.owner }}
      defaultKind: group
`},
			{"Read several, as far as they are there", `steps:
  - id: apis
    name: Look the APIs up
    action: catalog:fetch
    input:
      entityRefs:
        - api:default/orders
        - api:default/payments
      optional: true
`},
		},
	}
}
