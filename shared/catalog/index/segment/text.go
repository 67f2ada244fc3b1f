package segment

import (
	"bytes"
	"iter"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
)

// textFields are the fields whose words are indexed: those that people search in. Full text
// in any other field reads all its values.
var textFields = []string{
	"metadata.description", "metadata.name", "metadata.tags", "metadata.title",
	"spec.profile.displayname", "spec.profile.email", "spec.target", "spec.targets", "spec.type",
}

// inWord reports whether a byte belongs to a word: letters and digits of ASCII, and all of
// what is not ASCII.
func inWord(c byte) bool {
	return c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// wordsOf gives the words of a text in lower case.
func wordsOf(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < len(text); {
			j := i
			for j < len(text) && inWord(text[j]) {
				j++
			}
			if j > i && !yield(text[i:j]) {
				return
			}
			i = j + 1
		}
	}
}

// Pattern is a text to be found within values, with "%" for any text and "_" for any
// character, as in SQL's LIKE '%text%'.
type Pattern struct {
	like   string // with a "%" at each end
	plain  string // the text, when it has neither "%" nor "_"
	pieces []piece
	whole  bool // a value matches when, and only when, it has a word with the one piece in it
}

// piece is a part of a word that a matching value must have.
type piece struct {
	text       string
	begin, end bool // of the word
}

// NewPattern reads a pattern in lower case.
func NewPattern(text string) Pattern {
	p := Pattern{like: "%" + text + "%"}
	literals := strings.FieldsFunc(text, func(r rune) bool { return r == '%' || r == '_' })
	for _, l := range literals {
		p.pieces = append(p.pieces, piecesOf(l)...)
	}
	// Long pieces are in fewer words than short ones.
	slices.SortStableFunc(p.pieces, func(a, b piece) int { return len(b.text) - len(a.text) })
	if !strings.ContainsAny(text, "%_") {
		p.plain = text
		p.whole = len(p.pieces) == 1 && p.pieces[0].text == text
	}
	return p
}

// piecesOf cuts a literal part where words end. What touches the part's own ends may go on
// there.
func piecesOf(literal string) []piece {
	var out []piece
	for i := 0; i < len(literal); {
		j := i
		for j < len(literal) && inWord(literal[j]) {
			j++
		}
		if j > i {
			out = append(out, piece{text: literal[i:j], begin: i > 0, end: j < len(literal)})
		}
		i = j + 1
	}
	return out
}

// Match reports whether a value in lower case matches.
func (p Pattern) Match(value string) bool {
	if p.plain != "" {
		return strings.Contains(value, p.plain)
	}
	return like(p.like, value)
}

func (p Pattern) matchBytes(value []byte) bool {
	if p.plain != "" {
		return bytes.Contains(value, []byte(p.plain))
	}
	return like(p.like, string(value))
}

// like matches SQL's LIKE without escapes, in time proportional to the product of the
// lengths.
func like(pattern, s string) bool {
	p, t := []rune(pattern), []rune(s)
	i, star, mark := 0, -1, 0
	for j := 0; j < len(t); {
		switch {
		case i < len(p) && p[i] == '%':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '_' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '%' {
		i++
	}
	return i == len(p)
}

// Match puts the documents with a matching value in a field into a set.
func (s *Segment) Match(field string, p Pattern, into bitset.Set) {
	f, ok := s.Field(field)
	if !ok {
		return
	}
	words, ok := s.own(wordsField + field)
	if !ok || len(p.pieces) == 0 || !slices.Contains(textFields, field) {
		s.scan(f, p, into)
		return
	}
	if p.whole {
		words.having(p.pieces[0], into)
		return
	}
	candidates, scratch := bitset.New(s.docs), bitset.New(s.docs)
	words.having(p.pieces[0], candidates)
	for _, piece := range p.pieces[1:] {
		if candidates.Count() <= fewCandidates {
			break
		}
		scratch.Clear()
		words.having(piece, scratch)
		candidates.And(scratch)
	}
	s.verify(f, p, candidates, into)
}

// scan compares all values of a field.
func (s *Segment) scan(f Field, p Pattern, into bitset.Set) {
	s.Walk(f.first, f.end, func(term uint32, value []byte) bool {
		if p.matchBytes(value) {
			s.Posting(term).Or(into)
		}
		return true
	})
}

// fewCandidates are compared without looking for further words that they must have.
const fewCandidates = 64

// verifyShare is the share of a field's terms from which on reading all of them in turn is
// cheaper than looking up those of the candidates.
const verifyShare = 8

// verify compares the values of the candidates.
func (s *Segment) verify(f Field, p Pattern, candidates, into bitset.Set) {
	n := candidates.Count()
	if n == 0 {
		return
	}
	if n*verifyShare > int(f.end-f.first) {
		s.Walk(f.first, f.end, func(term uint32, value []byte) bool {
			posting := s.Posting(term)
			if posting.Single() && posting.Count(candidates) == 0 {
				return true // cheaper than to compare
			}
			if p.matchBytes(value) {
				posting.Or(into)
			}
			return true
		})
		return
	}
	c, values := s.column(f), s.cursor()
	for doc := candidates.Next(0); doc >= 0; doc = candidates.Next(doc + 1) {
		for _, rank := range c.Of(uint32(doc)) {
			if values.seek(c.term(c.Group(int(rank)))) && p.matchBytes(values.text) {
				into.Add(uint32(doc))
				break
			}
		}
	}
}

// having puts the documents with a word that has a piece into a set.
func (f Field) having(p piece, into bitset.Set) {
	switch {
	case p.begin && p.end:
		lo, hi := f.Equal(p.text)
		f.or(lo, hi, into)
	case p.begin:
		lo, hi := f.Prefix(p.text)
		f.or(lo, hi, into)
	default:
		f.holding(p, into)
	}
}

func (f Field) or(lo, hi uint32, into bitset.Set) {
	for ; lo < hi; lo++ {
		f.s.Posting(lo).Or(into)
	}
}

// holding finds the words by their grams.
func (f Field) holding(p piece, into bitset.Set) {
	words, sure := f.s.gramsOf(f).words(p.text)
	c := f.s.cursor()
	text := []byte(p.text)
	for _, word := range words {
		term := f.first + word
		if word >= f.end-f.first {
			return
		}
		if !sure || p.end {
			if !c.seek(term) || p.end && !bytes.HasSuffix(c.text, text) || !p.end && !bytes.Contains(c.text, text) {
				continue
			}
		}
		f.s.Posting(term).Or(into)
	}
}
