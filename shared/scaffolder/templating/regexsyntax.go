package templating

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// translation writes a regular expression of JavaScript (without the flags u and v, so by Annex B
// of ECMA-262) as Go spells it. A text that is no regular expression at all makes it panic with
// badPattern; what Go's engine can't run is noted.
type translation struct {
	src         string
	pos         int
	out         strings.Builder
	names       []string
	groups      int
	named       bool
	depth       int
	unsupported bool
	looksBehind bool
}

type badPattern string

//go:noinline
func (t *translation) bad(why string) { panic(badPattern(why)) }

// checkPattern says what is wrong with a regular expression, "" when nothing is.
func checkPattern(source string) (problem string) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case badPattern:
			problem = string(v)
		default:
			panic(v)
		}
	}()
	translate(source)
	return ""
}

func translate(source string) *translation {
	t := &translation{src: source}
	t.countGroups()
	t.alternatives()
	if t.pos < len(t.src) {
		t.bad(`")" without "("`)
	}
	return t
}

// countGroups is done first: what \1 means depends on how many groups there are.
func (t *translation) countGroups() {
	class := false
	for i := 0; i < len(t.src); i++ {
		switch t.src[i] {
		case '\\':
			i++
		case '[':
			class = true
		case ']':
			class = false
		case '(':
			if class {
				continue
			}
			rest := t.src[i+1:]
			isNamed := strings.HasPrefix(rest, "?<") && !strings.HasPrefix(rest, "?<=") && !strings.HasPrefix(rest, "?<!")
			t.named = t.named || isNamed
			if isNamed || !strings.HasPrefix(rest, "?") {
				t.groups++
			}
		}
	}
}

func (t *translation) rest() string { return t.src[t.pos:] }

func (t *translation) skip(s string) bool {
	if !strings.HasPrefix(t.rest(), s) {
		return false
	}
	t.pos += len(s)
	return true
}

func (t *translation) alternatives() {
	if t.depth++; t.depth > 100 {
		t.unsupported = true
	}
	defer func() { t.depth-- }()
	for t.pos < len(t.src) {
		switch t.src[t.pos] {
		case ')':
			return
		case '|':
			t.pos++
			t.out.WriteByte('|')
		default:
			t.term()
		}
	}
}

// term reads an assertion, or an atom with its quantifier.
func (t *translation) term() {
	switch {
	case t.skip("^"):
		t.looksBehind = true
		t.out.WriteByte('^')
	case t.skip("$"):
		t.out.WriteByte('$')
	case t.skip(`\b`):
		t.looksBehind = true
		t.out.WriteString(`\b`)
	case t.skip(`\B`):
		t.looksBehind = true
		t.out.WriteString(`\B`)
	case t.skip("(?<=") || t.skip("(?<!"):
		t.lookAround()
	case t.skip("(?=") || t.skip("(?!"):
		t.lookAround()
		t.quantifier()
	default:
		t.atom()
		t.quantifier()
		return
	}
	if q := t.pos < len(t.src) && strings.IndexByte("*+?", t.src[t.pos]) >= 0; q || bounds.MatchString(t.rest()) {
		t.bad("nothing to repeat")
	}
}

func (t *translation) lookAround() {
	t.unsupported = true
	t.alternatives()
	t.close()
}

func (t *translation) close() {
	if !t.skip(")") {
		t.bad(`expected ")"`)
	}
}

func (t *translation) atom() {
	switch c := t.src[t.pos]; {
	case t.skip("("):
		t.group()
	case t.skip("["):
		t.class()
	case t.skip("."):
		t.out.WriteString(`[^\n\r\x{2028}\x{2029}]`)
	case t.skip(`\`):
		t.escape()
	case strings.IndexByte("*+?", c) >= 0 || bounds.MatchString(t.rest()):
		t.bad("nothing to repeat")
	default:
		t.literal(t.character())
	}
}

// character takes the next character as it is.
func (t *translation) character() rune {
	c, size := utf8.DecodeRuneInString(t.rest())
	t.pos += size
	return c
}

func (t *translation) literal(c rune) {
	if c >= 0xD800 && c < 0xE000 {
		t.unsupported = true // half a character
		return
	}
	t.out.WriteString(regexp.QuoteMeta(string(c)))
}

func (t *translation) group() {
	switch {
	case t.skip("?:"):
		t.out.WriteString("(?:")
	case t.skip("?<"):
		t.groupName()
		t.out.WriteByte('(')
	case t.skip("?"):
		t.bad("unknown kind of group")
	default:
		t.names = append(t.names, "")
		t.out.WriteByte('(')
	}
	t.alternatives()
	t.close()
	t.out.WriteByte(')')
}

var groupName = lazyregexp.New(`^[\pL\p{Nl}$_][\pL\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}$_]*>`)

func (t *translation) groupName() {
	name := groupName.FindString(t.rest())
	if name == "" || slices.Contains(t.names, name[:len(name)-1]) {
		t.bad("a group needs a name of its own")
	}
	t.pos += len(name)
	t.names = append(t.names, name[:len(name)-1])
}

// bounds is a quantifier in braces. Anything else in braces stands for itself.
var bounds = lazyregexp.New(`^\{(\d+)(?:,(\d*))?\}`)

// mostRepeats is what Go's engine takes.
const mostRepeats = 1000

func (t *translation) quantifier() {
	if t.pos >= len(t.src) {
		return
	}
	if c := t.src[t.pos]; strings.IndexByte("*+?", c) >= 0 {
		t.pos++
		t.out.WriteByte(c)
	} else if m := bounds.FindStringSubmatch(t.rest()); m != nil {
		least, err := strconv.Atoi(m[1])
		most, errMost := least, error(nil)
		if m[2] != "" {
			most, errMost = strconv.Atoi(m[2])
		}
		if err == nil && errMost == nil && least > most {
			t.bad("numbers out of order in braces")
		}
		t.unsupported = t.unsupported || err != nil || errMost != nil || max(least, most) > mostRepeats
		t.pos += len(m[0])
		t.out.WriteString(m[0])
	} else {
		return
	}
	if t.skip("?") {
		t.out.WriteByte('?')
	}
	if t.pos < len(t.src) && strings.IndexByte("*+?", t.src[t.pos]) >= 0 || bounds.MatchString(t.rest()) {
		t.bad("nothing to repeat")
	}
}

// escape reads what follows a backslash outside of brackets.
func (t *translation) escape() {
	if t.pos == len(t.src) {
		t.bad("a backslash at the end")
	}
	c := t.src[t.pos]
	if set := escapedSet(c); set != "" {
		t.pos++
		t.out.WriteString("[" + set + "]")
		return
	}
	if c == 'k' && t.named {
		t.nameReference()
		return
	}
	if c >= '1' && c <= '9' {
		n := 0
		for i := t.pos; i < len(t.src) && isDigit(t.src[i]) && n <= t.groups; i++ {
			n = 10*n + int(t.src[i]-'0')
		}
		if n <= t.groups {
			t.unsupported = true
			t.pos += len(strconv.Itoa(n))
			return
		}
	}
	t.literal(t.escapedCharacter(false))
}

func (t *translation) nameReference() {
	t.unsupported = true
	t.pos++
	name, _, _ := strings.Cut(strings.TrimPrefix(t.rest(), "<"), ">")
	if !t.skip("<"+name+">") || !strings.Contains(t.src, "(?<"+name+">") {
		t.bad("a reference to no group")
	}
}

// escapedCharacter reads the character that an escape stands for.
func (t *translation) escapedCharacter(class bool) rune {
	c := t.character()
	switch c {
	case 't', 'n', 'v', 'f', 'r':
		return rune("\t\n\v\f\r"[strings.IndexRune("tnvfr", c)])
	case 'x':
		return t.hex(2, c)
	case 'u':
		return t.codeUnit(c)
	case 'c':
		if rest := t.rest(); rest != "" && (isLetter(rest[0]) || class && (isDigit(rest[0]) || rest[0] == '_')) {
			t.pos++
			return rune(rest[0] % 32)
		}
		t.pos-- // a backslash that stands for itself, and then the c
		return '\\'
	}
	if c >= '0' && c <= '7' {
		return t.octal(c)
	}
	return c
}

func (t *translation) hex(size int, otherwise rune) rune {
	if rest := t.rest(); len(rest) >= size {
		if n, err := strconv.ParseUint(rest[:size], 16, 32); err == nil {
			t.pos += size
			return rune(n)
		}
	}
	return otherwise
}

// codeUnit reads XXXX, and a second \uXXXX when the two make one character.
func (t *translation) codeUnit(otherwise rune) rune {
	c := t.hex(4, otherwise)
	if c < 0xD800 || c >= 0xDC00 || !strings.HasPrefix(t.rest(), `\u`) {
		return c
	}
	saved := t.pos
	t.pos += 2
	if low := t.hex(4, 0); low >= 0xDC00 && low < 0xE000 {
		return 0x10000 + (c-0xD800)<<10 + low - 0xDC00
	}
	t.pos = saved
	return c
}

// octal reads up to two more digits of \0 to \377.
func (t *translation) octal(c rune) rune {
	n := c - '0'
	for range 2 {
		rest := t.rest()
		if rest == "" || rest[0] < '0' || rest[0] > '7' || n*8+rune(rest[0]-'0') > 0o377 {
			break
		}
		n = n*8 + rune(rest[0]-'0')
		t.pos++
	}
	return n
}

// notSpace is \S as JavaScript has it, within a character class.
const notSpace = `\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`

// escapedSet gives what an escape such as \d stands for within a character class, "" for others.
func escapedSet(c byte) string {
	switch c {
	case 'd', 'D', 'w', 'W':
		return `\` + string(c)
	case 's':
		return jsSpace
	case 'S':
		return notSpace
	}
	return ""
}

// class reads a character class behind its bracket.
func (t *translation) class() {
	negated := t.skip("^")
	var set strings.Builder
	for !t.skip("]") {
		if t.pos == len(t.src) {
			t.bad(`expected "]"`)
		}
		t.classItem(&set)
	}
	switch {
	case set.Len() == 0 && negated:
		t.out.WriteString(`(?s:.)`)
	case set.Len() == 0:
		t.out.WriteString(`[^\x{0}-\x{10ffff}]`)
	case negated:
		t.out.WriteString("[^" + set.String() + "]")
	default:
		t.out.WriteString("[" + set.String() + "]")
	}
}

// classItem reads a character, a set such as \d, or a range.
func (t *translation) classItem(set *strings.Builder) {
	low, named := t.classAtom()
	if named != "" || !strings.HasPrefix(t.rest(), "-") || strings.HasPrefix(t.rest(), "-]") || t.pos+1 == len(t.src) {
		t.put(set, low, low, named)
		return
	}
	t.pos++
	high, highNamed := t.classAtom()
	switch {
	case highNamed != "":
		t.put(set, low, low, "")
		t.put(set, '-', '-', "")
		t.put(set, 0, 0, highNamed)
	case low > high:
		t.bad("a range out of order")
	default:
		t.put(set, low, high, "")
	}
}

func (t *translation) classAtom() (c rune, set string) {
	if !t.skip(`\`) {
		return t.character(), ""
	}
	if t.pos == len(t.src) {
		t.bad("a backslash at the end")
	}
	if set := escapedSet(t.src[t.pos]); set != "" {
		t.pos++
		return 0, set
	}
	if t.skip("b") {
		return '\b', ""
	}
	return t.escapedCharacter(true), ""
}

func (t *translation) put(set *strings.Builder, low, high rune, named string) {
	if named != "" {
		set.WriteString(named)
		return
	}
	if low >= 0xD800 && low < 0xE000 || high >= 0xD800 && high < 0xE000 {
		t.unsupported = true // half a character
		return
	}
	fmt.Fprintf(set, `\x{%x}-\x{%x}`, low, high)
}
