// Package bitset owns flat sets of small numbers: one bit for each number of a range, in words
// of 64. All sets of one operation have the same length.
//
// A set may also lie in bytes, little endian, as segments store it. Bytes that are cut short
// are a set that ends there: nothing here fails, whatever the bytes say.
package bitset

import (
	"encoding/binary"
	"math/bits"
)

// Set is a set of the numbers from 0 to 64·len−1.
type Set []uint64

// Words gives the length of a set of n numbers.
func Words(n int) int { return (n + 63) / 64 }

// New makes an empty set of n numbers. Its capacity is a multiple of 1,024 words, so that
// whole ranges of 65,536 numbers can be looked at without asking where it ends.
func New(n int) Set { return make(Set, Words(n), (Words(n)+1023)&^1023) }

// Add puts a number in; one beyond the set is left out.
func (s Set) Add(i uint32) {
	if w := int(i >> 6); w < len(s) {
		s[w] |= 1 << (i & 63)
	}
}

// Remove takes a number out.
func (s Set) Remove(i uint32) {
	if w := int(i >> 6); w < len(s) {
		s[w] &^= 1 << (i & 63)
	}
}

// Has reports whether a number is in.
func (s Set) Has(i uint32) bool {
	w := int(i >> 6)
	return w < len(s) && s[w]>>(i&63)&1 != 0
}

// Clear empties the set.
func (s Set) Clear() { clear(s) }

// Fill puts the first n numbers in and leaves nothing else.
func (s Set) Fill(n int) {
	for i := range s {
		s[i] = ^uint64(0)
	}
	s.Cut(n)
}

// Cut takes out everything from n on.
func (s Set) Cut(n int) {
	w := n >> 6
	if w >= len(s) {
		return
	}
	s[w] &= 1<<(n&63) - 1
	clear(s[w+1:])
}

// And keeps what is in both.
func (s Set) And(o Set) {
	o = o[:len(s)]
	for i := range s {
		s[i] &= o[i]
	}
}

// AndNot takes out what is in o.
func (s Set) AndNot(o Set) {
	o = o[:len(s)]
	for i := range s {
		s[i] &^= o[i]
	}
}

// Or puts in what is in o.
func (s Set) Or(o Set) {
	o = o[:len(s)]
	for i := range s {
		s[i] |= o[i]
	}
}

// Flip makes the complement among the first n numbers.
func (s Set) Flip(n int) {
	for i := range s {
		s[i] = ^s[i]
	}
	s.Cut(n)
}

// Count gives how many numbers are in.
func (s Set) Count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// Next gives the smallest number in the set that is not below i, or -1.
func (s Set) Next(i int) int {
	if i < 0 {
		i = 0
	}
	w := i >> 6
	if w >= len(s) {
		return -1
	}
	if rest := s[w] >> (i & 63); rest != 0 {
		return i + bits.TrailingZeros64(rest)
	}
	for w++; w < len(s); w++ {
		if s[w] != 0 {
			return w<<6 + bits.TrailingZeros64(s[w])
		}
	}
	return -1
}

// Previous gives the largest number in the set that is not above i, or -1.
func (s Set) Previous(i int) int {
	if i >= len(s)<<6 {
		i = len(s)<<6 - 1
	}
	if i < 0 {
		return -1
	}
	w := i >> 6
	if rest := s[w] << (63 - i&63); rest != 0 {
		return i - bits.LeadingZeros64(rest)
	}
	for w--; w >= 0; w-- {
		if s[w] != 0 {
			return w<<6 + 63 - bits.LeadingZeros64(s[w])
		}
	}
	return -1
}

// OrBytes puts in what is in the bytes.
func (s Set) OrBytes(b []byte) {
	for i := range s[:min(len(s), len(b)/8)] {
		s[i] |= binary.LittleEndian.Uint64(b[8*i:])
	}
}

// AndBytes keeps what is in the bytes too.
func (s Set) AndBytes(b []byte) {
	n := min(len(s), len(b)/8)
	for i := range s[:n] {
		s[i] &= binary.LittleEndian.Uint64(b[8*i:])
	}
	clear(s[n:])
}

// CountBytes gives how many numbers are in both the set and the bytes.
func (s Set) CountBytes(b []byte) int {
	n := 0
	for len(s) >= 4 && len(b) >= 32 {
		n += bits.OnesCount64(s[0]&binary.LittleEndian.Uint64(b)) + bits.OnesCount64(s[1]&binary.LittleEndian.Uint64(b[8:])) +
			bits.OnesCount64(s[2]&binary.LittleEndian.Uint64(b[16:])) + bits.OnesCount64(s[3]&binary.LittleEndian.Uint64(b[24:]))
		s, b = s[4:], b[32:]
	}
	for i := range s[:min(len(s), len(b)/8)] {
		n += bits.OnesCount64(s[i] & binary.LittleEndian.Uint64(b[8*i:]))
	}
	return n
}

// Append writes the set behind b.
func (s Set) Append(b []byte) []byte {
	for _, w := range s {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

// Read gives the set of n numbers that bytes hold.
func Read(b []byte, n int) Set {
	s := New(n)
	s.OrBytes(b)
	s.Cut(n)
	return s
}
