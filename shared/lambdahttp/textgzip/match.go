package textgzip

import (
	"encoding/binary"
	"math/bits"
)

const (
	tableBits = 14      // of a hash
	window    = 1 << 15 // how far back deflate refers
	shortest  = 4       // bytes that are looked for
	margin    = 16      // bytes at the end that nothing is looked for at
)

// compress writes a text. Where each six bytes of it were last is kept in the table; three
// neighbours are looked up at a time, a fourth is passed over, and more where little is found.
// Next to what was found last, the same distance is tried first: lists repeat themselves in
// step.
func (w *Writer) compress(text []byte) {
	from, at, distance := 0, 1, 1
	limit := len(text) - margin
	if at < limit {
		clear(w.table[:])
	}
	for at < limit {
		found, earlier := w.look(text, from, at, distance)
		if found < 0 {
			break
		}
		at = found
		for at > from && earlier > 0 && text[at-1] == text[earlier-1] {
			at--
			earlier--
		}
		n := shortest + alike(text[earlier+shortest:], text[at+shortest:])
		distance = at - earlier
		w.emit(text[from:at], n, distance)
		at += n
		from = at
		if at < limit {
			w.table[hash(load8(text, at-2))] = uint32(at - 2)
		}
	}
	w.literals(text[from:])
}

// look goes on from a place until bytes are like those at an earlier one, -1 for never.
func (w *Writer) look(text []byte, from, at, distance int) (found, earlier int) {
	for table := &w.table; at < len(text)-margin; at += 4 + (at-from)>>6 {
		v := load8(text, at)
		first, second, third := hash(v), hash(v>>8), hash(v>>16)
		a, b := int(table[first]), int(table[second])
		table[first], table[second] = uint32(at), uint32(at+1)
		switch {
		case uint32(v>>8) == load4(text, at+1-distance):
			return at + 1, at + 1 - distance
		case uint32(v) == load4(text, a) && at-a <= window:
			return at, a
		case uint32(v>>8) == load4(text, b) && at+1-b <= window:
			return at + 1, b
		}
		c := int(table[third])
		table[third] = uint32(at + 2)
		if uint32(v>>16) == load4(text, c) && at+2-c <= window {
			return at + 2, c
		}
	}
	return -1, -1
}

// hash is of the lower six bytes.
func hash(v uint64) uint32 { return uint32(v << 16 * 0x9e3779b97f4a7c15 >> (64 - tableBits)) }

func load8(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
func load4(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }

// alike gives the length of the common beginning of two texts, of which b is not longer.
func alike(a, b []byte) int {
	n := 0
	for ; n+8 <= len(b); n += 8 {
		if x := load8(a, n) ^ load8(b, n); x != 0 {
			return n + bits.TrailingZeros64(x)>>3
		}
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
