package search

import "github.com/slipwayhq/slipway/shared/catalog/search/porter"

// Query asks for documents.
type Query struct {
	Term    string   // words, any of which may be found; "" for all documents
	Filters []Filter // all have to hold
	// PageLimit is the number of results of a page, 0 for DefaultPage. Below zero it leaves so
	// many results out at the end, as Backstage does.
	PageLimit int
	Cursor    string // of a Page, "" for the first one; a cursor of nowhere gives an empty page
}

// Filter holds for documents that have all words of one of the values in a field.
type Filter struct {
	Field  string // nothing is found by a field that does not exist
	Values []string
}

// The boosts of lunr's search engine in Backstage.
const (
	boostStem      = 100
	boostBeginning = 10
	boostSimilar   = 1
	boostFilter    = 1
)

// weights are the boosts of the terms that a query comes down to.
type weights struct {
	every []int32  // by term, in every field; 0 for a term that is not asked for
	terms []uint32 // that have a weight, each once
	// only has the boosts of terms in single fields, which filters ask for.
	only map[uint32]*[fieldCount]int32
}

func (w *weights) of(term uint32, f field) int64 {
	boost := int64(w.every[term])
	if w.only != nil {
		if single := w.only[term]; single != nil {
			boost += int64(single[f])
		}
	}
	return boost
}

func (w *weights) add(term uint32, boost int32) {
	if w.every[term] == 0 && w.only[term] == nil {
		w.terms = append(w.terms, term)
	}
	w.every[term] += boost
}

func (w *weights) addOnly(term uint32, f field, boost int32) {
	if w.only[term] == nil {
		if w.every[term] == 0 {
			w.terms = append(w.terms, term)
		}
		if w.only == nil {
			w.only = map[uint32]*[fieldCount]int32{}
		}
		w.only[term] = new([fieldCount]int32)
	}
	w.only[term][f] += boost
}

// match is what a query comes down to.
type match struct {
	weights weights
	asks    bool   // there is something to find; else all documents are meant
	within  bitset // the documents that may be found
	none    bool   // nothing can be
}

// plan works a query out. The weights are taken from scratch.
func (x *documents) plan(q Query, s *scratch) match {
	m := match{weights: weights{every: s.boosts, terms: s.terms[:0]}, within: x.alive}
	times := map[string]int32{}
	eachToken(q.Term, func(t token) { times[t.word]++ })
	for word, n := range times {
		m.asks = true
		x.expand(word, n, &m.weights)
	}
	for _, filter := range q.Filters {
		f, known := fieldNamed(filter.Field)
		if !known {
			m.none = true
			continue
		}
		x.narrow(f, filter.Values, &m)
	}
	return m
}

// expand weighs the terms that a word of the query may stand for.
func (x *documents) expand(word string, times int32, w *weights) {
	add := func(id uint32, boost int32) {
		if x.found[id] > 0 {
			w.add(id, boost*times)
		}
	}
	if id, ok := x.terms.ids[porter.Stem(word)]; ok {
		add(id, boostStem)
	}
	x.terms.beginning(word, func(id uint32) { add(id, boostBeginning) })
	x.terms.similar(word, func(id uint32) { add(id, boostSimilar) })
}

// narrow keeps the documents that a filter holds for. Values without a word that counts say
// nothing, as in lunr.
func (x *documents) narrow(f field, values []string, m *match) {
	var left bitset
	for _, value := range values {
		words := filterWords(value)
		if len(words) == 0 {
			continue
		}
		all := append(bitset(nil), x.alive...)
		for _, word := range words {
			all.and(x.having(word, f, &m.weights))
		}
		if left == nil {
			left = all
		} else {
			left.or(all)
		}
	}
	if left != nil {
		left.and(m.within)
		m.asks, m.within = true, left
	}
}

func filterWords(value string) (out []string) {
	eachToken(value, func(t token) {
		if _, stop := stopWords[t.word]; !stop {
			out = append(out, porter.Stem(t.word))
		}
	})
	return out
}

// having gives the documents with a term in a field.
func (x *documents) having(term string, f field, w *weights) bitset {
	out := make(bitset, len(x.alive))
	id, ok := x.terms.ids[term]
	if !ok || x.found[id] == 0 {
		return out
	}
	w.addOnly(id, f, boostFilter)
	for _, p := range x.postings[id] {
		if p.field == f {
			out = out.with(p.slot)
		}
	}
	return out
}
