package search

import (
	"math/bits"
	"unicode/utf8"
)

// maxEdits is how many typing errors a word may have.
const maxEdits = 2

// near reports whether b can be made of a by at most edits insertions, deletions,
// substitutions and swaps of neighbours. As in lunr a swapped letter may be edited again.
func near(a, b []rune, edits int) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	switch {
	case len(a) == 0:
		return len(b) <= edits
	case len(b) == 0:
		return len(a) <= edits
	case edits == 0 || len(a)-len(b) > edits || len(b)-len(a) > edits:
		return false
	}
	if near(a[1:], b[1:], edits-1) || near(a, b[1:], edits-1) || near(a[1:], b, edits-1) {
		return true
	}
	return len(a) > 1 && a[1] == b[0] && swapped(a, b[1:], edits-1)
}

// swapped goes on behind the second letter of a, which came first, with a's first letter in
// its place.
func swapped(a, b []rune, edits int) bool {
	var buf [maxTerm]rune
	rest := append(append(buf[:0], a[0]), a[2:]...)
	return near(rest, b, edits)
}

// signature is the set of a word's letters, folded onto 64 bits. An edit adds and takes away
// at most one letter, so words that are near have similar ones.
type signature uint64

func sign(word string) (s signature) {
	for _, r := range word {
		s |= 1 << (uint32(r) & 63)
	}
	return s
}

func (s signature) near(other signature) bool {
	return bits.OnesCount64(uint64(s&^other)) <= maxEdits && bits.OnesCount64(uint64(other&^s)) <= maxEdits
}

// size gives the number of a word's letters, at most 255.
func size(word string) uint8 { return uint8(min(utf8.RuneCountInString(word), 255)) }
