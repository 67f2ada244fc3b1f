package segment

import (
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
)

// Builder collects documents and makes a segment of them.
type Builder struct {
	refs, uids []string
	fields     map[string]*Rows
}

// Rows collects the values of one field.
type Rows struct {
	raw   bool // values are compared as they are written
	at    map[string]int32
	terms []rowTerm
	nulls []uint32
}

type rowTerm struct {
	value, shown string
	first        uint32
	more         []uint32
}

// NewBuilder makes an empty builder.
func NewBuilder() *Builder { return &Builder{fields: map[string]*Rows{}} }

// Len gives the number of documents so far.
func (b *Builder) Len() int { return len(b.refs) }

// Document begins a document; the rows that follow under its number are its, metadata.uid
// with just this uid among them. The number is that of its arrival: in the segment documents
// are in order of uid.
func (b *Builder) Document(ref, uid string) uint32 {
	doc := uint32(len(b.refs))
	b.refs, b.uids = append(b.refs, ref), append(b.uids, uid)
	b.field(refField, true).Add(doc, ref)
	return doc
}

// Field gives what collects the values of a field, named in lower case.
func (b *Builder) Field(name string) *Rows { return b.field(name, false) }

func (b *Builder) field(name string, raw bool) *Rows {
	r := b.fields[name]
	if r == nil {
		r = &Rows{raw: raw, at: map[string]int32{}}
		b.fields[name] = r
	}
	return r
}

// Add notes that a document has a value, as written. All values of a document in a field
// come before those of the next.
func (r *Rows) Add(doc uint32, shown string) {
	i, ok := r.at[shown]
	if !ok {
		value := shown
		if !r.raw {
			value = strings.ToLower(shown)
		}
		r.at[shown] = int32(len(r.terms))
		r.terms = append(r.terms, rowTerm{value: value, shown: shown, first: doc})
		return
	}
	t := &r.terms[i]
	if n := len(t.more); n > 0 && t.more[n-1] == doc || n == 0 && t.first == doc {
		return
	}
	t.more = append(t.more, doc)
}

// Null notes that a document has a value in the field that nothing compares with.
func (r *Rows) Null(doc uint32) {
	if n := len(r.nulls); n == 0 || r.nulls[n-1] != doc {
		r.nulls = append(r.nulls, doc)
	}
}

// Bodies gives the body of the document that arrived under a number.
type Bodies func(arrival uint32) (Body, error)

// Finish makes the segment. Without a dictionary it makes its own, if it is worth it.
func (b *Builder) Finish(dict Dictionary, bodies Bodies) ([]byte, error) {
	w, err := newWriter(len(b.refs))
	if err != nil {
		return nil, err
	}
	arrivals := b.sorted()
	r := renumbering{to: make([]uint32, len(arrivals)), scratch: bitset.New(len(arrivals))}
	for doc, arrival := range arrivals {
		r.to[arrival] = uint32(doc)
	}
	b.words()
	for _, name := range slices.Sorted(maps.Keys(b.fields)) {
		w.field(name)
		b.fields[name].write(w, &r)
	}
	body := func(i int) (Body, error) { return bodies(arrivals[i]) }
	if len(dict.Bytes) == 0 {
		if dict, err = Train(len(arrivals), body); err != nil {
			return nil, err
		}
	}
	if err := w.compress(dict, len(arrivals), body); err != nil {
		return nil, err
	}
	return w.finish()
}

// compress writes all bodies.
func (w *writer) compress(dict Dictionary, n int, body func(i int) (Body, error)) error {
	enc := newBodyWriter(dict)
	w.dicts = []Dictionary{dict}
	for i := range n {
		one, err := body(i)
		if err != nil {
			return err
		}
		w.body(enc.write(one))
	}
	return nil
}

// sorted gives the arrival numbers in order of uid.
func (b *Builder) sorted() []uint32 {
	out := make([]uint32, len(b.refs))
	for i := range out {
		out[i] = uint32(i)
	}
	slices.SortFunc(out, func(i, j uint32) int {
		if c := strings.Compare(b.uids[i], b.uids[j]); c != 0 {
			return c
		}
		return strings.Compare(b.refs[i], b.refs[j])
	})
	return out
}

// words adds the words of the fields that full text is searched in.
func (b *Builder) words() {
	for _, name := range textFields {
		from := b.fields[name]
		if from == nil {
			continue
		}
		to := b.field(wordsField+name, true)
		for i := range from.terms {
			t := &from.terms[i]
			for word := range wordsOf(t.value) {
				to.addAll(word, t)
			}
		}
	}
}

// addAll notes that all documents of a term have a word, whatever they have come with before.
func (r *Rows) addAll(word string, from *rowTerm) {
	i, ok := r.at[word]
	if !ok {
		i = int32(len(r.terms))
		r.at[word] = i
		r.terms = append(r.terms, rowTerm{value: word, shown: word, first: from.first})
	}
	t := &r.terms[i]
	t.more = append(append(t.more, from.first), from.more...)
}

// renumbering turns arrival numbers into document numbers.
type renumbering struct {
	to      []uint32
	docs    []uint32
	scratch bitset.Set
}

// write writes the terms of a field, which must have been begun.
func (r *Rows) write(w *writer, n *renumbering) {
	order := make([]int32, len(r.terms))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		a, b := &r.terms[i], &r.terms[j]
		if c := strings.Compare(a.value, b.value); c != 0 {
			return c
		}
		return strings.Compare(a.shown, b.shown)
	})
	for _, i := range order {
		t := &r.terms[i]
		w.term(t.value, t.shown, n.sort(t.first, t.more))
	}
	if len(r.nulls) > 0 {
		w.null(n.sort(r.nulls[0], r.nulls[1:]))
	}
}

// sort gives the document numbers in order, each once; good until the next call.
func (n *renumbering) sort(first uint32, more []uint32) []uint32 {
	n.docs = append(n.docs[:0], n.to[first])
	for _, arrival := range more {
		n.docs = append(n.docs, n.to[arrival])
	}
	return sortDocs(n.docs, n.scratch)
}

// sortDocs orders documents and drops repetitions, many of them by way of a bitmap.
func sortDocs(docs []uint32, scratch bitset.Set) []uint32 {
	if len(docs)*bitmapShare < len(scratch)*64 {
		slices.Sort(docs)
		return slices.Compact(docs)
	}
	scratch.Clear()
	for _, doc := range docs {
		scratch.Add(doc)
	}
	return appendMembers(docs[:0], scratch)
}
