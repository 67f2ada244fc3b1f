package segment

import (
	"encoding/binary"
	"sort"
)

// How a term's value as written follows from the value in lower case.
const (
	shownSame = iota // it is the same
	shownCaps        // a bitmap says which letters of ASCII are capitals
	shownFull        // it follows in full
)

// A term is written as three numbers in base 128, then bytes: how much of its predecessor's
// beginning and of its predecessor's end it shares, and the length of what is in between with
// the kind of its written form in the lower two bits.

// cursor reads terms one behind the other.
type cursor struct {
	s     *Segment
	text  []byte // the current value, in lower case
	next  uint32 // the term behind the current one
	at    int    // where it lies
	kind  uint32
	extra []byte // what the written form is made of
	room  [usualValue]byte
}

// usualValue is the length up to which values are read without another allocation.
const usualValue = 96

func (s *Segment) cursor() *cursor {
	c := &cursor{s: s, next: noTerm}
	c.text = c.room[:0]
	return c
}

// head gives the value of a block's first term.
func (s *Segment) head(block int) []byte {
	text := s.section[secTerms]
	_, at := uvarint(text, int(u32(s.section[secBlocks], 4*block)))
	_, at = uvarint(text, at)
	n, at := uvarint(text, at)
	return cut(text, at, int(n>>2))
}

// seek makes a term the current one.
func (c *cursor) seek(term uint32) bool {
	if int(term) >= c.s.terms {
		return false
	}
	if c.next == noTerm || term+1 < c.next || term>>blockShift != (c.next-1)>>blockShift && term != c.next {
		c.next = term &^ (blockTerms - 1)
		c.at = int(u32(c.s.section[secBlocks], 4*int(term>>blockShift)))
	}
	for c.next <= term {
		c.step()
	}
	return true
}

// step reads the next term.
func (c *cursor) step() {
	b := c.s.section[secTerms]
	begin, at := uvarint(b, c.at)
	end, at := uvarint(b, at)
	n, at := uvarint(b, at)
	middle := cut(b, at, int(n>>2))
	at += len(middle)
	c.replace(int(begin), int(end), middle)
	c.kind, c.extra = n&3, nil
	if c.kind != shownSame {
		size, behind := uvarint(b, at)
		c.extra = cut(b, behind, int(size))
		at = behind + len(c.extra)
	}
	c.at = at
	c.next++
}

// replace keeps begin bytes in front and end bytes at the end, with middle in between.
func (c *cursor) replace(begin, end int, middle []byte) {
	begin = min(begin, len(c.text))
	end = min(end, len(c.text)-begin)
	if begin+len(middle)+end > maxTextSize {
		c.text = c.text[:0]
		return
	}
	if end == 0 {
		c.text = append(c.text[:begin], middle...)
		return
	}
	old := len(c.text)
	size := begin + len(middle) + end
	for len(c.text) < size {
		c.text = append(c.text, 0)
	}
	copy(c.text[size-end:size], c.text[old-end:old])
	c.text = c.text[:size]
	copy(c.text[begin:], middle)
}

// shown gives the current value as it was written.
func (c *cursor) shown() string {
	switch c.kind {
	case shownCaps:
		out := []byte(string(c.text))
		for i := range out {
			if i>>3 < len(c.extra) && c.extra[i>>3]>>(i&7)&1 != 0 {
				out[i] -= 'a' - 'A'
			}
		}
		return string(out)
	case shownFull:
		return string(c.extra)
	}
	return string(c.text)
}

// Value gives the value of a term, in lower case.
func (s *Segment) Value(term uint32) string {
	c := s.cursor()
	if !c.seek(term) {
		return ""
	}
	return string(c.text)
}

// Walk calls visit for the terms from first up to end with their values, in lower case, until
// it returns false. The bytes are good for the call alone.
func (s *Segment) Walk(first, end uint32, visit func(term uint32, value []byte) bool) {
	c := s.cursor()
	for term := first; term < end && c.seek(term); term++ {
		if !visit(term, c.text) {
			return
		}
	}
}

// Shown calls visit for those terms with their values as they were written.
func (s *Segment) Shown(terms []uint32, visit func(i int, shown string)) {
	c := s.cursor()
	for i, term := range terms {
		if c.seek(term) {
			visit(i, c.shown())
		}
	}
}

// folds reports whether a term's value in lower case is that of its predecessor.
func (s *Segment) folds(term uint32) bool {
	b := s.section[secFolded]
	n := len(b) / 4
	i := sort.Search(n, func(i int) bool { return u32(b, 4*i) >= term })
	return i < n && u32(b, 4*i) == term
}

// foldedWithin reports whether there are such terms in a range.
func (s *Segment) foldedWithin(first, end uint32) bool {
	b := s.section[secFolded]
	n := len(b) / 4
	i := sort.Search(n, func(i int) bool { return u32(b, 4*i) >= first })
	return i < n && u32(b, 4*i) < end
}

// termWriter writes the blocks.
type termWriter struct {
	n            int
	blocks, text []byte
	last         string
}

// add writes the next term.
func (w *termWriter) add(value, shown string) {
	begin, end := 0, 0
	if w.n&(blockTerms-1) == 0 {
		w.blocks = binary.LittleEndian.AppendUint32(w.blocks, uint32(len(w.text)))
	} else {
		begin = shared(w.last, value)
		end = sharedEnd(w.last[begin:], value[begin:])
	}
	kind, extra := written(value, shown)
	middle := value[begin : len(value)-end]
	w.text = binary.AppendUvarint(w.text, uint64(begin))
	w.text = binary.AppendUvarint(w.text, uint64(end))
	w.text = binary.AppendUvarint(w.text, uint64(len(middle))<<2|uint64(kind))
	w.text = append(w.text, middle...)
	if kind != shownSame {
		w.text = binary.AppendUvarint(w.text, uint64(len(extra)))
		w.text = append(w.text, extra...)
	}
	w.last = value
	w.n++
}

// written gives the kind of a written form and what it is made of.
func written(value, shown string) (int, []byte) {
	switch {
	case value == shown:
		return shownSame, nil
	case !onlyCaps(value, shown):
		return shownFull, []byte(shown)
	}
	bits := make([]byte, (len(value)+7)/8)
	used := 0
	for i := range len(value) {
		if value[i] != shown[i] {
			bits[i>>3] |= 1 << (i & 7)
			used = i>>3 + 1
		}
	}
	return shownCaps, bits[:used]
}

// onlyCaps reports whether shown is lower with some letters of ASCII in upper case.
func onlyCaps(lower, shown string) bool {
	if len(lower) != len(shown) {
		return false
	}
	for i := range len(lower) {
		if lower[i] != shown[i] && (lower[i] < 'a' || lower[i] > 'z' || shown[i] != lower[i]-'a'+'A') {
			return false
		}
	}
	return true
}

// shared gives the length of the common beginning of two texts.
func shared(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// sharedEnd gives the length of their common end.
func sharedEnd(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}
