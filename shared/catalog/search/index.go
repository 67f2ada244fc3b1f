package search

import (
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/index"
)

// posting says that a term is in a field of a document. It holds what the score needs.
type posting struct {
	slot   uint32
	field  field
	count  uint8  // of the term in the field, at most 255
	length uint16 // of the field in words, at most 65535
}

// documents holds all documents with the postings of their terms. A document that changes takes a
// new slot; postings of left slots are skipped, and swept out when there are many. Many may
// search at once; apply needs it alone.
type documents struct {
	reader *reader
	words  stemmer

	slots []entry  // "" for one that was left
	keys  []uint64 // of the uids, for their order
	alive bitset
	byRef map[string]uint32

	terms    dictionary
	postings [][]posting // by term
	found    []uint32    // fields of living documents, by term
	lengths  [fieldCount]uint64

	scratch []uint32
}

func newIndex() (*documents, error) {
	r, err := newReader()
	if err != nil {
		return nil, err
	}
	return &documents{reader: r, words: stemmer{}, byRef: map[string]uint32{}, terms: newDictionary()}, nil
}

// apply takes changes in. A document that looks the same as before costs no more than looking.
func (x *documents) apply(changed []index.Document, removed []string) error {
	for _, ref := range removed {
		x.remove(ref)
	}
	for _, d := range changed {
		shown, err := d.AppendJSON(nil)
		if err != nil {
			return err
		}
		e, err := x.reader.entry(d.Ref(), d.UID(), shown)
		if err != nil {
			return err
		}
		x.put(d.Ref(), e)
	}
	x.settle()
	return nil
}

// replace makes the given documents all that there are.
func (x *documents) replace(all []index.Document) error {
	kept := make(map[string]struct{}, len(all))
	for _, d := range all {
		kept[d.Ref()] = struct{}{}
	}
	var removed []string
	for ref := range x.byRef {
		if _, ok := kept[ref]; !ok {
			removed = append(removed, ref)
		}
	}
	return x.apply(all, removed)
}

func (x *documents) settle() {
	x.terms.settle()
	if gone := len(x.slots) - len(x.byRef); gone > minSweep && gone > len(x.byRef)/4 {
		x.sweep()
	}
}

func (x *documents) put(ref string, e entry) {
	if slot, ok := x.byRef[ref]; ok && x.slots[slot] == e {
		return
	}
	x.remove(ref)
	slot := uint32(len(x.slots))
	x.slots = append(x.slots, e)
	x.keys = append(x.keys, keyOf(e.uid()))
	x.alive = x.alive.with(slot)
	x.byRef[ref] = slot
	doc := e.document()
	for f, text := range doc.values() {
		ids, length := x.read(text)
		x.lengths[f] += uint64(length)
		for id, count := range runs(ids) {
			p := posting{slot: slot, field: field(f), count: uint8(min(count, 255)), length: uint16(min(length, 65535))}
			x.postings[id] = append(x.postings[id], p)
			x.found[id]++
		}
	}
}

// remove takes a document out; its postings stay until the next sweep.
func (x *documents) remove(ref string) {
	slot, ok := x.byRef[ref]
	if !ok {
		return
	}
	doc := x.slots[slot].document()
	for f, text := range doc.values() {
		ids, length := x.read(text)
		x.lengths[f] -= uint64(length)
		for id := range runs(ids) {
			x.found[id]--
		}
	}
	delete(x.byRef, ref)
	x.slots[slot] = ""
	x.alive.clear(slot)
}

// read gives the numbers of a text's terms, sorted, until the next call, and the text's length.
func (x *documents) read(text string) (ids []uint32, length int) {
	ids = x.scratch[:0]
	eachToken(text, func(t token) {
		found := x.words.of(t.word)
		if found.counts {
			length++
		}
		for _, term := range []string{found.trimmed, found.whole} {
			if term != "" {
				ids = append(ids, x.number(term))
			}
		}
	})
	slices.Sort(ids)
	x.scratch = ids
	return ids, length
}

func (x *documents) number(term string) uint32 {
	id := x.terms.number(term)
	if int(id) == len(x.postings) {
		x.postings = append(x.postings, nil)
		x.found = append(x.found, 0)
	}
	return id
}

// runs gives each of the sorted numbers with how often it is there.
func runs(ids []uint32) func(yield func(id uint32, count int) bool) {
	return func(yield func(uint32, int) bool) {
		for len(ids) > 0 {
			n := 1
			for n < len(ids) && ids[n] == ids[0] {
				n++
			}
			if !yield(ids[0], n) {
				return
			}
			ids = ids[n:]
		}
	}
}

// minSweep is how many left slots are not worth a sweep.
const minSweep = 1024

// sweep drops left slots with their postings, and terms that are in no document any more.
func (x *documents) sweep() {
	slots := make([]uint32, len(x.slots)) // old → new
	live := 0
	for slot, e := range x.slots {
		if e != "" {
			slots[slot] = uint32(live)
			x.slots[live], x.keys[live] = e, x.keys[slot]
			live++
		}
	}
	clear(x.slots[live:])
	x.slots, x.keys = x.slots[:live], x.keys[:live]
	for ref, slot := range x.byRef {
		x.byRef[ref] = slots[slot]
	}
	old := *x
	x.terms, x.postings, x.found = newDictionary(), nil, nil
	for id, list := range old.postings {
		if old.found[id] == 0 {
			continue
		}
		kept := make([]posting, 0, old.found[id])
		for _, p := range list {
			if old.alive.has(p.slot) {
				p.slot = slots[p.slot]
				kept = append(kept, p)
			}
		}
		now := x.number(old.terms.text[id])
		x.postings[now], x.found[now] = kept, old.found[id]
	}
	x.terms.settle()
	x.alive = full(live)
}

// keyOf gives the first 16 hexadecimal digits of a uid as a number: for UUIDs of the usual
// form it has the order of their texts.
func keyOf(uid string) (key uint64) {
	digits := 0
	for i := 0; i < len(uid) && digits < 16; i++ {
		c := uid[i]
		switch {
		case '0' <= c && c <= '9':
			key = key<<4 | uint64(c-'0')
		case 'a' <= c && c <= 'f':
			key = key<<4 | uint64(c-'a'+10)
		default:
			continue
		}
		digits++
	}
	return key << (4 * (16 - digits))
}
