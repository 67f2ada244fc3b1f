package index

import (
	"iter"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// Record is a stored entity: with metadata.uid, without metadata.etag and relations.
type Record struct {
	Entity entity.Entity
	ETag   string // of the content
}

// Config sets the sizes of an Index. Zeros stand for the usual ones.
type Config struct{}

// Index finds entities. Many may read at once; Apply needs it alone.
type Index struct {
	records map[string]Record
	edges   map[string][]entity.Edge
	on      map[string]map[entity.Relation]int
	shown   map[string]*shown
	stale   map[string]struct{}
	byUID   map[string]string
	ordered []*shown // by uid
}

type shown struct {
	ref, uid string
	entity   entity.Entity
	rows     []row
}

// New makes an empty index.
func New(Config) (*Index, error) {
	return &Index{
		records: map[string]Record{}, edges: map[string][]entity.Edge{}, on: map[string]map[entity.Relation]int{},
		shown: map[string]*shown{}, stale: map[string]struct{}{}, byUID: map[string]string{},
	}, nil
}

// Build makes an index of all the records.
func Build(cfg Config, records iter.Seq[Record]) (*Index, error) {
	x, err := New(cfg)
	if err != nil {
		return nil, err
	}
	return x, x.Apply(slices.Collect(records), nil)
}

// Apply takes one batch of changes: entities with their new content, and the refs of those
// that are gone. Deletions come first.
func (x *Index) Apply(upserts []Record, deletes []string) error {
	for _, ref := range deletes {
		x.remove(ref)
	}
	for _, r := range upserts {
		x.put(r)
	}
	x.settle()
	return nil
}

// Len gives the number of entities.
func (x *Index) Len() int { return len(x.shown) }

// ByRef gives the entity with a canonical ref.
func (x *Index) ByRef(ref string) (Document, bool) {
	d, ok := x.shown[ref]
	return Document{d}, ok
}

// ByUID gives the entity with a metadata.uid.
func (x *Index) ByUID(uid string) (Document, bool) {
	d, ok := x.shown[x.byUID[uid]]
	return Document{d}, ok
}

// ByRefs gives the entities with these refs that where holds for, in the refs' order and the
// zero Document for each that is not there.
func (x *Index) ByRefs(refs []string, where predicate.Node) []Document {
	out := make([]Document, len(refs))
	for i, ref := range refs {
		if d, ok := x.shown[ref]; ok && matches(where, d.rows) {
			out[i] = Document{d}
		}
	}
	return out
}

// Naming gives the refs of all entities that have a relation to ref, of any type, in order.
func (x *Index) Naming(ref string) []string {
	var out []string
	for _, d := range x.ordered {
		if slices.ContainsFunc(d.entity.Relations, func(r entity.Relation) bool { return r.TargetRef == ref }) {
			out = append(out, d.ref)
		}
	}
	slices.Sort(out)
	return out
}

func (x *Index) put(r Record) {
	ref := r.Entity.Ref().String()
	x.remove(ref)
	x.records[ref] = r
	x.byUID[r.Entity.UID()] = ref
	x.edges[ref] = entity.Edges(r.Entity)
	for _, e := range x.edges[ref] {
		if x.on[e.On] == nil {
			x.on[e.On] = map[entity.Relation]int{}
		}
		x.on[e.On][e.Relation]++
		x.stale[e.On] = struct{}{}
	}
	x.stale[ref] = struct{}{}
}

func (x *Index) remove(ref string) {
	old, ok := x.records[ref]
	if !ok {
		return
	}
	for _, e := range x.edges[ref] {
		if x.on[e.On][e.Relation]--; x.on[e.On][e.Relation] == 0 {
			delete(x.on[e.On], e.Relation)
		}
		x.stale[e.On] = struct{}{}
	}
	delete(x.edges, ref)
	delete(x.records, ref)
	delete(x.byUID, old.Entity.UID())
	x.stale[ref] = struct{}{}
}

func (x *Index) settle() {
	for ref := range x.stale {
		r, ok := x.records[ref]
		if !ok {
			delete(x.shown, ref)
			continue
		}
		x.shown[ref] = x.render(ref, r)
	}
	clear(x.stale)
	x.ordered = make([]*shown, 0, len(x.shown))
	for _, d := range x.shown {
		x.ordered = append(x.ordered, d)
	}
	slices.SortFunc(x.ordered, func(a, b *shown) int { return strings.Compare(a.uid, b.uid) })
}

func (x *Index) render(ref string, r Record) *shown {
	e := r.Entity
	e.Relations = make([]entity.Relation, 0, len(x.on[ref]))
	for rel := range x.on[ref] {
		e.Relations = append(e.Relations, rel)
	}
	e.Relations = entity.SortRelations(e.Relations)
	parts := []any{r.ETag, e.UID(), e.Relations}
	if e.Status != nil {
		parts = append(parts, e.Status)
	}
	etag, err := entity.Digest(parts)
	if err != nil {
		etag = r.ETag // strings always have a JSON form
	}
	e = e.With("etag", etag)
	return &shown{ref: ref, uid: e.UID(), entity: e, rows: rowsOf(e)}
}
