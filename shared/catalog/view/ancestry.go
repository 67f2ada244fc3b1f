package view

import (
	"context"
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
)

// Ancestry is an entity with the locations that led to it.
type Ancestry struct {
	RootRef string     // of the entity in question: it is the root of this tree
	Items   []Ancestor // the entity first, then what led to it
}

// Ancestor is one entity of an Ancestry.
type Ancestor struct {
	Document index.Document
	Parents  []string // refs of what led to it directly
}

// maxAncestors is more than a walk along locations is deep.
const maxAncestors = 64

// Ancestry gives an entity and the locations that led to it; NotFound when there is none.
func (r reading) Ancestry(ctx context.Context, ref string) (Ancestry, error) {
	out := Ancestry{RootRef: ref}
	var seen []string
	for ref != "" && len(out.Items) < maxAncestors && !slices.Contains(seen, ref) {
		d, err := r.ByRef(ctx, ref)
		if err != nil {
			return out, err
		}
		if !d.Found() {
			break // the parent has gone: its children are about to
		}
		parent, err := r.parent(ctx, ref)
		if err != nil {
			return out, err
		}
		a := Ancestor{Document: d, Parents: []string{}}
		if parent != "" {
			a.Parents = []string{parent}
		}
		seen, out.Items = append(seen, ref), append(out.Items, a)
		ref = parent
	}
	if len(out.Items) == 0 {
		return out, entity.NoSuch(out.RootRef)
	}
	out.Items[len(out.Items)-1].Parents = []string{}
	return out, nil
}

// parent gives the ref of the Location entity that led to an entity, "" when none did.
func (r reading) parent(ctx context.Context, ref string) (string, error) {
	before := int64(0)
	if r.until > 0 {
		before = r.until + 1
	}
	newest, err := r.log.History(ctx, ref, before, 1)
	if err != nil || len(newest) == 0 {
		return "", err
	}
	return newest[0].Origin.Parent, nil
}
