package index

import (
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
	"github.com/slipwayhq/slipway/shared/catalog/index/segment"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// Segment is an immutable part of an index, with the documents of it that have since changed
// or gone.
type Segment struct {
	seg  *segment.Segment
	live bitset.Set // nil while all are
	dead int
}

// ID names the segment's bytes: equal bytes, equal ids.
func (s *Segment) ID() string { return s.seg.ID() }

// Bytes gives what the segment consists of. They must not be changed.
func (s *Segment) Bytes() []byte { return s.seg.Bytes() }

// Len gives the number of entities that are current in the segment.
func (s *Segment) Len() int { return s.seg.Docs() - s.dead }

// Deleted gives the bitmap of the documents that are not current any more, nil for none.
func (s *Segment) Deleted() []byte {
	if s.dead == 0 {
		return nil
	}
	dead := slices.Clone(s.live)
	dead.Flip(s.seg.Docs())
	return dead.Append(nil)
}

// lookup gives the living document with a ref.
func (s *Segment) lookup(ref string) (uint32, bool) {
	doc, ok := s.seg.FindRef(ref)
	return doc, ok && s.alive(doc)
}

func (s *Segment) alive(doc uint32) bool { return s.live == nil || s.live.Has(doc) }

// bury marks a document as changed or gone.
func (s *Segment) bury(doc uint32) {
	if s.live == nil {
		s.live = bitset.New(s.seg.Docs())
		s.live.Fill(s.seg.Docs())
	}
	if s.live.Has(doc) {
		s.live.Remove(doc)
		s.dead++
	}
}

// part gives the segment as it is now, for a merge.
func (s *Segment) part() segment.Part {
	live := slices.Clone(s.live)
	if live == nil {
		live = bitset.New(s.seg.Docs())
		live.Fill(s.seg.Docs())
	}
	return segment.Part{Segment: s.seg, Live: live}
}

// A segment is a layer.

func (s *Segment) size() int              { return s.seg.Docs() }
func (s *Segment) at(doc uint32) Document { return Document{segment: s.seg, doc: doc} }

func (s *Segment) living(into bitset.Set) {
	if s.live == nil {
		into.Fill(s.seg.Docs())
		return
	}
	copy(into, s.live)
}

func (s *Segment) leaf(n predicate.Node, into bitset.Set) {
	switch n := n.(type) {
	case predicate.Exists:
		if f, ok := s.seg.Field(n.Key); ok {
			f.Exists().Or(into)
		}
		if !n.Want {
			into.Flip(s.seg.Docs())
		}
	case predicate.Equals:
		if f, ok := s.seg.Field(n.Key); ok {
			for _, value := range n.Values {
				s.or(into)(f.Equal(value))
			}
		}
	case predicate.HasPrefix:
		if f, ok := s.seg.Field(n.Key); ok {
			s.or(into)(f.Prefix(n.Prefix))
		}
	}
}

// or puts the documents of a range of terms into a set.
func (s *Segment) or(into bitset.Set) func(lo, hi uint32) {
	return func(lo, hi uint32) {
		for term := lo; term < hi; term++ {
			s.seg.Posting(term).Or(into)
		}
	}
}

func (s *Segment) text(key string, p segment.Pattern, into bitset.Set) { s.seg.Match(key, p, into) }

func (s *Segment) facet(key string, set bitset.Set, all bool, counts []FacetCount) []FacetCount {
	f, ok := s.seg.Field(key)
	if !ok {
		return counts
	}
	first, end := f.Terms()
	var terms []uint32
	begin := len(counts)
	for term := first; term < end; term++ {
		p := s.seg.Posting(term)
		n := 0
		if all {
			n = p.Len()
		} else {
			n = p.Count(set)
		}
		if n > 0 {
			terms = append(terms, term)
			counts = append(counts, FacetCount{Count: n})
		}
	}
	s.seg.Shown(terms, func(i int, shown string) { counts[begin+i].Value = shown })
	return counts
}
