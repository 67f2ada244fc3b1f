package workspace

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold gives the form in which two names are the same somewhere: composed, whatever they
// were written as, and without case.
func fold(name string) string { return norm.NFC.String(caseFold(norm.NFD.String(name))) }

// caseFold does Unicode's full case folding
// (https://www.unicode.org/Public/UCD/latest/ucd/CaseFolding.txt, C and F) of decomposed
// text. The package golang.org/x/text/cases does it too, but links the languages of the
// world for it, 0.2 MB.
func caseFold(decomposed string) string {
	var b strings.Builder
	for _, c := range decomposed {
		switch long := folded[c]; {
		case long != "":
			b.WriteString(long)
		case c == 'ı': // its capital is also that of "i"
			b.WriteRune(c)
		case unicode.Is(unicode.Cherokee, c): // was all capitals for long: folding goes there
			b.WriteRune(unicode.ToUpper(c))
		default: // by the capital, which several small letters may share
			b.WriteRune(unicode.ToLower(unicode.ToUpper(c)))
		}
	}
	return b.String()
}

// folded are the letters that become several.
var folded = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'ŉ': "ʼn", 'ẚ': "aʾ", 'և': "եւ",
	'ﬀ': "ff", 'ﬁ': "fi", 'ﬂ': "fl", 'ﬃ': "ffi", 'ﬄ': "ffl", 'ﬅ': "st", 'ﬆ': "st",
	'ﬓ': "մն", 'ﬔ': "մե", 'ﬕ': "մի", 'ﬖ': "վն", 'ﬗ': "մխ",
}
