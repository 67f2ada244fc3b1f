// Package porter owns reducing English words to their stems by the algorithm of M. F. Porter
// ("An algorithm for suffix stripping", Program 14/3, 1980) with the author's later
// departures (-bli, -logi) and two of lunr's: a plural needs a letter before its ending, and
// a final y turns into i behind any consonant.
//
// Letters outside a-z count as consonants. It knows nothing of tokens or stop words.
package porter

import (
	"strings"
	"unicode/utf8"
)

// Stem gives the stem of a word in lower case. Words of fewer than three letters are their
// own stems.
func Stem(word string) string {
	if len(word) < 3 || utf8.RuneCountInString(word) < 3 {
		return word
	}
	w := word
	if w[0] == 'y' { // a first y is a consonant, which the capital stands for
		w = "Y" + w[1:]
	}
	for _, step := range []func(string) string{plural, past, finalY, doubleSuffix, adjective, longSuffix, finalE} {
		w = step(w)
	}
	if w[0] == 'Y' {
		w = "y" + w[1:]
	}
	return w
}

// plural is step 1a.
func plural(w string) string {
	switch {
	case len(w) > 4 && strings.HasSuffix(w, "sses"), len(w) > 3 && strings.HasSuffix(w, "ies"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && utf8.RuneCountInString(w) > 2:
		return w[:len(w)-1]
	}
	return w
}

// past is step 1b.
func past(w string) string {
	if stem, ok := cut(w, "eed"); ok {
		if measure(stem) > 0 {
			return w[:len(w)-1]
		}
		return w
	}
	stem, ok := cut(w, "ed")
	if !ok {
		stem, ok = cut(w, "ing")
	}
	if !ok || !hasVowel(stem) {
		return w
	}
	switch {
	case strings.HasSuffix(stem, "at"), strings.HasSuffix(stem, "bl"), strings.HasSuffix(stem, "iz"):
		return stem + "e"
	case endsDoubled(stem):
		_, size := utf8.DecodeLastRuneInString(stem)
		return stem[:len(stem)-size]
	case shortWord(stem):
		return stem + "e"
	}
	return stem
}

// finalY is step 1c.
func finalY(w string) string {
	stem, ok := cut(w, "y")
	if !ok || utf8.RuneCountInString(stem) < 2 || strings.IndexByte("aeiou", stem[len(stem)-1]) >= 0 {
		return w
	}
	return stem + "i"
}

// suffix is an ending with what takes its place. A list has the longer of two endings first.
type suffix struct{ ending, instead string }

var (
	doubled = []suffix{
		{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"}, {"bli", "ble"},
		{"alli", "al"}, {"entli", "ent"}, {"eli", "e"}, {"ousli", "ous"}, {"ization", "ize"}, {"ation", "ate"},
		{"ator", "ate"}, {"alism", "al"}, {"iveness", "ive"}, {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},
		{"iviti", "ive"}, {"biliti", "ble"}, {"logi", "log"},
	}
	adjectives = []suffix{
		{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""},
	}
	long = []suffix{
		{ending: "al"}, {ending: "ance"}, {ending: "ence"}, {ending: "er"}, {ending: "ic"}, {ending: "able"}, {ending: "ible"},
		{ending: "ant"}, {ending: "ement"}, {ending: "ment"}, {ending: "ent"}, {ending: "ou"}, {ending: "ism"}, {ending: "ate"},
		{ending: "iti"}, {ending: "ous"}, {ending: "ive"}, {ending: "ize"},
	}
)

// doubleSuffix is step 2.
func doubleSuffix(w string) string { return replace(w, doubled, 0) }

// adjective is step 3.
func adjective(w string) string { return replace(w, adjectives, 0) }

// longSuffix is step 4.
func longSuffix(w string) string {
	if replaced := replace(w, long, 1); replaced != w {
		return replaced
	}
	for _, before := range []string{"s", "t"} {
		if stem, ok := cut(w, before+"ion"); ok && measure(stem+before) > 1 {
			return stem + before
		}
	}
	return w
}

// finalE is step 5.
func finalE(w string) string {
	if stem, ok := cut(w, "e"); ok {
		if m := measure(stem); m > 1 || m == 1 && !shortWord(stem) {
			w = stem
		}
	}
	if strings.HasSuffix(w, "ll") && measure(w) > 1 {
		return w[:len(w)-1]
	}
	return w
}

// replace takes the first ending of the list off a word, if what is left measures more than
// above.
func replace(w string, list []suffix, above int) string {
	for _, s := range list {
		if stem, ok := cut(w, s.ending); ok {
			if measure(stem) > above {
				return stem + s.instead
			}
			return w
		}
	}
	return w
}

// cut takes an ending off a word that is more than the ending.
func cut(w, ending string) (stem string, ok bool) {
	stem, ok = strings.CutSuffix(w, ending)
	return stem, ok && stem != ""
}

// measure counts how often a vowel is followed by a consonant: Porter's m.
func measure(w string) (m int) {
	vowel := false
	for i, r := range w {
		was := vowel
		vowel = isVowel(r, i > 0 && !was)
		if was && !vowel {
			m++
		}
	}
	return m
}

// isVowel reports whether a letter is one; y is behind a consonant.
func isVowel(r rune, behindConsonant bool) bool {
	switch r {
	case 'a', 'e', 'i', 'o', 'u':
		return true
	case 'y':
		return behindConsonant
	}
	return false
}

func hasVowel(w string) bool {
	for i, r := range w {
		if isVowel(r, i > 0) { // whatever comes before the first vowel is a consonant
			return true
		}
	}
	return false
}

// endsDoubled reports whether a word ends with the same consonant twice, other than l, s and z.
func endsDoubled(w string) bool {
	last, size := utf8.DecodeLastRuneInString(w)
	before, _ := utf8.DecodeLastRuneInString(w[:len(w)-size])
	return len(w) > size && last == before && !strings.ContainsRune("aeiouylsz", last)
}

// shortWord reports whether a word is consonants, one vowel and one consonant other than w, x
// and y: Porter's *o for a measure of 1.
func shortWord(w string) bool {
	last, size := utf8.DecodeLastRuneInString(w)
	rest := w[:len(w)-size]
	if rest == "" || strings.ContainsRune("aeiouwxy", last) {
		return false
	}
	vowels, first := 0, -1
	vowel := false
	for i, r := range rest {
		if vowel = isVowel(r, i > 0 && !vowel); vowel {
			vowels++
			first = i
		}
	}
	return vowels == 1 && vowel && first > 0
}
