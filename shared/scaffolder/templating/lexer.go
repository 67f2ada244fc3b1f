package templating

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokText
	tokBlockStart
	tokBlockEnd
	tokVarStart
	tokVarEnd
	tokString
	tokNumber
	tokName
	tokRegex
	tokOp
)

type token struct {
	kind  tokenKind
	at    int
	text  string // the text, name, operator, unescaped string, or pattern
	flags string // of a regex
	num   float64
}

// describe names the token in a message.
func (t token) describe() string {
	switch t.kind {
	case tokEOF:
		return "the end of the template"
	case tokBlockEnd:
		return `"%}"`
	case tokVarEnd:
		return `"}}"`
	case tokString:
		return "a string"
	case tokRegex:
		return "a regular expression"
	case tokNumber:
		return "number " + strconv.FormatFloat(t.num, 'g', -1, 64)
	}
	return strconv.Quote(shorten(t.text))
}

const (
	blockStart, blockEnd     = "{%", "%}"
	commentStart, commentEnd = "{#", "#}"
	varEnd                   = "}}"
	delimiters               = "()[]{}%*-+~/,:|.<>=!"
)

// lexer reads one token at a time, so that a long template needs no token list.
type lexer struct {
	src      string
	pos      int
	budget   *budget
	syntax   Syntax
	varStart string

	inside    tokenKind // tokBlockStart or tokVarStart while within a tag
	opened    int       // where that tag began
	trimNext  bool      // the last tag ended in "-": drop white space in front of the next text
	cutLine   bool      // the last tag was a block: trimBlocks drops one line break
	behindDot bool      // the last token was ".": names may begin with digits
}

func newLexer(src string, b *budget, s Syntax) *lexer {
	start := "${{"
	if s.Cookiecutter {
		start = "{{"
	}
	return &lexer{src: src, budget: b, syntax: s, varStart: start}
}

func (l *lexer) next() token {
	l.budget.spend(l.pos, 1)
	if l.inside != tokEOF {
		return l.tagToken()
	}
	for l.pos < len(l.src) {
		rest := l.src[l.pos:]
		switch {
		case strings.HasPrefix(rest, l.varStart):
			return l.open(tokVarStart, l.varStart)
		case strings.HasPrefix(rest, blockStart):
			return l.open(tokBlockStart, blockStart)
		case strings.HasPrefix(rest, commentStart):
			l.comment()
		default:
			if t := l.textToken(); t.text != "" {
				return t
			}
		}
	}
	return token{kind: tokEOF, at: l.pos}
}

func (l *lexer) open(kind tokenKind, mark string) token {
	t := token{kind: kind, at: l.pos}
	l.inside, l.opened, l.trimNext, l.cutLine = kind, l.pos, false, false
	l.pos += len(mark)
	if strings.HasPrefix(l.src[l.pos:], "-") {
		l.pos++
	}
	return t
}

func (l *lexer) comment() {
	body, _, closed := strings.Cut(l.src[l.pos+len(commentStart):], commentEnd)
	if !closed {
		fail(l.pos, `this comment is never closed: expected "#}"`)
	}
	l.pos += len(commentStart) + len(body) + len(commentEnd)
	l.trimNext, l.cutLine = strings.HasSuffix(body, "-"), false
}

// textToken reads up to the next tag. Its text is empty when white space control took all.
func (l *lexer) textToken() token {
	at := l.pos
	end := l.nextTag(at)
	l.pos = end
	text := l.src[at:end]
	if i := strings.Index(l.src[at:min(len(l.src), end+1)], commentEnd); i >= 0 {
		fail(at+i, `"#}" without a comment that it could end`)
	}
	text = l.trimStart(text)
	return token{kind: tokText, at: at, text: l.trimEnd(text, end)}
}

// nextTag finds where the next tag or comment begins.
func (l *lexer) nextTag(from int) int {
	for i := from; i < len(l.src); i++ {
		c := l.src[i]
		if c != '{' && c != l.varStart[0] {
			continue
		}
		rest := l.src[i:]
		if strings.HasPrefix(rest, l.varStart) || strings.HasPrefix(rest, blockStart) || strings.HasPrefix(rest, commentStart) {
			return i
		}
	}
	return len(l.src)
}

func (l *lexer) trimStart(text string) string {
	if l.cutLine && l.syntax.TrimBlocks {
		if strings.HasPrefix(text, "\r\n") {
			text = text[2:]
		} else {
			text = strings.TrimPrefix(text, "\n")
		}
	}
	if l.trimNext {
		text = strings.TrimLeftFunc(text, isSpace)
	}
	l.trimNext, l.cutLine = false, false
	return text
}

func (l *lexer) trimEnd(text string, end int) string {
	if l.trimsBefore(end) {
		return strings.TrimRightFunc(text, isSpace)
	}
	if !l.syntax.LstripBlocks || !strings.HasPrefix(l.src[end:], blockStart) {
		return text
	}
	start, line := end-len(text), strings.LastIndexByte(l.src[:end], '\n')+1
	if line < start || strings.TrimFunc(l.src[line:end], isSpace) != "" {
		return text // something else stands on this line in front of the tag
	}
	return text[:line-start]
}

// trimsBefore reports whether the tag at a place drops the white space in front of it.
func (l *lexer) trimsBefore(tag int) bool {
	for _, mark := range []string{l.varStart, blockStart, commentStart} {
		if strings.HasPrefix(l.src[tag:], mark+"-") {
			return true
		}
	}
	return false
}

func (l *lexer) tagToken() token {
	l.skipBlanks()
	if l.pos >= len(l.src) {
		fail(l.opened, "this tag is never closed: expected %q", l.closing())
	}
	if t, ended := l.close(); ended {
		return t
	}
	behindDot := l.behindDot
	l.behindDot = false
	c := l.src[l.pos]
	switch {
	case c == '"' || c == '\'':
		return l.str(c)
	case c == 'r' && strings.HasPrefix(l.src[l.pos:], "r/"):
		return l.regex()
	case strings.IndexByte(delimiters, c) >= 0:
		return l.operator()
	case isDigit(c) && !(behindDot && l.digitName()):
		return l.number()
	}
	return l.name()
}

// skipBlanks skips what separates tokens: of all white space only these five characters.
func (l *lexer) skipBlanks() {
	for l.pos < len(l.src) {
		switch rest := l.src[l.pos:]; {
		case strings.IndexByte(" \n\t\r", rest[0]) >= 0:
			l.pos++
		case strings.HasPrefix(rest, "\u00a0"):
			l.pos += len("\u00a0")
		default:
			return
		}
	}
}

func (l *lexer) closing() string {
	if l.inside == tokVarStart {
		return varEnd
	}
	return blockEnd
}

func (l *lexer) close() (token, bool) {
	mark, rest := l.closing(), l.src[l.pos:]
	trim := strings.HasPrefix(rest, "-"+mark)
	if !trim && !strings.HasPrefix(rest, mark) {
		return token{}, false
	}
	t := token{kind: tokVarEnd, at: l.pos}
	if l.inside == tokBlockStart {
		t.kind = tokBlockEnd
	}
	l.pos += len(mark)
	if trim {
		l.pos++
	}
	l.trimNext, l.cutLine = trim, l.inside == tokBlockStart
	l.inside, l.behindDot = tokEOF, false
	return t, true
}

func (l *lexer) str(quote byte) token {
	at := l.pos
	var text strings.Builder
	for l.pos++; l.pos < len(l.src); l.pos++ {
		c := l.src[l.pos]
		switch {
		case c == quote:
			l.pos++
			l.budget.text(at, int64(text.Len()))
			return token{kind: tokString, at: at, text: text.String()}
		case c == '\\' && l.pos+1 < len(l.src):
			l.pos++
			text.WriteByte(unescape(l.src[l.pos]))
		default:
			text.WriteByte(c)
		}
	}
	fail(at, "this string is never closed: expected %c", quote)
	return token{}
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	}
	return c
}

func (l *lexer) regex() token {
	at := l.pos
	slashes := 0 // backslashes right in front of i
	i := at + 2
	for ; i < len(l.src) && (l.src[i] != '/' || slashes > 0); i++ {
		switch {
		case l.src[i] == '\\':
			slashes++
			continue
		case l.src[i] == '/' && slashes%2 == 0:
			fail(i, `in a regular expression, "/" stands behind one backslash, not behind several`)
		}
		slashes = 0
	}
	if i >= len(l.src) {
		fail(at, `this regular expression is never closed: expected "/"`)
	}
	t := token{kind: tokRegex, at: at, text: l.src[at+2 : i]}
	if len(t.text) > maxPattern {
		failLimit(at, "a regular expression is too long (limit %d bytes)", maxPattern)
	}
	l.budget.spend(at, 1+int64(len(t.text)))
	if problem := checkPattern(t.text); problem != "" {
		fail(at, "this is no regular expression: %s", problem)
	}
	for i++; i < len(l.src) && isLetter(l.src[i]); i++ {
		flag := l.src[i : i+1]
		if !strings.Contains("gimy", flag) || strings.Contains(t.flags, flag) {
			fail(i, "a regular expression takes the flags g, i, m and y, each once")
		}
		t.flags += flag
	}
	l.pos = i
	return t
}

func (l *lexer) operator() token {
	for _, op := range []string{"===", "!==", "==", "!=", "<=", ">=", "//", "**"} {
		if strings.HasPrefix(l.src[l.pos:], op) {
			t := token{kind: tokOp, at: l.pos, text: op}
			l.pos += len(op)
			return t
		}
	}
	t := token{kind: tokOp, at: l.pos, text: l.src[l.pos : l.pos+1]}
	l.pos++
	l.behindDot = t.text == "."
	return t
}

func (l *lexer) number() token {
	at, i := l.pos, l.pos
	digits := func() {
		for i < len(l.src) && isDigit(l.src[i]) {
			i++
		}
	}
	digits()
	if i < len(l.src) && l.src[i] == '.' {
		i++
		digits()
	}
	if i < len(l.src) && (isLetter(l.src[i]) || l.src[i] == '_') {
		fail(at, "%q is not a number: only digits and one decimal point are", shorten(l.src[at:i+1]))
	}
	l.pos = i
	n, _ := strconv.ParseFloat(l.src[at:i], 64) // digits only: at worst ±Inf, as in JavaScript
	return token{kind: tokNumber, at: at, num: n, text: l.src[at:i]}
}

// digitName reports whether a name that begins with digits stands here.
func (l *lexer) digitName() bool {
	rest := strings.TrimLeft(l.src[l.pos:], "0123456789")
	return rest != "" && (isLetter(rest[0]) || rest[0] == '_')
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// strangers are characters of other languages, with what this one has instead.
var strangers = map[rune]string{
	'?': `a choice is written "a if condition else b"`, '&': `write "and"`, ';': "expressions end with their tag", '`': `text stands in " or '`, '“': `text stands in " or '`, '’': `text stands in " or '`,
	'^': `a power is written "**"`, '@': "variables have no sign in front",
}

func (l *lexer) name() token {
	at, i := l.pos, l.pos
	for i < len(l.src) && (l.src[i] == '_' || isLetter(l.src[i]) || isDigit(l.src[i])) {
		i++
	}
	if i == at {
		r, _ := utf8.DecodeRuneInString(l.src[at:])
		failHint(at, strangers[r], "unexpected character %q", r)
	}
	l.pos = i
	return token{kind: tokName, at: at, text: l.src[at:i]}
}

// isSpace is JavaScript's \s.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) && r != 0x85 || r == 0xFEFF
}
