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

// overlay holds what has changed since the newest segment, decoded. It is small, so its
// queries look at each document in turn.
type overlay struct {
	kinds *entity.Kinds
	docs  []*changed
	byRef map[string]int // place in docs
	byUID map[string]*changed
	keys  map[string]uint32 // fields by key, from 1
	paths map[string]uint32 // the same by path as written; 0 for one that is not indexed
	names []string          // by field
}

func newOverlay(kinds *entity.Kinds) overlay {
	return overlay{kinds: kinds, byRef: map[string]int{}, byUID: map[string]*changed{}, keys: map[string]uint32{}, paths: map[string]uint32{}, names: []string{""}}
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
		o.names = append(o.names, key)
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

// put takes an entity in, in place of what was there under its ref.
func (o *overlay) put(ref string, s *stored, relations []entity.Relation) {
	c := &changed{stored: s, ref: ref, uid: s.record.Entity.UID(), relations: relations}
	for i, r := range relations {
		if i == 0 || relations[i-1].Type != r.Type {
			c.spans = append(c.spans, span{field: o.field(relationsKey + strings.ToLower(r.Type)), from: i})
		}
		c.spans[len(c.spans)-1].to = i + 1
	}
	if i, ok := o.byRef[ref]; ok {
		o.forgetUID(o.docs[i])
		o.docs[i] = c
	} else {
		o.byRef[ref] = len(o.docs)
		o.docs = append(o.docs, c)
	}
	o.byUID[c.uid] = c
}

// remove takes an entity out, if it is there.
func (o *overlay) remove(ref string) {
	i, ok := o.byRef[ref]
	if !ok {
		return
	}
	o.forgetUID(o.docs[i])
	last := len(o.docs) - 1
	o.docs[i] = o.docs[last]
	o.byRef[o.docs[i].ref] = i
	o.docs = o.docs[:last]
	delete(o.byRef, ref)
}

func (o *overlay) forgetUID(c *changed) {
	if o.byUID[c.uid] == c {
		delete(o.byUID, c.uid)
	}
}

// find gives the entity with a ref, nil for none.
func (o *overlay) find(ref string) *changed {
	if i, ok := o.byRef[ref]; ok {
		return o.docs[i]
	}
	return nil
}

// each calls visit for the rows of a field until it returns false.
func (c *changed) each(field uint32, visit func(value, shown string, null bool) bool) {
	i, _ := slices.BinarySearchFunc(c.rows, field, func(r row, f uint32) int { return int(r.field) - int(f) })
	for ; i < len(c.rows) && c.rows[i].field == field; i++ {
		if !visit(c.rows[i].value, c.rows[i].shown, c.rows[i].null) {
			return
		}
	}
	for _, s := range c.spans {
		if s.field != field {
			continue
		}
		for _, r := range c.relations[s.from:s.to] {
			if !visit(r.TargetRef, r.TargetRef, false) {
				return
			}
		}
	}
}

// having puts the documents with a row in a field that holds into a set.
func (o *overlay) having(key string, into bitset.Set, holds func(value string, null bool) bool) {
	field, ok := o.keys[key]
	if !ok {
		return
	}
	for i, c := range o.docs {
		c.each(field, func(value, _ string, null bool) bool {
			if holds(value, null) {
				into.Add(uint32(i))
				return false
			}
			return true
		})
	}
}

// The overlay is a layer.

func (o *overlay) size() int              { return len(o.docs) }
func (o *overlay) living(into bitset.Set) { into.Fill(len(o.docs)) }
func (o *overlay) at(doc uint32) Document { return Document{changed: o.docs[doc]} }

func (o *overlay) lookup(ref string) (uint32, bool) {
	i, ok := o.byRef[ref]
	return uint32(i), ok
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
	field, ok := o.keys[key]
	if !ok {
		return counts
	}
	found := map[string]int{}
	for i := set.Next(0); i >= 0; i = set.Next(i + 1) {
		o.docs[i].each(field, func(_, shown string, null bool) bool {
			if !null {
				found[shown]++
			}
			return true
		})
	}
	for shown, n := range found {
		counts = append(counts, FacetCount{shown, n})
	}
	return counts
}
