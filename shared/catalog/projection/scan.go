package projection

import (
	"bytes"
	"encoding/json"
)

// scan appends the members of the object that begins at pos. It skips their values by
// counting brackets, and stops at the first thing that is not JSON.
func scan(into []member, doc []byte, pos int) []member {
	if pos = space(doc, pos); pos >= len(doc) || doc[pos] != '{' {
		return into
	}
	for pos++; ; pos++ {
		begin := space(doc, pos)
		closing := text(doc, begin)
		colon := space(doc, closing)
		if closing < 0 || colon >= len(doc) || doc[colon] != ':' {
			return into
		}
		value := space(doc, colon+1)
		end := skip(doc, value)
		if end < 0 {
			return into
		}
		into = append(into, member{name: unescaped(doc[begin+1 : closing-1]), begin: begin, end: end, value: value})
		if pos = space(doc, end); pos >= len(doc) || doc[pos] != ',' {
			return into
		}
	}
}

func space(doc []byte, pos int) int {
	for pos >= 0 && pos < len(doc) && (doc[pos] == ' ' || doc[pos] == '\t' || doc[pos] == '\n' || doc[pos] == '\r') {
		pos++
	}
	return pos
}

// text gives the end of the string that begins at pos, -1 when none does.
func text(doc []byte, pos int) int {
	if pos >= len(doc) || doc[pos] != '"' {
		return -1
	}
	for i := pos + 1; ; i++ {
		n := bytes.IndexByte(doc[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		slashes := 0
		for doc[i-1-slashes] == '\\' { // the opening quote is none
			slashes++
		}
		if slashes%2 == 0 {
			return i + 1
		}
	}
}

// skip gives the end of the value that begins at pos, -1 when the document ends before.
func skip(doc []byte, pos int) int {
	if pos >= len(doc) {
		return -1
	}
	switch doc[pos] {
	case '"':
		return text(doc, pos)
	case '{', '[':
		return skipNested(doc, pos)
	}
	end := pos
	for end < len(doc) && !ends(doc[end]) {
		end++
	}
	if end == pos {
		return -1
	}
	return end
}

// ends reports whether a byte ends a number or a word.
func ends(c byte) bool {
	switch c {
	case ',', '}', ']', ':', '"', '{', '[', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}

func skipNested(doc []byte, pos int) int {
	depth := 0
	for i := pos; i < len(doc); i++ {
		switch doc[i] {
		case '"':
			end := text(doc, i)
			if end < 0 {
				return -1
			}
			i = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// unescaped gives the name that is written as raw between quotes.
func unescaped(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	var name string
	if json.Unmarshal(append(append([]byte{'"'}, raw...), '"'), &name) != nil {
		return raw
	}
	return []byte(name)
}
