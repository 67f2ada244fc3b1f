package segment

import (
	"encoding/binary"
	"slices"
	"sort"
)

// A gram is a piece of one to three bytes of a word, with its length in the upper byte. The
// list of a gram holds the words that it is in, numbered within their field, each as the
// difference to its predecessor in base 128.
//
// The section begins with the number of word fields and, for each, the field, the number of
// its grams, and where they begin: per gram itself and the end of its list, then the lists.
const gramFieldSize = 12

func gramOf(piece string) uint32 {
	v := uint32(len(piece))
	for i := range 3 {
		v <<= 8
		if i < len(piece) {
			v |= uint32(piece[i])
		}
	}
	return v
}

// gramWriter collects the grams of one field after the other.
type gramWriter struct {
	lists map[uint32]*gramList // of the field at hand; nil outside of one with words
	field int
	index []byte
	data  []byte
	n     int
}

type gramList struct {
	last  uint32 // word, plus one
	bytes []byte
}

func (w *gramWriter) begin(field int) {
	w.lists = map[uint32]*gramList{}
	w.field = field
}

// add takes the next word of the field.
func (w *gramWriter) add(n uint32, word string) {
	for size := 1; size <= 3; size++ {
		for i := 0; i+size <= len(word); i++ {
			g := gramOf(word[i : i+size])
			l := w.lists[g]
			if l == nil {
				l = &gramList{}
				w.lists[g] = l
			}
			if l.last == n+1 {
				continue
			}
			l.bytes = binary.AppendUvarint(l.bytes, uint64(n+1-l.last))
			l.last = n + 1
		}
	}
}

func (w *gramWriter) end() {
	if w.lists == nil {
		return
	}
	grams := make([]uint32, 0, len(w.lists))
	for g := range w.lists {
		grams = append(grams, g)
	}
	slices.Sort(grams)
	for _, v := range []int{w.field, len(grams), len(w.data)} {
		w.index = binary.LittleEndian.AppendUint32(w.index, uint32(v))
	}
	end := 0
	for _, g := range grams {
		end += len(w.lists[g].bytes)
		w.data = binary.LittleEndian.AppendUint32(w.data, g)
		w.data = binary.LittleEndian.AppendUint32(w.data, uint32(end))
	}
	for _, g := range grams {
		w.data = append(w.data, w.lists[g].bytes...)
	}
	w.lists = nil
	w.n++
}

func (w *gramWriter) finish() []byte {
	out := binary.LittleEndian.AppendUint32(nil, uint32(w.n))
	out = append(out, w.index...)
	return append(out, w.data...)
}

// gramIndex is the part of the section that belongs to one field.
type gramIndex struct {
	n     int
	grams []byte
	lists []byte
}

func (s *Segment) gramsOf(f Field) gramIndex {
	b := s.section[secGrams]
	n := min(int(u32(b, 0)), len(b)/gramFieldSize)
	i := sort.Search(n, func(i int) bool { return int(u32(b, 4+i*gramFieldSize)) >= f.ordinal })
	at := 4 + i*gramFieldSize
	if i == n || int(u32(b, at)) != f.ordinal {
		return gramIndex{}
	}
	count, begin := int(u32(b, at+4)), 4+n*gramFieldSize+int(u32(b, at+8))
	grams := cut(b, begin, 8*count)
	return gramIndex{n: len(grams) / 8, grams: grams, lists: cut(b, begin+len(grams), len(b))}
}

// list gives the coded words that a gram is in.
func (x gramIndex) list(g uint32) []byte {
	i := sort.Search(x.n, func(i int) bool { return u32(x.grams, 8*i) >= g })
	if i == x.n || u32(x.grams, 8*i) != g {
		return nil
	}
	begin := 0
	if i > 0 {
		begin = int(u32(x.grams, 8*i-4))
	}
	return cut(x.lists, begin, int(u32(x.grams, 8*i+4))-begin)
}

// words gives the words that may hold a piece, in order, and whether each of them does. The
// two rarest grams of the piece decide.
func (x gramIndex) words(piece string) (out []uint32, sure bool) {
	if len(piece) <= 3 {
		return decodeWords(x.list(gramOf(piece)), nil), true
	}
	var lists [][]byte
	for i := 0; i+3 <= len(piece); i++ {
		l := x.list(gramOf(piece[i : i+3]))
		if len(l) == 0 {
			return nil, true
		}
		lists = append(lists, l)
	}
	slices.SortFunc(lists, func(a, b []byte) int { return len(a) - len(b) })
	out = decodeWords(lists[0], nil)
	if len(lists) > 1 && len(lists[1]) < 64*len(out) {
		out = common(out, lists[1])
	}
	return out, false
}

func decodeWords(list []byte, out []uint32) []uint32 {
	word := ^uint32(0)
	for at := 0; at < len(list); {
		var d uint32
		d, at = uvarint(list, at)
		word += d
		out = append(out, word)
	}
	return out
}

// common keeps the words that are in a list too.
func common(words []uint32, list []byte) []uint32 {
	kept := words[:0]
	word, at := ^uint32(0), 0
	for _, w := range words {
		for at < len(list) && (word == ^uint32(0) || word < w) {
			var d uint32
			d, at = uvarint(list, at)
			word += d
		}
		if word == w {
			kept = append(kept, w)
		}
	}
	return kept
}
