package search

import (
	"cmp"
	"slices"
	"strings"
)

// dictionary numbers the terms and finds them by their beginning and by similarity.
type dictionary struct {
	ids    map[string]uint32
	text   []string    // by number
	signs  []signature // by number
	sizes  []uint8     // letters, by number; 0 for a term that is not found by similarity
	sorted []uint32    // numbers in the order of their texts
	fresh  []uint32    // numbers not in sorted yet
}

func newDictionary() dictionary { return dictionary{ids: map[string]uint32{}} }

// number gives a term's number, a new one if need be.
func (d *dictionary) number(term string) uint32 {
	id, known := d.ids[term]
	if known {
		return id
	}
	id = uint32(len(d.text))
	d.ids[term] = id
	d.text = append(d.text, term)
	d.signs = append(d.signs, sign(term))
	d.sizes = append(d.sizes, similar(term))
	d.fresh = append(d.fresh, id)
	return id
}

// similar gives the size of a term, 0 when it begins or ends with what lunr does not index.
func similar(term string) uint8 {
	if !isPlain(term[0]) || !isPlain(term[len(term)-1]) {
		return 0
	}
	return size(term)
}

// settle sorts the new terms in.
func (d *dictionary) settle() {
	if len(d.fresh) == 0 {
		return
	}
	slices.SortFunc(d.fresh, func(a, b uint32) int { return cmp.Compare(d.text[a], d.text[b]) })
	merged := make([]uint32, 0, len(d.sorted)+len(d.fresh))
	old := d.sorted
	for _, id := range d.fresh {
		at, _ := slices.BinarySearchFunc(old, d.text[id], func(o uint32, t string) int { return cmp.Compare(d.text[o], t) })
		merged = append(append(merged, old[:at]...), id)
		old = old[at:]
	}
	d.sorted, d.fresh = append(merged, old...), nil
}

// beginning calls f for every term that begins with prefix.
func (d *dictionary) beginning(prefix string, f func(id uint32)) {
	at, _ := slices.BinarySearchFunc(d.sorted, prefix, func(o uint32, t string) int { return cmp.Compare(d.text[o], t) })
	for _, id := range d.sorted[at:] {
		if !strings.HasPrefix(d.text[id], prefix) {
			return
		}
		f(id)
	}
}

// maxTerm is the longest word of a query in letters that similar terms are looked for.
const maxTerm = 100

// similar calls f for every term that is within maxEdits of a word. It costs a look at each
// term's signature, and a comparison with those that have about the same letters.
func (d *dictionary) similar(word string, f func(id uint32)) {
	letters := []rune(word)
	if len(letters) > maxTerm {
		return
	}
	s, n := sign(word), uint8(len(letters))
	lowest, highest := uint8(1), n+maxEdits
	if n > maxEdits {
		lowest = n - maxEdits
	}
	var buf [maxTerm + maxEdits]rune
	for id, other := range d.signs {
		if size := d.sizes[id]; size < lowest || size > highest || !s.near(other) {
			continue
		}
		if near(letters, runes(buf[:0], d.text[id]), maxEdits) {
			f(uint32(id))
		}
	}
}

func runes(into []rune, s string) []rune {
	for _, r := range s {
		into = append(into, r)
	}
	return into
}
