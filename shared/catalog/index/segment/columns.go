package segment

import (
	"slices"
	"sort"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
)

// Column is the order of a segment's documents by one field. Each (value, document) has a
// rank, by value and then by document; a document with several values has several. Values
// that are written in several ways are one.
type Column struct {
	s     *Segment
	name  string
	docs  []uint32 // by rank
	begin []uint32 // per value, its first rank; nil when every value has one document
	terms []uint32 // per value, its first term; nil when they are all the terms of the field
	first uint32   // term of the field
	end   uint32
	one   []uint32 // per document, its rank, noTerm without one; nil when some have several
	at    []uint32 // per document, where its ranks begin in many, and a last one
	many  []uint32
	has   bitset.Set // documents with a rank
}

// Column gives the order by a field, nil when nothing can be ordered by it. The first use
// builds it.
func (s *Segment) Column(name string) *Column {
	f, ok := s.Field(name)
	if !ok {
		return nil
	}
	return s.column(f)
}

// RefColumn gives the order by ref.
func (s *Segment) RefColumn() *Column {
	f, ok := s.Refs()
	if !ok {
		return nil
	}
	return s.column(f)
}

func (s *Segment) column(f Field) *Column {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := f.Name()
	i := slices.IndexFunc(s.columns, func(c *Column) bool { return c.name == name })
	if i >= 0 {
		c := s.columns[i]
		s.columns = append(slices.Delete(s.columns, i, i+1), c)
		return c
	}
	c := newColumn(f, name)
	if len(s.columns) >= max(1, s.columnsOf.Most) {
		s.columns = slices.Delete(s.columns, 0, 1)
	}
	s.columns = append(s.columns, c)
	return c
}

func newColumn(f Field, name string) *Column {
	s := f.s
	c := &Column{s: s, name: name, first: f.first, end: f.end, has: bitset.New(s.docs)}
	unique := true
	folded := s.foldedWithin(f.first, f.end)
	for term := f.first; term < f.end; {
		from := len(c.docs)
		c.docs = s.Posting(term).Append(c.docs, s.docs)
		group := term
		for term++; folded && term < f.end && s.folds(term); term++ {
			c.docs = s.Posting(term).Append(c.docs, s.docs)
		}
		if term > group+1 {
			slices.Sort(c.docs[from:])
			c.docs = c.docs[:from+len(slices.Compact(c.docs[from:]))]
		}
		if folded {
			c.terms = append(c.terms, group)
		}
		c.begin = append(c.begin, uint32(from))
		unique = unique && len(c.docs) == from+1
	}
	if unique {
		c.begin = nil
	}
	c.invert()
	return c
}

// invert finds the ranks of each document.
func (c *Column) invert() {
	c.one = make([]uint32, c.s.docs)
	for i := range c.one {
		c.one[i] = noTerm
	}
	several := false
	for rank, doc := range c.docs {
		several = several || c.one[doc] != noTerm
		c.one[doc] = uint32(rank)
		c.has.Add(doc)
	}
	if !several {
		return
	}
	c.one = nil
	c.at = make([]uint32, c.s.docs+1)
	for _, doc := range c.docs {
		c.at[doc+1]++
	}
	for i := range c.s.docs {
		c.at[i+1] += c.at[i]
	}
	c.many = make([]uint32, len(c.docs))
	fill := slices.Clone(c.at)
	for rank, doc := range c.docs {
		c.many[fill[doc]] = uint32(rank)
		fill[doc]++
	}
}

// Len gives the number of ranks.
func (c *Column) Len() int { return len(c.docs) }

// Doc gives the document with a rank.
func (c *Column) Doc(rank int) uint32 { return c.docs[rank] }

// Docs gives the documents by rank. They must not be changed.
func (c *Column) Docs() []uint32 { return c.docs }

// Has gives the documents with a rank. It must not be changed.
func (c *Column) Has() bitset.Set { return c.has }

// Value gives the value at a rank, in lower case.
func (c *Column) Value(rank int) string { return c.s.Value(c.term(c.Group(rank))) }

// Group gives the number of the value at a rank, in order of the values.
func (c *Column) Group(rank int) int {
	if c.begin == nil {
		return rank
	}
	return sort.Search(len(c.begin), func(i int) bool { return int(c.begin[i]) > rank }) - 1
}

// term gives the first term of a value.
func (c *Column) term(group int) uint32 {
	if c.terms != nil {
		return c.terms[group]
	}
	return c.first + uint32(group)
}

// Ranks puts the ranks of the documents of a set into another, of Len numbers.
func (c *Column) Ranks(docs, ranks bitset.Set) {
	for doc := docs.Next(0); doc >= 0 && doc < c.s.docs; doc = docs.Next(doc + 1) {
		if c.one != nil {
			if c.one[doc] != noTerm {
				ranks.Add(c.one[doc])
			}
			continue
		}
		for _, rank := range c.many[c.at[doc]:c.at[doc+1]] {
			ranks.Add(rank)
		}
	}
}

// Least gives a document's smallest rank, false when it has none.
func (c *Column) Least(doc uint32) (int, bool) {
	switch {
	case !c.has.Has(doc):
		return 0, false
	case c.one != nil:
		return int(c.one[doc]), true
	}
	return int(c.many[c.at[doc]]), true
}

// Of gives all ranks of a document, in order.
func (c *Column) Of(doc uint32) []uint32 {
	switch {
	case !c.has.Has(doc):
		return nil
	case c.one != nil:
		return c.one[doc : doc+1]
	}
	return c.many[c.at[doc]:c.at[doc+1]]
}

// Bounds gives the number of ranks before a place, and that of those not behind it: a value
// in lower case, and the numbers of documents with a smaller and with no greater uid.
func (c *Column) Bounds(value string, docsBelow, docsUpTo int) (lower, upper int) {
	f := Field{s: c.s, first: c.first, end: c.end}
	term := f.lowerBound(value, false)
	group := int(term - c.first)
	if c.terms != nil {
		group, _ = slices.BinarySearch(c.terms, term)
	}
	from, to := c.span(group)
	if from == to || c.s.Value(c.term(group)) != value {
		return from, from
	}
	docs := c.docs[from:to]
	lower, _ = slices.BinarySearch(docs, uint32(docsBelow))
	upper, _ = slices.BinarySearch(docs, uint32(docsUpTo))
	return from + lower, from + upper
}

// span gives the ranks of a value.
func (c *Column) span(group int) (from, to int) {
	if c.begin == nil {
		return min(group, len(c.docs)), min(group+1, len(c.docs))
	}
	from, to = len(c.docs), len(c.docs)
	if group < len(c.begin) {
		from = int(c.begin[group])
	}
	if group+1 < len(c.begin) {
		to = int(c.begin[group+1])
	}
	return from, to
}
