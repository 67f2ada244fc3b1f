package index_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

// model is what an index must be like, without a thought for speed: all entities in a map,
// everything worked out anew from them.
type model struct {
	records map[string]index.Record
	docs    []*modelDoc // by uid
}

type modelDoc struct {
	ref, uid  string
	json      string
	etag      string
	relations []entity.Relation
	rows      []modelRow // by key
}

// modelRow is one line of Backstage's search table.
type modelRow struct {
	key, value, shown string
	null              bool
}

func (m *model) apply(upserts []index.Record, deletes []string) {
	for _, ref := range deletes {
		delete(m.records, ref)
	}
	for _, r := range upserts {
		m.records[r.Entity.Ref().String()] = r
	}
	on := map[string][]entity.Relation{}
	for _, r := range m.records {
		for _, e := range entity.Builtin().Edges(r.Entity) {
			on[e.On] = append(on[e.On], e.Relation)
		}
	}
	m.docs = nil
	for ref, r := range m.records {
		m.docs = append(m.docs, newModelDoc(ref, r, on[ref]))
	}
	slices.SortFunc(m.docs, func(a, b *modelDoc) int { return strings.Compare(a.uid, b.uid) })
}

func newModelDoc(ref string, r index.Record, relations []entity.Relation) *modelDoc {
	e := r.Entity
	e.Relations = entity.SortRelations(slices.Clone(relations))
	if e.Relations == nil {
		e.Relations = []entity.Relation{}
	}
	parts := []any{r.ETag, e.UID(), e.Relations}
	if e.Status != nil {
		parts = append(parts, e.Status)
	}
	etag, err := entity.Digest(parts)
	if err != nil {
		panic(err)
	}
	last := keyorder.OfObject(append(slices.Sorted(maps.Keys(e.Metadata)), "etag"), nil)
	shown := e.With("etag", etag)
	shown.Order = shown.Order.With("metadata", last)
	body, err := entity.Canonical(shown)
	if err != nil {
		panic(err)
	}
	return &modelDoc{ref: ref, uid: e.UID(), json: string(body), etag: etag, relations: e.Relations, rows: modelRows(e)}
}

func modelRows(e entity.Entity) []modelRow {
	var b modelRowBuilder
	b.add("apiversion", e.APIVersion)
	b.add("kind", e.Kind)
	for k, v := range e.Metadata {
		if k != "etag" && k != "namespace" {
			b.walk("metadata."+k, v)
		}
	}
	b.add("metadata.namespace", e.Namespace())
	for k, v := range e.Spec {
		b.walk("spec."+k, v)
	}
	for _, r := range e.Relations {
		b.add("relations."+r.Type, r.TargetRef)
	}
	slices.SortFunc(b.rows, func(a, b modelRow) int {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.shown, b.shown), compareBools(a.null, b.null))
	})
	return slices.Compact(b.rows)
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

type modelRowBuilder struct{ rows []modelRow }

func (b *modelRowBuilder) walk(path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			b.walk(path+"."+k, item)
		}
	case []any:
		for _, item := range v {
			b.walk(path, item)
			if s, ok := item.(string); ok {
				b.add(path+"."+s, "true")
			}
		}
	case nil:
		b.put(modelRow{key: path, null: true})
	case string:
		b.add(path, v)
	default:
		b.add(path, entity.ScalarText(v))
	}
}

func (b *modelRowBuilder) add(key, value string) {
	if len([]rune(value)) > 200 {
		b.put(modelRow{key: key, null: true})
		return
	}
	b.put(modelRow{key: key, value: strings.ToLower(value), shown: value})
}

func (b *modelRowBuilder) put(r modelRow) {
	r.key = strings.ToLower(r.key)
	if len(r.key) <= 200 {
		b.rows = append(b.rows, r)
	}
}

func (d *modelDoc) find(key string) []modelRow {
	var out []modelRow
	for _, r := range d.rows {
		if r.key == key {
			out = append(out, r)
		}
	}
	return out
}

func (m *model) naming(ref string) []string {
	var out []string
	for _, d := range m.docs {
		if slices.ContainsFunc(d.relations, func(r entity.Relation) bool { return r.TargetRef == ref }) {
			out = append(out, d.ref)
		}
	}
	slices.Sort(out)
	return out
}

func (m *model) refs() []string { return slices.Sorted(maps.Keys(m.records)) }
