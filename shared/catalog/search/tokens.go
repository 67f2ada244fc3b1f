package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/catalog/search/porter"
)

// token is a word of a text.
type token struct {
	word       string // in lower case
	start, end int    // bytes of the text
}

// eachToken calls f for every word of a text. Words are runs of letters and digits; like lunr,
// which looks at UTF-16 units, it takes what is outside the basic plane for a gap.
func eachToken(text string, f func(token)) {
	start := -1
	for i, r := range text {
		switch within := isWord(r); {
		case within && start < 0:
			start = i
		case !within && start >= 0:
			f(token{strings.ToLower(text[start:i]), start, i})
			start = -1
		}
	}
	if start >= 0 {
		f(token{strings.ToLower(text[start:]), start, len(text)})
	}
}

func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return isPlain(byte(r))
	}
	return r <= 0xffff && r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r))
}

// isPlain reports whether a byte is an ASCII letter or digit.
func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z'
}

// terms is what a word is found by.
type terms struct {
	counts bool // the word counts for the length of its field
	// trimmed is lunr's: without the non-ASCII letters at either end, and stemmed; "" for none.
	trimmed string
	// whole is the stem of the word as written, "" when it is the same: lunr has no such term
	// and cannot find what is not written in ASCII.
	whole string
}

// stemmer remembers stems: the words of a catalog are few.
type stemmer map[string]terms

// keptWords bounds what a stemmer remembers.
const keptWords = 1 << 15

// of gives the terms of a word.
func (s stemmer) of(word string) terms {
	t, known := s[word]
	if !known {
		t = termsOf(word)
		if len(s) >= keptWords {
			clear(s)
		}
		s[strings.Clone(word)] = t
	}
	return t
}

func termsOf(word string) terms {
	trimmed := strings.TrimFunc(word, func(r rune) bool { return r >= utf8.RuneSelf })
	if _, stop := stopWords[trimmed]; stop {
		return terms{}
	}
	t := terms{counts: true, trimmed: strings.Clone(porter.Stem(trimmed))}
	if trimmed != word {
		t.whole = strings.Clone(porter.Stem(word))
	}
	return t
}

// stopWords are the words that say nothing (lunr 2.3.9).
var stopWords = words(`a able about across after all almost also am among an and any are as at be because been but by can
cannot could dear did do does either else ever every for from get got had has have he her hers him his how however i if in
into is it its just least let like likely may me might most must my neither no nor not of off often on only or other our own
rather said say says she should since so some than that the their them then there these they this tis to too twas us wants was
we were what when where which while who whom why will with would yet you your`)

func words(list string) map[string]struct{} {
	out := map[string]struct{}{}
	for _, w := range strings.Fields(list) {
		out[w] = struct{}{}
	}
	return out
}
