package textgzip

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// code is a code as it is written, the first bit lowest, with its length in the upper byte.
type code uint32

func (c code) bits() uint64 { return uint64(c & 0xffffff) }
func (c code) size() uint   { return uint(c >> 24) }

// stream is the bits of an answer. Between calls fewer than eight are pending.
type stream struct {
	out     []byte // what is written, and room
	at      int    // where the next byte goes
	pending uint64
	n       uint // number of pending bits

	distances [32]int // how often each symbol was used
}

func (b *stream) reset() {
	b.at, b.pending, b.n = 0, 0, 0
	clear(b.distances[:])
}

// room makes room for some bytes and a word behind them.
func (b *stream) room(n int) {
	if n += b.at + 8; n > len(b.out) {
		b.out = slices.Grow(b.out[:b.at], n-b.at)
		b.out = b.out[:cap(b.out)]
	}
}

// put writes at most 56 bits.
func (b *stream) put(v uint64, n uint) {
	b.pending |= v << b.n
	b.n += n
	b.spill()
}

// spill writes the whole bytes of what is pending.
func (b *stream) spill() {
	binary.LittleEndian.PutUint64(b.out[b.at:], b.pending)
	b.at += int(b.n >> 3)
	b.pending >>= b.n &^ 7 & 63
	b.n &= 7
}

// literals writes bytes as they are. Four codes and what is pending fit into a word.
func (b *stream) literals(text []byte) {
	b.room(len(text)*maxCode/8 + 1)
	pending, n, at := b.pending, b.n, b.at
	for ; len(text) >= 4; text = text[4:] {
		for _, c := range (*[4]byte)(text) {
			c := literalCodes[c]
			pending |= c.bits() << (n & 63)
			n += c.size()
		}
		binary.LittleEndian.PutUint64(b.out[at:], pending)
		at += int(n >> 3)
		pending >>= n &^ 7 & 63
		n &= 7
	}
	for _, c := range text {
		c := literalCodes[c]
		pending |= c.bits() << (n & 63)
		n += c.size()
	}
	b.pending, b.n, b.at = pending, n, at
	b.spill()
}

// The lengths that deflate can refer to.
const (
	minLength = 3
	maxLength = 258
)

// emit writes bytes as they are, and then a reference to n bytes some distance back.
func (b *stream) emit(text []byte, n, distance int) {
	b.literals(text)
	b.room(8 * (n/maxLength + 2))
	for n > maxLength {
		part := min(maxLength, n-minLength)
		b.refer(part, distance)
		n -= part
	}
	b.refer(n, distance)
}

func (b *stream) refer(n, distance int) {
	c := lengthCodes[n-minLength]
	pending, size := b.pending|c.bits()<<(b.n&63), b.n+c.size()
	d := uint32(distance - 1)
	symbol, extra := distanceSymbol(d)
	symbol &= 31
	b.distances[symbol]++
	c = distanceCodes[symbol]
	pending |= c.bits() << (size & 63)
	size += c.size()
	pending |= uint64(d&(1<<extra-1)) << (size & 63)
	b.pending, b.n = pending, size+uint(extra)
	b.spill()
}

// distanceSymbol gives the symbol of a distance less one, and how many lower bits of it follow
// (RFC 1951 §3.2.5).
func distanceSymbol(d uint32) (symbol, extra uint32) {
	if d < 4 {
		return d, 0
	}
	extra = uint32(bits.Len32(d)) - 2
	return 2*extra + d>>extra, extra
}

// end ends the block, and the last byte.
func (b *stream) end() {
	b.room(8)
	b.put(endCode.bits(), endCode.size())
	if b.n > 0 {
		b.put(0, 8-b.n)
	}
}
