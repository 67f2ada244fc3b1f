package index

import (
	"cmp"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
	"github.com/slipwayhq/slipway/shared/catalog/index/segment"
)

// source gives the hits of one layer in ascending order of (value, uid). A position may hold
// no hit.
type source interface {
	// next gives the nearest position with a hit, from a position on, upwards (1) or
	// downwards (-1); -1 for none.
	next(at, direction int) int
	// length is behind the last position.
	length() int
	// place gives where a hit stands among those of all layers.
	place(at int) Place
	document(at int) Document
	// bounds gives the number of positions before a place, and that of those not behind it.
	bounds(p Place) (lower, upper int)
}

// compare orders places: by value, then uid.
func (p Place) compare(o Place) int {
	return cmp.Or(strings.Compare(p.Value, o.Value), strings.Compare(p.UID, o.UID))
}

// uidSource gives documents of a segment by uid: the order they lie in.
type uidSource struct {
	seg *segment.Segment
	set bitset.Set
}

func (s uidSource) next(at, direction int) int {
	if direction > 0 {
		return s.set.Next(at)
	}
	return s.set.Previous(at)
}

func (s uidSource) length() int              { return s.seg.Docs() }
func (s uidSource) place(at int) Place       { return Place{UID: s.seg.UID(uint32(at))} }
func (s uidSource) document(at int) Document { return Document{segment: s.seg, doc: uint32(at)} }

func (s uidSource) bounds(p Place) (lower, upper int) {
	if p.Value != "" {
		return s.seg.Docs(), s.seg.Docs()
	}
	return s.seg.UIDBounds(p.UID)
}

// columnSource gives documents of a segment in order of a field. It tries the ranks one by
// one, which is best while most of them are hits; when it has met more others than there are
// hits, it collects the ranks of all hits once and goes by those.
type columnSource struct {
	seg      *segment.Segment
	column   *segment.Column
	set      bitset.Set
	ranks    bitset.Set // nil while ranks are tried
	misses   int        // that may still be met before
	allRanks func() bitset.Set
}

func newColumnSource(d *desk, seg *segment.Segment, c *segment.Column, set bitset.Set, total int) *columnSource {
	return &columnSource{seg: seg, column: c, set: set, misses: 256 + 2*total, allRanks: func() bitset.Set {
		ranks := d.empty(c.Len())
		c.Ranks(set, ranks)
		return ranks
	}}
}

func (s *columnSource) next(at, direction int) int {
	docs := s.column.Docs()
	for s.ranks == nil {
		if at < 0 || at >= len(docs) {
			return -1
		}
		if s.set.Has(docs[at]) {
			return at
		}
		at += direction
		if s.misses--; s.misses < 0 {
			s.ranks = s.allRanks()
		}
	}
	if direction > 0 {
		return s.ranks.Next(at)
	}
	return s.ranks.Previous(at)
}

func (s *columnSource) length() int { return s.column.Len() }

func (s *columnSource) place(at int) Place {
	return Place{Value: s.column.Value(at), UID: s.seg.UID(s.column.Doc(at))}
}

func (s *columnSource) document(at int) Document {
	return Document{segment: s.seg, doc: s.column.Doc(at)}
}

func (s *columnSource) bounds(p Place) (lower, upper int) {
	below, upTo := s.seg.UIDBounds(p.UID)
	return s.column.Bounds(p.Value, below, upTo)
}

func (s *Segment) ordered(d *desk, key string, set bitset.Set, total int) source {
	if key == "" {
		return uidSource{s.seg, set}
	}
	c := s.seg.Column(key)
	if c == nil {
		return sortedSource(nil)
	}
	return newColumnSource(d, s.seg, c, set, total)
}

func (s *Segment) byRefs(d *desk, set bitset.Set, total int) source {
	c := s.seg.RefColumn()
	if c == nil {
		return sortedSource(nil)
	}
	return newColumnSource(d, s.seg, c, set, total)
}

// sortedSource is hits that were sorted; every position holds one.
type sortedSource []placed

type placed struct {
	Place
	doc *changed
}

func (s sortedSource) next(at, _ int) int {
	if at < 0 || at >= len(s) {
		return -1
	}
	return at
}

func (s sortedSource) length() int              { return len(s) }
func (s sortedSource) place(at int) Place       { return s[at].Place }
func (s sortedSource) document(at int) Document { return Document{changed: s[at].doc} }

func (s sortedSource) bounds(p Place) (lower, upper int) {
	lower, _ = slices.BinarySearchFunc(s, p, func(a placed, b Place) int { return a.compare(b) })
	for upper = lower; upper < len(s) && s[upper].Place == p; upper++ {
	}
	return lower, upper
}

func (s sortedSource) sort() sortedSource {
	slices.SortFunc(s, func(a, b placed) int { return a.compare(b.Place) })
	return slices.Compact(s)
}

func (o *overlay) ordered(_ *desk, key string, set bitset.Set, _ int) source {
	var hits sortedSource
	if key == "" {
		for i := set.Next(0); i >= 0; i = set.Next(i + 1) {
			hits = append(hits, placed{Place{UID: o.docs[i].uid}, o.docs[i]})
		}
		return hits.sort()
	}
	o.scan(key, func(doc uint32, value, _ string, null bool) {
		if !null && set.Has(doc) {
			hits = append(hits, placed{Place{Value: value, UID: o.docs[doc].uid}, o.docs[doc]})
		}
	})
	return hits.sort()
}

func (o *overlay) byRefs(_ *desk, set bitset.Set, _ int) source {
	var hits sortedSource
	for i := set.Next(0); i >= 0; i = set.Next(i + 1) {
		hits = append(hits, placed{Place{Value: o.docs[i].ref}, o.docs[i]})
	}
	return hits.sort()
}

// orderable keeps the documents of a set that have a value to be ordered by.
func (s *Segment) orderable(key string, set bitset.Set) {
	if c := s.seg.Column(key); c != nil {
		set.And(c.Has())
		return
	}
	set.Clear()
}

func (o *overlay) orderable(key string, set bitset.Set) {
	has := bitset.New(len(o.docs))
	o.having(key, has, func(_ string, null bool) bool { return !null })
	set.And(has)
}
