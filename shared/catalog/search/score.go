package search

import (
	"math"
	"sync"
)

// BM25's parameters and the precision of a document's score for a term (lunr 2.3.9).
const (
	k1        = 1.2
	b         = 0.75
	precision = 1000
)

// scale turns weights into whole numbers: sums of whole numbers are the same in any order, so
// documents that are equally good stay so.
const scale = 1 << 30

// scratch is what a search needs of the size of the index.
type scratch struct {
	boosts []int32  // by term
	terms  []uint32 // that boosts has entries of
	scores []int64  // by slot, plus one; 0 for a document that was not found
	found  []uint32 // slots that scores has entries of
}

// scratches keeps scratch for the next search.
type scratches struct{ pool sync.Pool }

func (p *scratches) get(x *Index) *scratch {
	s, _ := p.pool.Get().(*scratch)
	if s == nil {
		s = &scratch{}
	}
	if len(s.boosts) < len(x.postings) {
		s.boosts = make([]int32, len(x.postings)+len(x.postings)/8)
	}
	if len(s.scores) < len(x.slots) {
		s.scores = make([]int64, len(x.slots)+len(x.slots)/8)
	}
	return s
}

// put takes scratch back, empty.
func (p *scratches) put(s *scratch) {
	for _, id := range s.terms {
		s.boosts[id] = 0
	}
	for _, slot := range s.found {
		s.scores[slot] = 0
	}
	s.terms, s.found = s.terms[:0], s.found[:0]
	p.pool.Put(s)
}

// score finds the documents of a match and adds up their scores.
func (x *Index) score(m *match, s *scratch) {
	scorer := x.scorer(m)
	for _, id := range m.weights.terms {
		idf := x.idf(id)
		for _, p := range x.postings[id] {
			if !m.within.has(p.slot) {
				continue
			}
			boost := m.weights.of(id, p.field)
			if boost == 0 {
				continue
			}
			if s.scores[p.slot] == 0 {
				s.scores[p.slot] = 1
				s.found = append(s.found, p.slot)
			}
			s.scores[p.slot] += boost * scorer.scale[p.field] * scorer.rounded(idf, p)
		}
	}
}

// idf weighs a term by how rare it is. Every field that has it counts, as in lunr.
func (x *Index) idf(id uint32) float64 {
	n, with := float64(len(x.byRef)), float64(x.found[id])
	return math.Log(1 + math.Abs((n-with+0.5)/(with+0.5)))
}

// shortField is how many lengths of a field are prepared.
const shortField = 64

// scorer is what the documents' scores depend on, in one search.
type scorer struct {
	average [fieldCount]float64
	norms   [fieldCount][shortField]float64
	scale   [fieldCount]int64 // 1 / length of the query's vector in a field
}

func (x *Index) scorer(m *match) *scorer {
	s := &scorer{}
	for f := range s.average {
		s.average[f] = float64(x.lengths[f]) / float64(max(len(x.byRef), 1))
		for length := range s.norms[f] {
			s.norms[f][length] = s.norm(field(f), length)
		}
		squares := 0.0
		for _, id := range m.weights.terms {
			boost := float64(m.weights.of(id, field(f)))
			squares += boost * boost
		}
		if squares > 0 {
			s.scale[f] = int64(math.Round(scale / math.Sqrt(squares)))
		}
	}
	return s
}

// norm weighs the length of a field against the average.
func (s *scorer) norm(f field, length int) float64 {
	return k1 * (1 - b + b*(float64(length)/s.average[f]))
}

// rounded is the score of a term in a field of a document, in thousandths.
func (s *scorer) rounded(idf float64, p posting) int64 {
	norm := 0.0
	if p.length < shortField {
		norm = s.norms[p.field][p.length]
	} else {
		norm = s.norm(p.field, int(p.length))
	}
	n := float64(p.count)
	return int64(idf*((k1+1)*n)/(norm+n)*precision + 0.5)
}
