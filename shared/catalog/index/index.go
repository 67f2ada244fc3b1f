package index

import (
	"slices"
	"strings"
)

// document is an entity as it is shown, with what it can be found by. It is never changed
// once it is made.
type document struct {
	ref    string
	uid    string
	entity Entity
	rows   []row
}

// index holds all entities in memory. Its methods need the owner's lock (reader).
type index struct {
	seq     int64 // of the last change it holds
	records map[string]record
	edges   map[string][]edge           // source → the edges its spec makes
	on      map[string]map[Relation]int // entity → relations made on it by anybody's spec
	shown   map[string]*document        // what was made from the above
	stale   map[string]struct{}         // refs whose document has to be made again
	byUID   map[string]string
	ordered []*document // by uid; nil when it has to be made again
}

func newIndex() *index {
	return &index{
		records: map[string]record{}, edges: map[string][]edge{}, on: map[string]map[Relation]int{},
		shown: map[string]*document{}, stale: map[string]struct{}{}, byUID: map[string]string{},
	}
}

// put takes an entity in, or its new content.
func (x *index) put(r record) {
	ref := r.ref()
	x.remove(ref)
	x.records[ref] = r
	x.byUID[r.Entity.UID()] = ref
	x.edges[ref] = edges(r.Entity)
	for _, e := range x.edges[ref] {
		if x.on[e.on] == nil {
			x.on[e.on] = map[Relation]int{}
		}
		x.on[e.on][Relation{Type: e.kind, TargetRef: e.target}]++
		x.stale[e.on] = struct{}{}
	}
	x.stale[ref] = struct{}{}
}

// remove takes an entity out. Relations that others make on it stay: they point to an
// entity that is not there.
func (x *index) remove(ref string) {
	old, ok := x.records[ref]
	if !ok {
		return
	}
	for _, e := range x.edges[ref] {
		r := Relation{Type: e.kind, TargetRef: e.target}
		if x.on[e.on][r]--; x.on[e.on][r] == 0 {
			delete(x.on[e.on], r)
		}
		if len(x.on[e.on]) == 0 {
			delete(x.on, e.on)
		}
		x.stale[e.on] = struct{}{}
	}
	delete(x.edges, ref)
	delete(x.records, ref)
	delete(x.byUID, old.Entity.UID())
	x.stale[ref] = struct{}{}
}

// settle makes the documents that changes have made stale.
func (x *index) settle() {
	if len(x.stale) == 0 {
		return
	}
	for ref := range x.stale {
		r, ok := x.records[ref]
		if !ok {
			delete(x.shown, ref)
			continue
		}
		x.shown[ref] = x.render(ref, r)
	}
	clear(x.stale)
	x.ordered = make([]*document, 0, len(x.shown))
	for _, d := range x.shown {
		x.ordered = append(x.ordered, d)
	}
	slices.SortFunc(x.ordered, func(a, b *document) int { return strings.Compare(a.uid, b.uid) })
}

func (x *index) render(ref string, r record) *document {
	e := r.Entity
	e.Relations = make([]Relation, 0, len(x.on[ref]))
	for rel := range x.on[ref] {
		e.Relations = append(e.Relations, rel)
	}
	e.Relations = sortRelations(e.Relations)
	etag, err := Digest([]any{r.ETag, e.UID(), e.Relations})
	if err != nil {
		etag = r.ETag // strings always have a JSON form
	}
	e = e.with("etag", etag)
	return &document{ref: ref, uid: e.UID(), entity: e, rows: rowsOf(e)}
}
