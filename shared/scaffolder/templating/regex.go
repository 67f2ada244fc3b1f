package templating

import (
	"regexp"
	"strings"
)

// pattern is a regular expression. Go's engine runs in time linear in the text; what it
// lacks (backreferences, look-around) is refused when the pattern is read.
type pattern struct {
	source, flags string
	re            *regexp.Regexp
}

func (p *pattern) global() bool { return strings.Contains(p.flags, "g") }

// maxPattern bounds what compiling and running one pattern can cost, in bytes.
const maxPattern = 1000

func (r *run) compile(at int, source, flags string) *pattern {
	key := flags + "/" + source
	if p, there := r.regexes[key]; there {
		return p
	}
	if len(source) > maxPattern {
		failLimit(at, "a regular expression is too long (limit %d bytes)", maxPattern)
	}
	r.budget.alloc(at, 20_000) // an upper guess that makes thousands of patterns impossible
	mode := ""
	for _, flag := range []string{"i", "m"} {
		if strings.Contains(flags, flag) {
			mode += flag
		}
	}
	text := goPattern(source)
	if mode != "" {
		text = "(?" + mode + ")" + text
	}
	re, err := regexp.Compile(text)
	if err != nil {
		fail(at, "this regular expression is not supported: look-around and backreferences are not, for instance")
	}
	p := &pattern{source: source, flags: flags, re: re}
	if r.regexes == nil {
		r.regexes = map[string]*pattern{}
	}
	r.regexes[key] = p
	return p
}

// goPattern writes JavaScript's \/ and \uXXXX and its (?<name> groups as Go spells them.
func goPattern(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		rest := s[i:]
		switch {
		case strings.HasPrefix(rest, `\/`):
			b.WriteByte('/')
			i++
		case strings.HasPrefix(rest, `\-`):
			b.WriteString(`\-`)
			i++
		case strings.HasPrefix(rest, `\u`) && len(rest) >= 6:
			b.WriteString(`\x{` + rest[2:6] + `}`)
			i += 5
		case rest[0] == '\\' && len(rest) > 1:
			b.WriteString(rest[:2])
			i++
		default:
			b.WriteByte(rest[0])
		}
	}
	return b.String()
}

// match accounts for one run of the pattern over a text.
func (p *pattern) match(r *run, at int, text string) {
	r.budget.spend(at, 1+int64(len(text))*int64(1+len(p.source)/8)/2)
}

// all finds every match, and no more of them than there is memory left for.
func (p *pattern) all(r *run, at int, text string) [][]int {
	each := int64(256 + 32*p.re.NumSubexp()) // with what appending to the list leaves behind
	most := (r.budget.limits.Scratch - r.budget.scratch) / each
	matches := p.re.FindAllStringSubmatchIndex(text, int(most)+1)
	r.budget.alloc(at, each*int64(len(matches)))
	return matches
}

// split is String.prototype.split with this pattern.
func (p *pattern) split(r *run, at int, text string) []any {
	p.match(r, at, text)
	var parts []any
	last := 0
	for _, m := range p.all(r, at, text) {
		if m[1] == 0 || m[0] == m[1] && m[0] == len(text) {
			continue
		}
		r.budget.elements(at, 2)
		parts = append(parts, text[last:m[0]])
		last = m[1]
	}
	return append(parts, text[last:])
}

// replace is String.prototype.replace with this pattern.
func (p *pattern) replace(r *run, at int, text, with string) string {
	p.match(r, at, text)
	var matches [][]int
	if p.global() {
		matches = p.all(r, at, text)
	} else if m := p.re.FindStringSubmatchIndex(text); m != nil {
		matches = [][]int{m}
	}
	var out strings.Builder
	last := 0
	for _, m := range matches {
		piece := expand(with, text, m)
		r.budget.text(at, int64(m[0]-last+len(piece)))
		out.WriteString(text[last:m[0]])
		out.WriteString(piece)
		last = m[1]
	}
	r.budget.text(at, int64(len(text)-last))
	out.WriteString(text[last:])
	return out.String()
}

// expand fills $1, $& and $$ in a replacement.
func expand(with, text string, m []int) string {
	if !strings.Contains(with, "$") {
		return with
	}
	var b strings.Builder
	for i := 0; i < len(with); i++ {
		if with[i] != '$' || i+1 == len(with) {
			b.WriteByte(with[i])
			continue
		}
		switch next := with[i+1]; {
		case next == '$':
			b.WriteByte('$')
			i++
		case next == '&':
			b.WriteString(text[m[0]:m[1]])
			i++
		case next >= '1' && next <= '9' && 2*int(next-'0')+1 < len(m):
			if g := 2 * int(next-'0'); m[g] >= 0 {
				b.WriteString(text[m[g]:m[g+1]])
			}
			i++
		default:
			b.WriteByte('$')
		}
	}
	return b.String()
}
