package segment

import (
	"sort"
	"strings"
)

// The segment's own fields. Entities have none that begin with a zero byte.
const (
	refField   = "\x00ref"
	wordsField = "\x00words/" // and the name of the field whose words these are
)

// uidField is the field of the entities by whose values documents are in order: each has one
// of its own, in lower case.
const uidField = "metadata.uid"

// Field is a field of a segment: a range of its terms.
type Field struct {
	s          *Segment
	ordinal    int
	first, end uint32
}

// name gives the bytes of a field's name.
func (s *Segment) name(i int) []byte {
	begin := 0
	if i > 0 {
		begin = int(u32(s.section[secFields], (i-1)*fieldSize))
	}
	return cut(s.section[secNames], begin, int(u32(s.section[secFields], i*fieldSize))-begin)
}

// search gives the first field whose name is not below a text.
func (s *Segment) search(name string) int {
	return sort.Search(s.fields, func(i int) bool { return string(s.name(i)) >= name })
}

func (s *Segment) field(i int) Field {
	at := i*fieldSize + 4
	first, end := u32(s.section[secFields], at), u32(s.section[secFields], at+fieldSize)
	end = min(end, uint32(s.terms))
	return Field{s: s, ordinal: i, first: min(first, end), end: end}
}

// own finds any field.
func (s *Segment) own(name string) (Field, bool) {
	i := s.search(name)
	if i == s.fields || string(s.name(i)) != name {
		return Field{}, false
	}
	return s.field(i), true
}

// Field finds a field of the entities; the name is in lower case.
func (s *Segment) Field(name string) (Field, bool) {
	if strings.HasPrefix(name, "\x00") {
		return Field{}, false
	}
	return s.own(name)
}

// Refs gives the field whose values are the documents' refs.
func (s *Segment) Refs() (Field, bool) { return s.own(refField) }

// FieldsBelow gives the fields whose names begin with prefix.
func (s *Segment) FieldsBelow(prefix string) []Field {
	var out []Field
	for i := s.search(prefix); i < s.fields && strings.HasPrefix(string(s.name(i)), prefix); i++ {
		out = append(out, s.field(i))
	}
	return out
}

// Name gives the field's name.
func (f Field) Name() string { return string(f.s.name(f.ordinal)) }

// Terms gives the range of the field's terms.
func (f Field) Terms() (first, end uint32) { return f.first, f.end }

// Exists gives the documents that have the field.
func (f Field) Exists() Posting {
	return Posting{f.s.section[secLists], u32(f.s.section[secFields], f.ordinal*fieldSize+8)}
}

// Nulls gives the documents with a value of the field that nothing compares with.
func (f Field) Nulls() Posting {
	return Posting{f.s.section[secLists], u32(f.s.section[secFields], f.ordinal*fieldSize+12)}
}

// Equal gives the range of terms with a value, which is in lower case. There are several
// when it is written in several ways.
func (f Field) Equal(value string) (lo, hi uint32) {
	c := f.s.cursor()
	lo = f.bound(c, atLeast(value))
	hi = lo
	for hi < f.end && c.seek(hi) && string(c.text) == value {
		hi++
	}
	return lo, hi
}

// firstWith gives the first term with a value, which is in lower case.
func (f Field) firstWith(value string) (term uint32, ok bool) {
	c := f.s.cursor()
	term = f.bound(c, atLeast(value))
	return term, term < f.end && c.seek(term) && string(c.text) == value
}

// Prefix gives the range of terms whose values begin with a text in lower case.
func (f Field) Prefix(prefix string) (lo, hi uint32) {
	c := f.s.cursor()
	lo = f.bound(c, atLeast(prefix))
	hi = f.bound(c, func(text []byte) bool {
		return string(text) >= prefix && !strings.HasPrefix(string(text), prefix)
	})
	return lo, max(lo, hi)
}

// lowerBound gives the first term with a value not below another, or with above set the first
// with a greater one.
func (f Field) lowerBound(value string, above bool) uint32 {
	if above {
		return f.bound(f.s.cursor(), func(text []byte) bool { return string(text) > value })
	}
	return f.bound(f.s.cursor(), atLeast(value))
}

func atLeast(value string) func(text []byte) bool {
	return func(text []byte) bool { return string(text) >= value }
}

// bound gives the first term for which beyond holds; it holds for all behind it. The heads of
// the blocks are searched first: they are there in full. The cursor stays near: going
// on from it reads nothing twice.
func (f Field) bound(c *cursor, beyond func(text []byte) bool) uint32 {
	firstHead, endHead := int(f.first+blockTerms-1)>>blockShift, int(f.end+blockTerms-1)>>blockShift
	n := sort.Search(max(0, endHead-firstHead), func(i int) bool { return beyond(f.s.head(firstHead + i)) })
	begin, end := f.first, f.end
	if n > 0 {
		begin = uint32(firstHead+n-1) << blockShift
	}
	if n < endHead-firstHead {
		end = uint32(firstHead+n) << blockShift
	}
	for term := begin; term < end; term++ {
		if !c.seek(term) || beyond(c.text) {
			return term
		}
	}
	return end
}
