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
	words  stemmer
}

// scratches keeps scratch for the next search.
type scratches struct{ pool sync.Pool }

func (p *scratches) get(x *documents) *scratch {
	s, _ := p.pool.Get().(*scratch)
	if s == nil {
		s = &scratch{words: stemmer{}}
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
func (x *documents) score(m *match, s *scratch) {
	scorer := x.scorer(m)
	for _, id := range m.weights.terms {
		t := scorer.term(x, id, &m.weights)
		for _, p := range x.postings[id] {
			if !t.asked[p.field] || !m.within.has(p.slot) {
				continue
			}
			if s.scores[p.slot] == 0 {
				s.scores[p.slot] = 1
				s.found = append(s.found, p.slot)
			}
			s.scores[p.slot] += t.score(p)
		}
	}
}

// idf weighs a term by how rare it is. Every field that has it counts, as in lunr.
func (x *documents) idf(id uint32) float64 {
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
	current termScorer
}

func (x *documents) scorer(m *match) *scorer {
	s := &scorer{}
	s.current.scorer = s
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

// manyPostings is from where it pays to remember scores: a multiple of the lengths.
const manyPostings = 512

// termScorer scores the postings of one term.
type termScorer struct {
	*scorer
	idf       float64
	remembers bool
	asked     [fieldCount]bool
	factor    [fieldCount]int64
	// once has the scores of fields that have the term once, by length; 0 when not known yet.
	once [fieldCount][shortField]int64
}

// term gives the scorer of a term, until the next call.
func (s *scorer) term(x *documents, id uint32, w *weights) *termScorer {
	t := &s.current
	if t.remembers {
		clear(t.once[:])
	}
	t.idf, t.remembers = x.idf(id), len(x.postings[id]) > manyPostings
	for f := range t.factor {
		boost := w.of(id, field(f))
		t.asked[f], t.factor[f] = boost > 0, boost*s.scale[f]
	}
	return t
}

func (t *termScorer) score(p posting) int64 {
	if !t.remembers || p.count > 1 || p.length >= shortField {
		return t.factor[p.field] * t.rounded(p)
	}
	known := &t.once[p.field][p.length]
	if *known == 0 {
		*known = t.factor[p.field] * t.rounded(p)
	}
	return *known
}

// rounded is the score of the term in a field of a document, in thousandths.
func (t *termScorer) rounded(p posting) int64 {
	norm := 0.0
	if p.length < shortField {
		norm = t.norms[p.field][p.length]
	} else {
		norm = t.norm(p.field, int(p.length))
	}
	n := float64(p.count)
	return int64(t.idf*((k1+1)*n)/(norm+n)*precision + 0.5)
}
