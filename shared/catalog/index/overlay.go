package index

import (
	"slices"
	"strings"
	"sync"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
	"github.com/slipwayhq/slipway/shared/catalog/index/segment"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// overlay holds what has changed since the newest segment, decoded. It is small, so that its
// queries look at all rows of a field in turn.
type overlay struct {
	kinds  *entity.Kinds
	docs   []*changed // nil where an entity has changed again or gone
	live   int
	byRef  map[string]uint32 // number of the living document
	byUID  map[string]*changed
	keys   map[string]uint32              // fields by key, from 1
	paths  map[string]uint32              // the same by path as written; 0 for one that is not indexed
	names  []string                       // by field
	rows   [][]overlayRow                 // by field, the dead ones' too; relations are not among them
	namers map[string]map[string]struct{} // entity → living ones here whose specs make relations on it
}

type overlayRow struct {
	doc uint32
	row
}

func newOverlay(kinds *entity.Kinds) overlay {
	return overlay{kinds: kinds, byRef: map[string]uint32{}, byUID: map[string]*changed{}, keys: map[string]uint32{}, paths: map[string]uint32{},
		names: []string{""}, rows: [][]overlayRow{nil}, namers: map[string]map[string]struct{}{}}
}

// row is one thing an entity can be found by.
type row struct {
	field uint32
	null  bool   // it exists but never equals anything
	value string // lower case; what comparisons use
	shown string // as written; what facets show
}

// stored is an entity without its relations. It is never changed.
type stored struct {
	record Record
	rows   []row         // by field
	edges  []entity.Edge // that its spec makes
	once   sync.Once
	made   content
	err    error
}

// content writes the entity, once.
func (s *stored) content() (content, error) {
	s.once.Do(func() { s.made, s.err = newContent(s.record) })
	return s.made, s.err
}

// changed is an entity as it is shown. It is never changed itself.
type changed struct {
	*stored
	ref, uid  string
	relations []entity.Relation // in order
	spans     []span
	once      sync.Once
	shown     segment.Body
	err       error
}

// span is the part of the relations that has one type.
type span struct {
	field    uint32
	from, to int
}

// body renders the entity, once.
func (c *changed) body() (segment.Body, error) {
	c.once.Do(func() {
		made, err := c.content()
		if err != nil {
			c.err = err
			return
		}
		c.shown.ContentETag = made.etag
		c.shown.JSON, c.shown.ETag, c.err = made.render(c.relations)
	})
	return c.shown, c.err
}

// field gives the number of a field, a new one if need be.
func (o *overlay) field(key string) uint32 {
	f, ok := o.keys[key]
	if !ok {
		f = uint32(len(o.names))
		o.keys[key] = f
		o.names, o.rows = append(o.names, key), append(o.rows, nil)
	}
	return f
}

// store makes a record ready to be searched.
func (o *overlay) store(r Record) *stored {
	s := &stored{record: r, edges: o.kinds.Edges(r.Entity), rows: make([]row, 0, 48)}
	flatten(r.Entity, func(path []byte, value string, null bool) {
		f, known := o.paths[string(path)]
		if !known {
			if key, ok := keyOf(path); ok {
				f = o.field(key)
			}
			o.paths[string(path)] = f
		}
		if f != 0 {
			s.rows = append(s.rows, row{field: f, null: null, value: strings.ToLower(value), shown: value})
		}
	})
	slices.SortFunc(s.rows, func(a, b row) int {
		switch {
		case a.field != b.field:
			return int(a.field) - int(b.field)
		case a.null == b.null:
			return strings.Compare(a.shown, b.shown)
		case a.null:
			return -1
		}
		return 1
	})
	s.rows = slices.Compact(s.rows)
	return s
}

// put takes an entity in, in place of what was there under its ref. While its own content is
// the same it keeps its number, and its rows stay where they are.
func (o *overlay) put(ref string, s *stored, relations []entity.Relation) {
	c := &changed{stored: s, ref: ref, uid: s.record.Entity.UID(), relations: relations}
	for i, r := range relations {
		if i == 0 || relations[i-1].Type != r.Type {
			c.spans = append(c.spans, span{field: o.field(relationsKey + strings.ToLower(r.Type)), from: i})
		}
		c.spans[len(c.spans)-1].to = i + 1
	}
	if old := o.find(ref); old != nil && old.stored == s {
		o.docs[o.byRef[ref]] = c
		o.byUID[c.uid] = c
		return
	}
	o.remove(ref)
	doc := uint32(len(o.docs))
	o.docs = append(o.docs, c)
	o.live++
	o.byRef[ref], o.byUID[c.uid] = doc, c
	for _, r := range s.rows {
		o.rows[r.field] = append(o.rows[r.field], overlayRow{doc, r})
	}
	for _, e := range s.edges {
		if e.On == ref {
			continue
		}
		if o.namers[e.On] == nil {
			o.namers[e.On] = map[string]struct{}{}
		}
		o.namers[e.On][ref] = struct{}{}
	}
}

// remove takes an entity out, if it is there.
func (o *overlay) remove(ref string) {
	c := o.find(ref)
	if c == nil {
		return
	}
	for _, e := range c.edges {
		delete(o.namers[e.On], ref)
	}
	if o.byUID[c.uid] == c {
		delete(o.byUID, c.uid)
	}
	o.docs[o.byRef[ref]] = nil
	o.live--
	delete(o.byRef, ref)
}

// find gives the entity with a ref, nil for none.
func (o *overlay) find(ref string) *changed {
	if i, ok := o.byRef[ref]; ok {
		return o.docs[i]
	}
	return nil
}

// scan calls visit for all rows with a key, of the dead too.
func (o *overlay) scan(key string, visit func(doc uint32, value, shown string, null bool)) {
	field, ok := o.keys[key]
	if !ok {
		return
	}
	for i := range o.rows[field] {
		r := &o.rows[field][i]
		visit(r.doc, r.value, r.shown, r.null)
	}
	if !strings.HasPrefix(key, relationsKey) {
		return
	}
	for doc, c := range o.docs {
		if c == nil {
			continue
		}
		for _, s := range c.spans {
			if s.field != field {
				continue
			}
			for _, r := range c.relations[s.from:s.to] {
				visit(uint32(doc), r.TargetRef, r.TargetRef, false)
			}
		}
	}
}

// having puts the documents with a row that holds into a set.
func (o *overlay) having(key string, into bitset.Set, holds func(value string, null bool) bool) {
	o.scan(key, func(doc uint32, value, _ string, null bool) {
		if holds(value, null) {
			into.Add(doc)
		}
	})
}

// The overlay is a layer.

func (o *overlay) size() int              { return len(o.docs) }
func (o *overlay) at(doc uint32) Document { return Document{changed: o.docs[doc]} }

func (o *overlay) living(into bitset.Set) {
	for _, doc := range o.byRef {
		into.Add(doc)
	}
}

func (o *overlay) lookup(ref string) (uint32, bool) {
	doc, ok := o.byRef[ref]
	return doc, ok
}

func (o *overlay) leaf(n predicate.Node, into bitset.Set) {
	switch n := n.(type) {
	case predicate.Exists:
		o.having(n.Key, into, func(string, bool) bool { return true })
		if !n.Want {
			into.Flip(len(o.docs))
		}
	case predicate.Equals:
		o.having(n.Key, into, func(value string, null bool) bool { return !null && slices.Contains(n.Values, value) })
	case predicate.HasPrefix:
		o.having(n.Key, into, func(value string, null bool) bool { return !null && strings.HasPrefix(value, n.Prefix) })
	}
}

func (o *overlay) text(key string, p segment.Pattern, into bitset.Set) {
	o.having(key, into, func(value string, null bool) bool { return !null && p.Match(value) })
}

func (o *overlay) facet(key string, set bitset.Set, _ bool, counts []FacetCount) []FacetCount {
	found := map[string]*int{} // so that one look-up is enough to count
	o.scan(key, func(doc uint32, _, shown string, null bool) {
		if null || !set.Has(doc) {
			return
		}
		c := found[shown]
		if c == nil {
			c = new(int)
			found[shown] = c
		}
		*c++
	})
	for shown, c := range found {
		counts = append(counts, FacetCount{shown, *c})
	}
	return counts
}
