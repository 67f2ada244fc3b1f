// Package rawjson owns reading parts of a JSON document where it lies: the members of an
// object, where their values begin and end, the text of a string. It is for documents that
// somebody has checked already and that are too many or too hot to decode whole. It checks
// no more than it needs to find its way: what it skips it does not read. Bytes that are no
// JSON end a walk early and are never read past their end.
package rawjson

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Member is one name of an object with its value, as positions in the document.
type Member struct {
	Name  []byte // unescaped; lies in the document unless it is written with escapes
	Begin int    // of the name's first quote
	Value int    // where the value begins
	End   int    // behind the value
}

// Object walks the members of an object.
type Object struct {
	doc   []byte
	next  int // where the next member is looked for; -1 when there is none
	whole bool
}

// ObjectAt begins a walk of the object that begins at pos, spaces aside.
func ObjectAt(doc []byte, pos int) Object {
	pos = space(doc, pos)
	if !at(doc, pos, '{') {
		return Object{doc: doc, next: -1}
	}
	if pos = space(doc, pos+1); at(doc, pos, '}') {
		return Object{doc: doc, next: -1, whole: true}
	}
	return Object{doc: doc, next: pos}
}

// Whole reports, after the walk, whether it ended where the object ends.
func (o *Object) Whole() bool { return o.whole }

// Next gives the next member; false when there are no more.
func (o *Object) Next() (Member, bool) {
	begin := o.next
	if o.next = -1; begin < 0 {
		return Member{}, false
	}
	closing := text(o.doc, begin)
	colon := space(o.doc, closing)
	if closing < 0 || !at(o.doc, colon, ':') {
		return Member{}, false
	}
	value := space(o.doc, colon+1)
	end := skip(o.doc, value)
	if end < 0 {
		return Member{}, false
	}
	switch pos := space(o.doc, end); {
	case at(o.doc, pos, ','):
		o.next = space(o.doc, pos+1)
	case at(o.doc, pos, '}'):
		o.whole = true
	}
	return Member{Name: name(o.doc[begin:closing]), Begin: begin, Value: value, End: end}, true
}

func name(quoted []byte) []byte {
	raw := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	return unescape(make([]byte, 0, len(raw)), raw)
}

// Text gives the text of a string with its quotes around it, and false for anything else.
// Like encoding/json it puts U+FFFD where bytes or escapes are no character.
func Text(value []byte) (string, bool) {
	if text(value, 0) != len(value) || len(value) == 0 {
		return "", false
	}
	return unquote(value), true
}

func unquote(quoted []byte) string {
	raw := name(quoted)
	if utf8.Valid(raw) {
		return string(raw)
	}
	return string([]rune(string(raw)))
}

// TextAt gives the text of the string that begins at pos as Text does, and where it ends; -1
// when none begins there.
func TextAt(doc []byte, pos int) (s string, end int) {
	if end = text(doc, pos); end < 0 {
		return "", -1
	}
	return unquote(doc[pos:end]), end
}

// unescape appends raw without its escapes (RFC 8259 §7).
func unescape(dst, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 || i+1 == len(raw) {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:i]...)
		c := raw[i+1]
		raw = raw[i+2:]
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			var r rune
			r, raw = character(raw)
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
	}
}

// character reads what follows \u, of two escapes when they are a surrogate pair.
func character(raw []byte) (rune, []byte) {
	r, ok := hex4(raw)
	if !ok {
		return utf8.RuneError, raw
	}
	raw = raw[4:]
	if !utf16.IsSurrogate(r) {
		return r, raw
	}
	if len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' {
		if low, ok := hex4(raw[2:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, raw[6:]
			}
		}
	}
	return utf8.RuneError, raw
}

func hex4(raw []byte) (rune, bool) {
	if len(raw) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range raw[:4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
