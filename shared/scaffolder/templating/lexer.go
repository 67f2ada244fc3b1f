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
	delimiters               = "()[]{}%*-+~/#,:|.<>=!"
)

// lexer reads one token at a time, so that a long template needs no token list.
type lexer struct {
	src      string
	pos      int
	budget   *budget
	syntax   Syntax
	varStart string

	inside   tokenKind // tokBlockStart or tokVarStart while within a tag
	opened   int       // where that tag began
	trimNext bool      // the last tag ended in "-": drop white space in front of the next text
	cutLine  bool      // the last tag was a block: trimBlocks drops one line break
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
	rest := l.src[end:]
	for _, mark := range []string{l.varStart, blockStart, commentStart} {
		if strings.HasPrefix(rest, mark+"-") {
			return strings.TrimRightFunc(text, isSpace)
		}
	}
	if !l.syntax.LstripBlocks || !strings.HasPrefix(rest, blockStart) {
		return text
	}
	start, line := end-len(text), strings.LastIndexByte(l.src[:end], '\n')+1
	if line < start || strings.TrimFunc(l.src[line:end], isSpace) != "" {
		return text // something else stands on this line in front of the tag
	}
	return text[:line-start]
}

// raw reads the text up to the end tag of a raw block that has just been opened.
func (l *lexer) raw(name string, at int) string {
	start, depth := l.pos, 1
	for i := start; i < len(l.src); {
		j := strings.Index(l.src[i:], blockStart)
		if j < 0 {
			break
		}
		tag := i + j
		word, after := l.rawTag(tag)
		i = max(after, tag+len(blockStart))
		switch word {
		case name:
			depth++
		case "end" + name:
			depth--
		}
		if depth == 0 {
			l.pos = after
			return l.rawText(start, tag)
		}
	}
	fail(at, `expected "{%% end%s %%}" after "{%% %s %%}"`, name, name)
	return ""
}

// rawTag reads a tag of one word, without white space control: the word, and where the tag
// ends.
func (l *lexer) rawTag(at int) (word string, after int) {
	inner := at + len(blockStart)
	body, _, closed := strings.Cut(l.src[inner:min(len(l.src), inner+256)], blockEnd)
	if !closed {
		return "", 0
	}
	return strings.TrimFunc(body, isSpace), inner + len(body) + len(blockEnd)
}

// rawText takes the text as it is. Where the opening tag asks to drop white space behind it,
// that happens behind the end tag, as in Nunjucks.
func (l *lexer) rawText(start, end int) string {
	trim := l.trimNext
	l.trimNext = false
	text := l.trimStart(l.src[start:end])
	l.trimNext, l.cutLine = trim, true
	for _, mark := range []string{l.varStart, blockStart, commentStart} {
		if strings.HasPrefix(l.src[l.pos:], mark+"-") {
			return strings.TrimRightFunc(text, isSpace)
		}
	}
	return text
}

func (l *lexer) tagToken() token {
	for l.pos < len(l.src) && isSpaceByte(l.src[l.pos]) {
		l.pos++
	}
	if l.pos >= len(l.src) {
		fail(l.opened, "this tag is never closed: expected %q", l.closing())
	}
	if t, ended := l.close(); ended {
		return t
	}
	c := l.src[l.pos]
	switch {
	case c == '"' || c == '\'':
		return l.str(c)
	case c == 'r' && strings.HasPrefix(l.src[l.pos:], "r/"):
		return l.regex()
	case strings.IndexByte(delimiters, c) >= 0:
		return l.operator()
	case c >= '0' && c <= '9':
		return l.number()
	}
	return l.name()
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
	l.inside = tokEOF
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
	i := at + 2
	for ; i < len(l.src) && l.src[i] != '/'; i++ {
		if l.src[i] == '\\' {
			i++
		}
	}
	if i >= len(l.src) {
		fail(at, `this regular expression is never closed: expected "/"`)
	}
	t := token{kind: tokRegex, at: at, text: l.src[at+2 : i]}
	for i++; i < len(l.src) && strings.IndexByte("gimy", l.src[i]) >= 0; i++ {
		t.flags += l.src[i : i+1]
		if len(t.flags) > 4 {
			fail(at, "too many flags after this regular expression")
		}
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
	return t
}

func (l *lexer) number() token {
	at, i := l.pos, l.pos
	digits := func() {
		for i < len(l.src) && l.src[i] >= '0' && l.src[i] <= '9' {
			i++
		}
	}
	digits()
	if i+1 < len(l.src) && l.src[i] == '.' && l.src[i+1] >= '0' && l.src[i+1] <= '9' {
		i++
		digits()
	} else if i < len(l.src) && l.src[i] == '.' {
		fail(at, "%q is not a number; a member of a number is written (1).name", shorten(l.src[at:i+1]))
	}
	if r, _ := utf8.DecodeRuneInString(l.src[i:]); unicode.IsLetter(r) || r == '_' {
		fail(at, "%q is not a number: only digits and one decimal point are", shorten(l.src[at:i+1]))
	}
	l.pos = i
	n, _ := strconv.ParseFloat(l.src[at:i], 64) // digits only: at worst ±Inf, as in JavaScript
	return token{kind: tokNumber, at: at, num: n, text: l.src[at:i]}
}

// strangers are characters of other languages, with what this one has instead.
var strangers = map[rune]string{
	'?': `a choice is written "a if condition else b"`, '&': `write "and"`, ';': "expressions end with their tag", '`': `text stands in " or '`, '“': `text stands in " or '`, '’': `text stands in " or '`,
	'\u00a0': "this is a non-breaking space", '^': `a power is written "**"`, '@': "variables have no sign in front",
}

func (l *lexer) name() token {
	at, i := l.pos, l.pos
	for i < len(l.src) {
		r, size := utf8.DecodeRuneInString(l.src[i:])
		if r != '_' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		i += size
	}
	if i == at {
		r, _ := utf8.DecodeRuneInString(l.src[at:])
		failHint(at, strangers[r], "unexpected character %q", r)
	}
	l.pos = i
	return token{kind: tokName, at: at, text: l.src[at:i]}
}

func isSpaceByte(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'
}

// isSpace is JavaScript's \s.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) && r != 0x85 || r == 0xFEFF
}
