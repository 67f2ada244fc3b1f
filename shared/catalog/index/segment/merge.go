package segment

import (
	"bytes"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
)

// Part is a segment with the documents of it that are still alive.
type Part struct {
	Segment *Segment
	Live    bitset.Set
}

// retrain is how much larger than at its making a segment must become before it gets a
// dictionary of its own: old phrases fit new documents well.
const retrain = 8

// Merge makes one segment of the live documents of several. Bodies are copied as they are
// where the dictionary is kept, terms are merged as they come; no document is decoded for its
// terms.
func Merge(parts []Part) ([]byte, error) {
	m := &merger{parts: parts}
	docs := m.number()
	w, err := newWriter(docs)
	if err != nil {
		return nil, err
	}
	m.w, m.scratch = w, bitset.New(docs)
	m.fields()
	if err := m.bodies(); err != nil {
		return nil, err
	}
	return w.finish()
}

// source is where a document comes from.
type source struct{ part, doc uint32 }

type merger struct {
	parts   []Part
	w       *writer
	to      [][]uint32 // per part and document, its new number, noTerm when it is gone
	from    []source   // per new number
	scratch bitset.Set
	docs    []uint32
}

// number merges the documents by uid and gives their number.
func (m *merger) number() int {
	heads := make([]docHead, len(m.parts))
	for i, p := range m.parts {
		m.to = append(m.to, make([]uint32, p.Segment.docs))
		for doc := range m.to[i] {
			m.to[i][doc] = noTerm
		}
		heads[i] = docHead{p: p, at: -1, uids: p.Segment.cursor()}
		heads[i].advance()
	}
	for {
		best := -1
		for i := range heads {
			if heads[i].at >= 0 && (best < 0 || heads[i].before(&heads[best])) {
				best = i
			}
		}
		if best < 0 {
			return len(m.from)
		}
		m.to[best][heads[best].at] = uint32(len(m.from))
		m.from = append(m.from, source{uint32(best), uint32(heads[best].at)})
		heads[best].advance()
	}
}

// docHead is the next live document of a part.
type docHead struct {
	p    Part
	at   int // -1 behind the last
	uids *cursor
	uid  []byte
}

func (h *docHead) advance() {
	h.at = h.p.Live.Next(h.at + 1)
	if h.at >= h.p.Segment.docs {
		h.at = -1
	}
	if h.at >= 0 {
		h.uid = h.uid[:0]
		if h.uids.seek(u32(h.p.Segment.section[secDocuments], h.at*docSize+4)) {
			h.uid = append(h.uid, h.uids.text...)
		}
	}
}

func (h *docHead) before(o *docHead) bool {
	if c := bytes.Compare(h.uid, o.uid); c != 0 {
		return c < 0
	}
	return h.p.Segment.Ref(uint32(h.at)) < o.p.Segment.Ref(uint32(o.at))
}

// fields merges all fields in order of their names.
func (m *merger) fields() {
	next := make([]int, len(m.parts))
	for {
		name, found := "", false
		for i, p := range m.parts {
			if next[i] < p.Segment.fields {
				if n := string(p.Segment.name(next[i])); !found || n < name {
					name, found = n, true
				}
			}
		}
		if !found {
			return
		}
		var heads []*termHead
		for i, p := range m.parts {
			if next[i] < p.Segment.fields && string(p.Segment.name(next[i])) == name {
				f := p.Segment.field(next[i])
				heads = append(heads, &termHead{f: f, part: i, term: f.first, c: p.Segment.cursor()})
				next[i]++
			}
		}
		m.field(name, heads)
	}
}

// termHead is the next term of a part's field.
type termHead struct {
	f    Field
	part int
	term uint32
	c    *cursor
}

func (h *termHead) valid() bool { return h.term < h.f.end && h.c.seek(h.term) }

func (h *termHead) compare(o *termHead) int {
	if c := bytes.Compare(h.c.text, o.c.text); c != 0 {
		return c
	}
	if h.c.kind == shownSame && o.c.kind == shownSame {
		return 0
	}
	return strings.Compare(h.c.shown(), o.c.shown())
}

// field merges one field that some parts have.
func (m *merger) field(name string, heads []*termHead) {
	m.w.field(name)
	m.docs = m.docs[:0]
	for _, h := range heads {
		m.collect(h.part, h.f.Nulls())
	}
	nulls := slices.Clone(sortDocs(m.docs, m.scratch))
	heads = slices.DeleteFunc(heads, func(h *termHead) bool { return !h.valid() })
	for len(heads) > 0 {
		best := heads[0]
		for _, h := range heads[1:] {
			if h.compare(best) < 0 {
				best = h
			}
		}
		m.term(best, heads)
		heads = slices.DeleteFunc(heads, func(h *termHead) bool { return !h.valid() })
	}
	if len(nulls) > 0 {
		m.w.null(nulls)
	}
}

// term writes one term with its documents of all parts.
func (m *merger) term(best *termHead, heads []*termHead) {
	m.docs = m.docs[:0]
	value, shown := string(best.c.text), ""
	if shown = value; best.c.kind != shownSame {
		shown = best.c.shown()
	}
	sources := 0
	for _, h := range heads {
		if h == best || string(h.c.text) == value && h.c.shown() == shown {
			m.collect(h.part, h.f.s.Posting(h.term))
			h.term++
			sources++
		}
	}
	if sources > 1 {
		m.docs = sortDocs(m.docs, m.scratch)
	}
	if len(m.docs) > 0 {
		m.w.term(value, shown, m.docs)
	}
}

// collect adds the new numbers of a posting's live documents.
func (m *merger) collect(part int, p Posting) {
	from := len(m.docs)
	m.docs = p.Append(m.docs, m.parts[part].Segment.docs)
	kept := m.docs[:from]
	for _, doc := range m.docs[from:] {
		if n := m.to[part][doc]; n != noTerm {
			kept = append(kept, n)
		}
	}
	m.docs = kept
}

// bodies copies the blocks that keep their dictionary and compresses the others again.
func (m *merger) bodies() error {
	body := func(i int) (Body, error) {
		return m.parts[m.from[i].part].Segment.Body(m.from[i].doc)
	}
	dict := m.dictionary()
	if len(m.from) >= retrain*dict.Samples {
		trained, err := Train(len(m.from), body)
		if err != nil {
			return err
		}
		if len(trained.Bytes) > 0 {
			return m.w.compress(trained, len(m.from), body)
		}
	}
	enc := newBodyWriter(dict)
	m.w.dicts = []Dictionary{dict}
	same := make([]bool, len(m.parts))
	for i, p := range m.parts {
		same[i] = bytes.Equal(p.Segment.Dictionary().Bytes, dict.Bytes)
	}
	for i, s := range m.from {
		if same[s.part] {
			m.w.body(m.parts[s.part].Segment.block(s.doc))
			continue
		}
		one, err := body(i)
		if err != nil {
			return err
		}
		m.w.body(enc.write(one))
	}
	return nil
}

// dictionary gives that of the part with most documents that has one.
func (m *merger) dictionary() Dictionary {
	var dict Dictionary
	most := 0
	for _, p := range m.parts {
		if d := p.Segment.Dictionary(); len(d.Bytes) > 0 && p.Segment.docs > most {
			dict, most = d, p.Segment.docs
		}
	}
	return dict
}

// Dictionary gives what the bodies are compressed with; an empty one for none.
func (s *Segment) Dictionary() Dictionary {
	if d := parseDictionaries(s.section[secDicts]); len(d) > 0 {
		return d[0]
	}
	return Dictionary{}
}
