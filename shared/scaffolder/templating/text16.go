package templating

import (
	"cmp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Text in JavaScript is a row of UTF-16 units, and what cuts it may cut a character that takes two
// of them. Inside, text is UTF-8, and half a character is the three bytes that UTF-8 would have
// for it if it were allowed one (WTF-8). Two halves that meet are one character again.

// decode reads the first character, or half of one.
func decode(s string) (rune, int) {
	if len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 && s[1] <= 0xBF && s[2]&0xC0 == 0x80 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(s)
}

func isHalf(c rune) bool { return c >= 0xD800 && c < 0xE000 }

// halfText writes half a character.
func halfText(c rune) string {
	return string([]byte{0xED, 0x80 | byte(c>>6&0x3F), 0x80 | byte(c&0x3F)})
}

// hasHalves reports whether there is half a character in a text.
func hasHalves(s string) bool {
	for {
		i := strings.IndexByte(s, 0xED)
		if i < 0 || i+1 == len(s) {
			return false
		}
		if s[i+1] >= 0xA0 {
			return true
		}
		s = s[i+1:]
	}
}

// whole joins the halves that belong together.
func whole(s string) string {
	if !hasHalves(s) {
		return s
	}
	return mapHalves(s, func(c, next rune) (string, bool) {
		if joined := utf16.DecodeRune(c, next); joined != utf8.RuneError {
			return string(joined), true
		}
		return halfText(c), false
	})
}

// valid puts U+FFFD where half a character is left.
func valid(s string) string {
	if !hasHalves(s) {
		return s
	}
	return mapHalves(s, func(rune, rune) (string, bool) { return string(utf8.RuneError), false })
}

// mapHalves puts something else for halves. It is given the character behind, too, and says
// whether that is used up.
func mapHalves(s string, f func(c, next rune) (text string, both bool)) string {
	var b strings.Builder
	for done := 0; done < len(s); {
		i := strings.IndexByte(s[done:], 0xED)
		if i < 0 {
			b.WriteString(s[done:])
			break
		}
		b.WriteString(s[done : done+i])
		done += i
		c, size := decode(s[done:])
		if !isHalf(c) {
			b.WriteString(s[done : done+size])
			done += size
			continue
		}
		next, nextSize := decode(s[done+size:])
		text, both := f(c, next)
		if done += size; both {
			done += nextSize
		}
		b.WriteString(text)
	}
	return b.String()
}

// compareText orders by UTF-16 units: what takes two of them comes before U+E000.
func compareText(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	for i > 0 && (i < len(a) && !utf8.RuneStart(a[i]) || i < len(b) && !utf8.RuneStart(b[i])) {
		i-- // the two differ within a character
	}
	c, n := decode(a[i:])
	d, m := decode(b[i:])
	switch {
	case n == 0 || m == 0:
		return cmp.Compare(n, m)
	case c > 0xFFFF == (d > 0xFFFF):
		return cmp.Compare(c, d)
	}
	return cmp.Compare(firstUnit(c), firstUnit(d))
}

func firstUnit(c rune) rune {
	if c > 0xFFFF {
		c, _ = utf16.EncodeRune(c)
	}
	return c
}

// length16 counts as JavaScript does, in UTF-16 units.
func length16(s string) int {
	n := 0
	for _, c := range s {
		n++
		if c > 0xFFFF {
			n++
		}
	}
	if hasHalves(s) { // each of which has just counted as three
		mapHalves(s, func(rune, rune) (string, bool) { n -= 2; return "", false })
	}
	return n
}

// cut gives the UTF-16 units from start to end of s, where 0 <= start.
func cut(s string, start, end int) string {
	if start >= end || start < 0 {
		return ""
	}
	head, from := prefix16(s, start)
	rest := s[from:]
	if head != "" { // half of a character lies in front of start
		start++
		head = head[3:]
	}
	if end < start {
		return head
	}
	tail, to := prefix16(rest, end-start)
	if tail != "" {
		tail = tail[:3]
		to -= 4
	}
	return head + rest[:to] + tail
}

// prefix16 gives the byte offset behind n units. Where that is in the middle of a character, the
// offset is behind it, and halves are its two halves.
func prefix16(s string, n int) (halves string, offset int) {
	for n > 0 && offset < len(s) {
		c, size := decode(s[offset:])
		offset += size
		if n--; c > 0xFFFF {
			if n--; n < 0 {
				high, low := utf16.EncodeRune(c)
				return halfText(high) + halfText(low), offset
			}
		}
	}
	return "", offset
}

// chars splits text into UTF-16 units.
func chars(s string) []any {
	list := make([]any, 0, utf8.RuneCountInString(s))
	for i := 0; i < len(s); {
		c, size := decode(s[i:])
		if c > 0xFFFF {
			high, low := utf16.EncodeRune(c)
			list = append(list, halfText(high), halfText(low))
		} else {
			list = append(list, s[i:i+size])
		}
		i += size
	}
	return list
}
