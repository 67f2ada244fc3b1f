package view

import (
	"context"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// reading answers from whatever index read hands out.
type reading struct {
	// read calls f with an index that f must neither keep nor change.
	read func(ctx context.Context, f func(x *index.Index)) error
	log  *changelog.Log
	// until is the last change that counts, 0 for all.
	until int64
}

// errNoEnd is what a question without an end is refused with.
var errNoEnd = errs.New(errs.Invalid, "a query needs a limit of at least 0, or -1 for all, and no negative offset")

// ByRef gives an entity by its canonical ref, the zero Document when there is none.
func (r reading) ByRef(ctx context.Context, ref string) (d index.Document, err error) {
	err = r.read(ctx, func(x *index.Index) { d, _ = x.ByRef(ref) })
	return d, err
}

// ByUID gives an entity by its uid, the zero Document when there is none.
func (r reading) ByUID(ctx context.Context, uid string) (d index.Document, err error) {
	err = r.read(ctx, func(x *index.Index) { d, _ = x.ByUID(uid) })
	return d, err
}

// ByRefs gives the entities of canonical refs in the order asked; see Reader.
func (r reading) ByRefs(ctx context.Context, refs []string, where predicate.Node) (out []index.Document, err error) {
	err = r.read(ctx, func(x *index.Index) { out = x.ByRefs(refs, where) })
	return out, err
}

// Query gives a page of entities.
func (r reading) Query(ctx context.Context, q index.Query) (page index.Page, err error) {
	if q.Offset < 0 || q.Limit < -1 {
		return page, errNoEnd
	}
	err = r.read(ctx, func(x *index.Index) { page = x.Query(q) })
	return page, err
}

// List gives entities in the order of several fields, and whether there are more.
func (r reading) List(ctx context.Context, l index.List) (items []index.Document, more bool, err error) {
	if l.Offset < 0 || l.Limit < -1 {
		return nil, false, errNoEnd
	}
	err = r.read(ctx, func(x *index.Index) { items, more = x.List(l) })
	return items, more, err
}

// Facets counts the values that the selected entities have in each field.
func (r reading) Facets(ctx context.Context, where predicate.Node, fields []string) (out map[string][]index.FacetCount, err error) {
	err = r.read(ctx, func(x *index.Index) { out = x.Facets(where, fields) })
	return out, err
}
