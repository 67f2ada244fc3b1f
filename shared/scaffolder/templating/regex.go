package templating

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// pattern is a regular expression. Go's engine runs in time linear in the text; what it
// lacks (backreferences, look-around) is refused when the pattern is used.
type pattern struct {
	source, flags string
	*matcher
	last int // where a pattern with g or y goes on, in UTF-16 units
}

// matcher is what a pattern is compiled to.
type matcher struct {
	re *regexp.Regexp
	// behind matches one character, then anything, then the pattern as its first group: for
	// patterns that look at what stands in front of them. Nil for all others.
	behind *regexp.Regexp
	names  []string // of the groups, from 1; "" for those without
}

// maxPattern bounds what compiling and running one pattern can cost, in bytes.
const maxPattern = 1000

func (r *run) compile(at int, source, flags string) *pattern {
	p := &pattern{source: source, flags: flags}
	mode := ""
	for _, flag := range []string{"i", "m"} {
		if strings.Contains(flags, flag) {
			mode += flag
		}
	}
	key := mode + "/" + source
	if m, there := r.regexes[key]; there {
		p.matcher = m
		return p
	}
	r.budget.alloc(at, 40_000) // an upper guess that makes thousands of patterns impossible
	p.matcher = newMatcher(at, source, mode)
	if r.regexes == nil {
		r.regexes = map[string]*matcher{}
	}
	r.regexes[key] = p.matcher
	return p
}

func newMatcher(at int, source, mode string) *matcher {
	t := translate(source)
	text := "(?" + mode + ":" + t.out.String() + ")"
	re, err := regexp.Compile(text)
	if t.unsupported || err != nil {
		fail(at, "this regular expression is not supported: look-around and backreferences are not, for instance")
	}
	m := &matcher{re: re, names: t.names}
	if t.looksBehind {
		if m.behind, err = regexp.Compile(`^(?s:.)(?s:.*?)(` + text + `)`); err != nil {
			fail(at, "this regular expression is not supported: it is too large")
		}
	}
	return m
}

func (p *pattern) has(flag string) bool { return strings.Contains(p.flags, flag) }

// text is how JavaScript prints the pattern.
func (p *pattern) text() string {
	source := p.source
	if source == "" {
		source = "(?:)"
	}
	for _, c := range "\n\r\u2028\u2029" {
		escape := map[rune]string{'\n': `\n`, '\r': `\r`}[c]
		if escape == "" {
			escape = fmt.Sprintf(`\u%04x`, c)
		}
		source = strings.ReplaceAll(source, string(c), escape)
	}
	return "/" + source + "/" + p.flags
}

// runeReader counts how much of a text a search has looked at.
type runeReader struct {
	text  string
	seen  int
	spend func()
}

// ReadRune gives the next character.
func (r *runeReader) ReadRune() (rune, int, error) {
	c, size := utf8.DecodeRuneInString(r.text)
	if size == 0 {
		return 0, 0, io.EOF
	}
	r.text = r.text[size:]
	if r.seen++; r.seen%64 == 0 {
		r.spend()
	}
	return c, size, nil
}

// shortSearch is up to what work a text is searched at once, as if to its end. A larger search,
// which may go on to the end for every match again, pays as it goes.
const shortSearch = 1024

// find gives the first match from the byte offset from on: the places of the match and its
// groups, -1 for those that do not take part. Nil means that there is none.
func (p *pattern) find(r *run, at int, text string, from int) []int {
	re, start := p.re, from
	if from > 0 && p.behind != nil {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		re, start = p.behind, from-size
	}
	weight := int64(1 + len(p.source)/8)
	rest := text[start:]
	var m []int
	if most := weight * int64(len(rest)); most <= shortSearch {
		r.budget.spend(at, 1+most/2)
		m = re.FindStringSubmatchIndex(rest)
	} else {
		m = re.FindReaderSubmatchIndex(&runeReader{text: rest, spend: func() { r.budget.spend(at, 32*weight) }})
	}
	if m == nil {
		return nil
	}
	if re == p.behind {
		m = m[2:]
	}
	for i := range m {
		if m[i] >= 0 {
			m[i] += start
		}
	}
	return m
}

// exec is find for a pattern with its flags: with y it matches in this very place.
func (p *pattern) exec(r *run, at int, text string, from int) []int {
	m := p.find(r, at, text, from)
	if m != nil && p.has("y") && m[0] != from {
		return nil
	}
	return m
}

// next is where to look on behind a match: behind an empty one, a character further.
func next(text string, m []int) int {
	if m[1] > m[0] {
		return m[1]
	}
	_, size := utf8.DecodeRuneInString(text[m[1]:])
	return m[1] + max(size, 1)
}

// test is RegExp.prototype.test.
func (p *pattern) test(r *run, at int, text string) bool {
	moves := p.has("g") || p.has("y")
	from := 0
	if moves {
		from = len(cut(text, 0, p.last))
	}
	var m []int
	if !moves || p.last <= length16(text) {
		m = p.exec(r, at, text, from)
	}
	p.move(moves, text, m)
	return m != nil
}

// move remembers where the pattern goes on.
func (p *pattern) move(moves bool, text string, m []int) {
	if !moves {
		return
	}
	if p.last = 0; m != nil {
		p.last = length16(text[:m[1]])
	}
}

// split is String.prototype.split with this pattern.
func (p *pattern) split(r *run, at int, text string) []any {
	if text == "" {
		if p.find(r, at, text, 0) != nil {
			return nil
		}
		return []any{text}
	}
	var parts []any
	last, from := 0, 0
	for from < len(text) {
		m := p.find(r, at, text, from)
		if m == nil || m[0] >= len(text) {
			break
		}
		if m[1] == last { // an empty match where the last one ended
			from = next(text, m)
			continue
		}
		r.budget.elements(at, len(m)+2)
		parts = append(parts, text[last:m[0]])
		for i := 2; i < len(m); i += 2 {
			parts = append(parts, group(text, m, i/2))
		}
		last, from = m[1], m[1]
	}
	return append(parts, text[last:])
}

// group gives what a group has matched.
func group(text string, m []int, n int) any {
	if m[2*n] < 0 {
		return Undefined{}
	}
	return text[m[2*n]:m[2*n+1]]
}

// matches gives every match with the flag g, and one at most without.
func (p *pattern) matches(r *run, at int, text string) [][]int {
	var list [][]int
	if !p.has("g") {
		from := 0
		if p.has("y") {
			from = len(cut(text, 0, p.last))
		}
		m := p.exec(r, at, text, from)
		p.move(p.has("y"), text, m)
		if m != nil {
			list = append(list, m)
		}
		return list
	}
	p.last = 0
	for from := 0; from <= len(text); {
		m := p.exec(r, at, text, from)
		if m == nil {
			break
		}
		r.budget.alloc(at, int64(64+16*len(m)))
		list = append(list, m)
		from = next(text, m)
	}
	return list
}

// replace is String.prototype.replace with this pattern.
func (p *pattern) replace(r *run, at int, text, with string) string {
	var out strings.Builder
	last := 0
	for _, m := range p.matches(r, at, text) {
		piece := r.expand(at, with, text, m, p.names)
		r.budget.text(at, int64(m[0]-last+len(piece)))
		out.WriteString(text[last:m[0]])
		out.WriteString(piece)
		last = m[1]
	}
	r.budget.text(at, int64(len(text)-last))
	out.WriteString(text[last:])
	return whole(out.String())
}

// expand fills what begins with "$" in a replacement: $$, $&, $`, $', $1 to $99 and $<name>.
func (r *run) expand(at int, with, text string, m []int, names []string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(with, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		value, size := substitute(rest, text, m, names)
		r.budget.text(at, int64(len(value)))
		b.WriteString(value)
		with = rest[size:]
	}
}

// substitute gives what stands for "$" and what follows it, and how much of that it takes.
func substitute(rest, text string, m []int, names []string) (value string, size int) {
	if rest == "" {
		return "$", 0
	}
	switch rest[0] {
	case '$':
		return "$", 1
	case '&':
		return text[m[0]:m[1]], 1
	case '`':
		return text[:m[0]], 1
	case '\'':
		return text[m[1]:], 1
	case '<':
		return namedGroup(rest, text, m, names)
	}
	for size := 2; size > 0; size-- {
		if n := digits(rest, size); n > 0 && n < len(m)/2 {
			value, _ := group(text, m, n).(string)
			return value, size
		}
	}
	return "$", 0
}

func namedGroup(rest, text string, m []int, names []string) (string, int) {
	name, _, closed := strings.Cut(rest[1:], ">")
	if !closed || !slices.ContainsFunc(names, func(n string) bool { return n != "" }) {
		return "$", 0
	}
	value := ""
	if i := slices.Index(names, name); i >= 0 && name != "" {
		value, _ = group(text, m, i+1).(string)
	}
	return value, len(name) + 2
}

// digits reads a number of that many digits, 0 when there is none.
func digits(s string, size int) int {
	if len(s) < size {
		return 0
	}
	n := 0
	for i := range size {
		if !isDigit(s[i]) {
			return 0
		}
		n = 10*n + int(s[i]-'0')
	}
	return n
}
