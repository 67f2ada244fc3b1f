package rawjson

import "bytes"

func at(doc []byte, pos int, c byte) bool { return pos >= 0 && pos < len(doc) && doc[pos] == c }

func space(doc []byte, pos int) int {
	for pos >= 0 && pos < len(doc) && (doc[pos] == ' ' || doc[pos] == '\t' || doc[pos] == '\n' || doc[pos] == '\r') {
		pos++
	}
	return pos
}

// text gives the end of the string that begins at pos, -1 when none does.
func text(doc []byte, pos int) int {
	if !at(doc, pos, '"') {
		return -1
	}
	for i := pos + 1; ; i++ {
		n := bytes.IndexByte(doc[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		slashes := 0
		for doc[i-1-slashes] == '\\' { // ends at the opening quote at the latest
			slashes++
		}
		if slashes%2 == 0 {
			return i + 1
		}
	}
}

// skip gives the end of the value that begins at pos, -1 when there is none.
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

// skipNested counts brackets outside of strings.
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
