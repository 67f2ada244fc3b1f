package segment

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
)

// refs finds documents by their refs. The first ones are searched for among the terms; once a
// segment is asked often, it gets a table, which opening has no time for.
type refs struct {
	asked  atomic.Int64
	making sync.Once
	table  atomic.Pointer[refTable]
}

// patience is which part of its documents a segment is asked for before it makes a table.
const patience = 64

// FindRef gives the document with a ref.
func (s *Segment) FindRef(ref string) (uint32, bool) {
	t := s.refs.table.Load()
	if t == nil {
		if s.refs.asked.Add(1)*patience > int64(s.docs) {
			s.refs.making.Do(func() { s.refs.table.Store(s.tabulate()) })
		}
		return s.findOne(refField, ref)
	}
	return s.document(t.find(s, ref))
}

// document gives the document of a term that only one has.
func (s *Segment) document(term uint32) (uint32, bool) {
	doc := s.Posting(term).First()
	return doc, int(doc) < s.docs
}

// refTable is an open hash table of terms. A slot is 0 or, in the lower bits, a term's number
// within the field, from 1 on; the upper ones are of its hash, and tell most other terms apart.
type refTable struct {
	seed  maphash.Seed
	field Field
	slots []uint32 // a power of two, at most half of them in use
	below uint32   // all lower bits
}

func (s *Segment) tabulate() *refTable {
	f, _ := s.own(refField)
	n := int(f.end - f.first)
	t := &refTable{seed: maphash.MakeSeed(), field: f, slots: make([]uint32, 2<<bits.Len(uint(n))), below: 1<<bits.Len(uint(n)) - 1}
	s.Walk(f.first, f.end, func(term uint32, ref []byte) bool {
		at, mark := t.place(maphash.Bytes(t.seed, ref))
		for t.slots[at] != 0 {
			at = (at + 1) & (len(t.slots) - 1)
		}
		t.slots[at] = mark | (term - f.first + 1)
		return true
	})
	return t
}

// place gives where the search for a hash begins, and its upper bits in a slot.
func (t *refTable) place(hash uint64) (at int, mark uint32) {
	return int(hash>>32) & (len(t.slots) - 1), uint32(hash) &^ t.below
}

// find gives the term of a ref, noTerm when there is none.
func (t *refTable) find(s *Segment, ref string) uint32 {
	at, mark := t.place(maphash.String(t.seed, ref))
	c := s.cursor()
	for ; t.slots[at] != 0; at = (at + 1) & (len(t.slots) - 1) {
		if t.slots[at]&^t.below != mark {
			continue
		}
		term := t.field.first + t.slots[at]&t.below - 1
		if c.seek(term) && string(c.text) == ref {
			return term
		}
	}
	return noTerm
}
