package templating

import (
	"math"

	"strings"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

func capitalize(r *run, at int, s string, _ []any) any { return r.capital(at, s) }

// capital gives a word with its first letter in upper case and the others in lower case.
func (r *run) capital(at int, word string) string {
	word = r.lower(at, word)
	_, size := decode(word)
	r.budget.text(at, int64(len(word)))
	return r.upper(at, word[:size]) + word[size:]
}

func title(r *run, at int, s string, _ []any) any {
	r.budget.elements(at, strings.Count(s, " ")+1)
	words := strings.Split(s, " ")
	for i, w := range words {
		words[i] = r.capital(at, w)
	}
	r.budget.text(at, 2*int64(len(s)))
	return strings.Join(words, " ")
}

func trim(r *run, at int, in any, _ []any) any {
	s := r.textOnly(at, in)
	r.budget.spend(at, 1+int64(len(s))/64)
	return likeInput(in, strings.TrimFunc(s, isSpace))
}

func stringFilter(r *run, at int, in any, _ []any) any {
	if in == nil || isUndefined(in) {
		fail(at, "this filter works on a value, not on %s", typeName(in))
	}
	return likeInput(in, r.str(at, in))
}

func nl2br(r *run, at int, in any, _ []any) any {
	if in == nil || isUndefined(in) {
		return ""
	}
	s := r.textOnly(at, in)
	return likeInput(in, r.replaceText(at, strings.ReplaceAll(s, "\r\n", "\n"), "\n", "<br />\n", -1))
}

// spaces makes n blanks, accounting for them first.
func (r *run) spaces(at int, n float64) string {
	if !(n > 0) {
		return ""
	}
	count := int64(min(n, 1e12))
	if float64(count) < n {
		count++
	}
	r.budget.text(at, count)
	return strings.Repeat(" ", int(count))
}

// center puts blanks around a value by its length; a value without one gets none.
func center(r *run, at int, in any, args []any) any {
	if missing(in) {
		in = ""
	}
	width := arg(args, 0)
	if !truthy(width) {
		width = 80.0
	}
	length := r.ownLength(at, in)
	if r.compare(at, ">=", length, width) {
		return in
	}
	free := r.num(at, width) - r.num(at, length)
	before, after := r.spaces(at, free/2-math.Mod(free, 2)), r.spaces(at, free/2)
	s := r.str(at, in)
	r.budget.text(at, int64(len(before)+len(s)+len(after)))
	return likeInput(in, before+s+after)
}

// ownLength is the member "length" of a value, if it has one.
func (r *run) ownLength(at int, v any) any {
	switch v.(type) {
	case nil, Undefined:
		return Undefined{}
	}
	return r.memberOf(at, v, "length")
}

func indent(r *run, at int, s string, args []any) any {
	if s == "" {
		return s
	}
	width := arg(args, 0)
	if !truthy(width) {
		width = 4.0
	}
	margin := r.spaces(at, r.num(at, width))
	out := r.replaceText(at, s, "\n", "\n"+margin, -1)
	if truthy(arg(args, 1)) {
		r.budget.text(at, int64(len(out)+len(margin)))
		out = margin + out
	}
	return out
}

// replaceText replaces up to most occurrences, or all when most is negative.
func (r *run) replaceText(at int, s, old, with string, most int) string {
	r.budget.spend(at, 1+int64(len(s))/16)
	n := strings.Count(s, old)
	if most >= 0 {
		n = min(n, most)
	}
	r.budget.text(at, int64(len(s))+int64(n)*int64(len(with)))
	return whole(strings.Replace(s, old, with, n))
}

func replaceFilter(r *run, at int, in any, args []any) any {
	s, isText := textOf(in)
	if p, isPattern := arg(args, 0).(*pattern); isPattern {
		if !isText {
			fail(at, "a regular expression works on text, not on %s", typeName(in))
		}
		fresh := *p
		fresh.last = 0
		return fresh.replace(r, at, s, r.str(at, arg(args, 1)))
	}
	if n, isNumber := in.(float64); isNumber {
		s, isText = numberText(n), true
	}
	old := arg(args, 0)
	switch old.(type) {
	case string, float64:
	default:
		return in
	}
	if !isText {
		return in
	}
	if _, marked := in.(safe); !marked {
		in = s
	}
	return likeInput(in, r.replaced(at, s, r.str(at, old), args))
}

// replaced works on a text that is plain, and so is what is looked for.
func (r *run) replaced(at int, s, old string, args []any) string {
	with := r.str(at, arg(args, 1))
	if old == "" {
		between := with
		if isUndefined(arg(args, 1)) {
			between = ","
		}
		inner := r.join(at, r.charList(at, s).items, between)
		r.budget.text(at, int64(len(inner)+2*len(with)))
		return whole(with + inner + with)
	}
	most := -1
	if m := given(args, 2, -1.0); m != -1.0 {
		most = max(clampInt(math.Ceil(r.num(at, m))), 0)
	}
	return r.replaceText(at, s, old, with, most)
}

func truncate(r *run, at int, in any, args []any) any {
	if missing(in) {
		in = ""
	}
	limit := arg(args, 0)
	if !truthy(limit) {
		limit = 255.0
	}
	if r.compare(at, "<=", r.ownLength(at, in), limit) {
		return in // whatever it is
	}
	s := r.textOnly(at, in)
	r.budget.text(at, 2*int64(len(s)))
	n := r.num(at, limit)
	head := cut(s, 0, max(clampInt(n), 0))
	if !truthy(arg(args, 1)) {
		within := s
		if !math.IsNaN(n) {
			within = cut(s, 0, max(clampInt(n), 0)+1)
		}
		if i := strings.LastIndex(within, " "); i >= 0 {
			head = s[:i]
		}
	}
	end := given(args, 2, "...")
	if end == nil {
		end = "..."
	}
	return likeInput(in, r.add(at, head, r.str(at, end)))
}

// jsSpace is \s as JavaScript has it, within a character class.
const jsSpace = `\s\v\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`

var (
	tagOrComment = lazyregexp.New(`(?i)</?([a-z][a-z0-9]*)\b[^>]*>|<!--(?s:.*?)-->`)
	whiteSpace   = lazyregexp.New(`[` + jsSpace + `]+`)
	word         = lazyregexp.New(`\w+`)
	lineEdges    = lazyregexp.New(`(\A|[\n\r\x{2028}\x{2029}]) +`)
	lineEnds     = lazyregexp.New(` +(\z|[\n\r\x{2028}\x{2029}])`)
	blanks       = lazyregexp.New(` +`)
	emptyLines   = lazyregexp.New(`\n\n\n+`)
)

// strippings is how often tags are taken out that only appear because others were.
const strippings = 8

func striptags(r *run, at int, s string, args []any) any {
	for n := 0; ; n++ {
		r.budget.spend(at, int64(len(s)))
		r.budget.text(at, 8*int64(len(s)))
		less := tagOrComment.ReplaceAllString(s, "")
		if less == s {
			break
		}
		if n == strippings {
			fail(at, "the text has tags within tags within tags")
		}
		s = less
	}
	s = strings.TrimFunc(s, isSpace)
	if !truthy(arg(args, 0)) {
		return whiteSpace.ReplaceAllString(s, " ")
	}
	s = lineEnds.ReplaceAllString(lineEdges.ReplaceAllString(s, "$1"), "$1")
	s = blanks.ReplaceAllString(s, " ")
	return emptyLines.ReplaceAllString(strings.ReplaceAll(s, "\r\n", "\n"), "\n\n")
}

func wordcount(r *run, at int, in any, _ []any) any {
	if !truthy(in) {
		return nil
	}
	s := r.textOnly(at, in)
	r.budget.spend(at, int64(len(s)))
	r.budget.alloc(at, 32*int64(len(s)))
	if n := len(word.FindAllStringIndex(s, -1)); n > 0 {
		return float64(n)
	}
	return nil
}

var htmlEscapes = strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&#39;", "<", "&lt;", ">", "&gt;", `\`, "&#92;")

func forceEscape(r *run, at int, in any, _ []any) any {
	s := r.printed(at, in)
	r.budget.text(at, 6*int64(len(s)))
	return safe(htmlEscapes.Replace(s))
}

func escape(r *run, at int, in any, args []any) any {
	if _, already := in.(safe); already {
		return in
	}
	return forceEscape(r, at, in, args)
}

func markSafe(r *run, at int, in any, _ []any) any {
	if _, already := in.(safe); already {
		return in
	}
	return safe(r.printed(at, in))
}

func urlencode(r *run, at int, in any, _ []any) any {
	if s, ok := textOf(in); ok {
		return r.encodeComponent(at, s)
	}
	var pairs []any
	switch in := in.(type) {
	case *object:
		pairs = r.entries(at, in).items
	case *array:
		pairs = in.items
	}
	var parts []string
	for _, pair := range pairs {
		key := r.encodeComponent(at, r.str(at, r.elementOf(at, pair, 0.0)))
		value := r.encodeComponent(at, r.str(at, r.elementOf(at, pair, 1.0)))
		r.budget.text(at, int64(len(key)+len(value)+2)*2)
		parts = append(parts, key+"="+value)
	}
	return strings.Join(parts, "&")
}

// encodeComponent is encodeURIComponent.
func (r *run) encodeComponent(at int, s string) string {
	r.budget.text(at, 3*int64(len(s)))
	if valid(s) != s {
		fail(at, "half a character can't be part of a URL")
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		const hex = "0123456789ABCDEF"
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
