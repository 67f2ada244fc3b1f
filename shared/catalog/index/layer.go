package index

import (
	"strings"
	"sync"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
	"github.com/slipwayhq/slipway/shared/catalog/index/segment"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// layer is a segment or the overlay: some documents, numbered from 0, of which every entity
// is alive in one layer only. Sets are of that many numbers.
type layer interface {
	holder
	chooser
	arranger
	// facet appends the values of a field with the number of documents of a set that have
	// them; all says that the set holds all documents.
	facet(key string, set bitset.Set, all bool, counts []FacetCount) []FacetCount
}

var (
	_ layer = (*Segment)(nil)
	_ layer = (*overlay)(nil)
)

// holder is a layer as what documents are in.
type holder interface {
	size() int
	living(into bitset.Set)
	at(doc uint32) Document
	// lookup gives the living document with a ref.
	lookup(ref string) (doc uint32, ok bool)
}

// chooser is a layer as what documents are selected from, dead ones too.
type chooser interface {
	// leaf puts the documents that a node without nodes of its own selects into an empty set.
	leaf(n predicate.Node, into bitset.Set)
	// text puts the documents with a matching value in a field into a set.
	text(key string, p segment.Pattern, into bitset.Set)
	// orderable keeps the documents of a set that have a value in a field.
	orderable(key string, set bitset.Set)
}

// arranger is a layer as what puts the documents of a set in order.
type arranger interface {
	// ordered is by a field, "" for the uid; total is the number of documents.
	ordered(d *desk, key string, set bitset.Set, total int) source
	byRefs(d *desk, set bitset.Set, total int) source
	// list is by the orders of a listing, the first enough documents of it at least.
	list(l List, set bitset.Set, enough int) []listRow
}

// desk lends sets to one query and takes them back at its end.
type desk struct {
	pool  *sync.Pool
	taken []*bitset.Set
}

// empty lends an empty set of n numbers.
func (d *desk) empty(n int) bitset.Set {
	s, _ := d.pool.Get().(*bitset.Set)
	if s == nil {
		s = new(bitset.Set)
	}
	words := bitset.Words(n)
	if cap(*s) < words {
		*s = bitset.New(n)
	}
	*s = (*s)[:words]
	s.Clear()
	d.taken = append(d.taken, s)
	return *s
}

func (d *desk) clear() {
	for _, s := range d.taken {
		d.pool.Put(s)
	}
	d.taken = nil
}

// selection gives the living documents of a layer that a query selects.
func (d *desk) selection(l layer, where predicate.Node, text *textFilter) bitset.Set {
	set := d.empty(l.size())
	if where == nil {
		l.living(set)
	} else {
		d.evaluate(l, where, set)
		living := d.empty(l.size())
		l.living(living)
		set.And(living)
	}
	if text != nil {
		found := d.empty(l.size())
		for _, field := range text.fields {
			l.text(field, text.pattern, found)
		}
		set.And(found)
	}
	return set
}

// evaluate puts what a node selects into an empty set, the dead too.
func (d *desk) evaluate(l layer, where predicate.Node, into bitset.Set) {
	switch n := where.(type) {
	case predicate.All:
		if len(n) == 0 {
			into.Fill(l.size())
			return
		}
		d.evaluate(l, n[0], into)
		for _, part := range n[1:] {
			into.And(d.evaluated(l, part))
		}
	case predicate.Any:
		for _, part := range n {
			into.Or(d.evaluated(l, part))
		}
	case predicate.Not:
		d.evaluate(l, n.Node, into)
		into.Flip(l.size())
	default:
		l.leaf(n, into)
	}
}

// evaluated lends a set with what a node selects.
func (d *desk) evaluated(l layer, where predicate.Node) bitset.Set {
	set := d.empty(l.size())
	d.evaluate(l, where, set)
	return set
}

// textFilter is a TextFilter ready for use.
type textFilter struct {
	pattern segment.Pattern
	fields  []string
}

// compile reads a filter, nil when it keeps everything.
func (t TextFilter) compile(order Order) *textFilter {
	term := strings.ToLower(strings.TrimSpace(t.Term))
	if term == "" {
		return nil
	}
	f := &textFilter{pattern: segment.NewPattern(term)}
	for _, field := range t.Fields {
		f.fields = append(f.fields, strings.ToLower(field))
	}
	switch {
	case len(f.fields) > 0:
	case order.Field != "":
		f.fields = []string{order.Field}
	default:
		f.fields = []string{"metadata.uid"}
	}
	return f
}
