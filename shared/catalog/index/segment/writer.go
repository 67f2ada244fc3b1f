package segment

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// writer writes a segment front to back: fields in order, the terms of each in order, then
// the bodies in order.
type writer struct {
	docs  int
	dicts []Dictionary
	terms termWriter
	grams gramWriter

	names, fields, postings, lists, folded, documents, bodies []byte
	nfields                                                   int

	name   string
	first  int        // term of the field
	have   bitset.Set // documents that have the field
	few    []uint32   // the same while they are few
	dense  bool       // have is in use
	nulls  uint32
	refs   []uint32 // per document, the term of its ref
	uids   []uint32
	ends   []uint32 // per document, the end of its body
	folds  string   // last value
	single uint32   // posting of the field's only term
}

func newWriter(docs int) (*writer, error) {
	if docs > maxDocs {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("an index segment takes at most %d entities", maxDocs))
	}
	return &writer{docs: docs, have: bitset.New(docs), refs: make([]uint32, docs), uids: make([]uint32, docs), nulls: postNone}, nil
}

// field begins a field; names come in order.
func (w *writer) field(name string) {
	w.endField()
	w.name, w.first, w.folds, w.nulls = name, w.terms.n, "", postNone
	w.few, w.dense = w.few[:0], false
	w.grams.lists = nil
	if strings.HasPrefix(name, wordsField) {
		w.grams.begin(w.nfields)
	}
}

// term writes a term of the field with its documents, in order and each once.
func (w *writer) term(value, shown string, docs []uint32) {
	n := w.terms.n
	if n > w.first && w.folds == value {
		w.folded = binary.LittleEndian.AppendUint32(w.folded, uint32(n))
	}
	w.folds = value
	w.terms.add(value, shown)
	w.single = w.posting(docs)
	w.postings = binary.LittleEndian.AppendUint32(w.postings, w.single)
	w.note(docs)
	switch {
	case w.name == refField:
		mark(w.refs, docs, n)
	case w.name == uidField:
		mark(w.uids, docs, n)
	case strings.HasPrefix(w.name, wordsField):
		w.grams.add(uint32(n-w.first), value)
	}
}

func mark(of, docs []uint32, term int) {
	for _, doc := range docs {
		of[doc] = uint32(term)
	}
}

// null writes the documents with a value that nothing compares with.
func (w *writer) null(docs []uint32) {
	w.nulls = w.posting(docs)
	w.note(docs)
}

// note remembers that documents have the field.
func (w *writer) note(docs []uint32) {
	if !w.dense && len(w.few)+len(docs) <= 64 {
		w.few = append(w.few, docs...)
		return
	}
	if !w.dense {
		w.have.Clear()
		for _, doc := range w.few {
			w.have.Add(doc)
		}
		w.dense = true
	}
	for _, doc := range docs {
		w.have.Add(doc)
	}
}

// exists writes the posting of the documents that have the field.
func (w *writer) exists() uint32 {
	switch {
	case w.terms.n == w.first+1 && w.nulls == postNone:
		return w.single
	case w.terms.n == w.first:
		return w.nulls
	case !w.dense:
		slices.Sort(w.few)
		return w.posting(slices.Compact(w.few))
	}
	if n := w.have.Count(); n*bitmapShare < w.docs {
		return w.posting(appendMembers(nil, w.have))
	}
	return w.bitmap(w.have)
}

func appendMembers(out []uint32, s bitset.Set) []uint32 {
	for i := s.Next(0); i >= 0; i = s.Next(i + 1) {
		out = append(out, uint32(i))
	}
	return out
}

// posting writes documents in the form that suits their number.
func (w *writer) posting(docs []uint32) uint32 {
	switch {
	case len(docs) == 0:
		return postNone
	case len(docs) == 1:
		return postOne | docs[0]
	case len(docs)*bitmapShare >= w.docs && len(docs) > 4:
		s := bitset.New(w.docs)
		for _, doc := range docs {
			s.Add(doc)
		}
		return w.bitmap(s)
	}
	at := len(w.lists) / 4
	w.lists = appendList(w.lists, docs)
	return postList | uint32(at)
}

func (w *writer) bitmap(s bitset.Set) uint32 {
	at := len(w.lists) / 4
	w.lists = binary.LittleEndian.AppendUint32(w.lists, uint32(s.Count()))
	w.lists = s.Append(w.lists)
	return postBitmap | uint32(at)
}

// endField writes what is known of a field when all its terms are there.
func (w *writer) endField() {
	if w.terms.n == w.first && w.nulls == postNone {
		return // before the first, or one that has lost all its documents
	}
	w.names = append(w.names, w.name...)
	for _, v := range []uint32{uint32(len(w.names)), uint32(w.first), w.exists(), w.nulls} {
		w.fields = binary.LittleEndian.AppendUint32(w.fields, v)
	}
	w.nfields++
	w.grams.end()
	w.first, w.nulls = w.terms.n, postNone
}

// body writes the next document's block.
func (w *writer) body(block []byte) {
	w.bodies = append(w.bodies, block...)
	w.ends = append(w.ends, uint32(len(w.bodies)))
}

// finish gives the segment.
func (w *writer) finish() ([]byte, error) {
	w.endField()
	if len(w.lists)/4 > postMask {
		return nil, errs.New(errs.TooLarge, "the document lists of an index segment would have more than 4 GiB")
	}
	for _, v := range []uint32{uint32(len(w.names)), uint32(w.terms.n), postNone, postNone} {
		w.fields = binary.LittleEndian.AppendUint32(w.fields, v)
	}
	for doc, end := range w.ends {
		for _, v := range []uint32{w.refs[doc], w.uids[doc], end} {
			w.documents = binary.LittleEndian.AppendUint32(w.documents, v)
		}
	}
	var dicts []byte
	for _, d := range w.dicts {
		if len(d.Bytes) > 0 {
			dicts = appendDictionary(dicts, d)
		}
	}
	return assemble(w.docs, w.terms.n, w.nfields, [sections][]byte{
		secNames: w.names, secFields: w.fields, secBlocks: w.terms.blocks, secTerms: w.terms.text, secPostings: w.postings,
		secLists: w.lists, secFolded: w.folded, secDocuments: w.documents, secBodies: w.bodies, secDicts: dicts, secGrams: w.grams.finish(),
	})
}
