package templating

import (
	"strings"
	"unicode"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

func (r *run) lower(at int, s string) string {
	r.budget.text(at, int64(len(s)))
	return strings.ToLower(s)
}

// upper maps as JavaScript does for the one common letter that becomes two.
func (r *run) upper(at int, s string) string {
	r.budget.text(at, 2*int64(len(s)))
	return strings.ReplaceAll(strings.ToUpper(s), "ß", "SS")
}

func capitalize(r *run, at int, s string, _ []any) any {
	s = r.lower(at, s)
	for i, c := range s {
		if i == 0 {
			r.budget.text(at, int64(len(s)))
			return r.upper(at, string(c)) + s[len(string(c)):]
		}
	}
	return s
}

func title(r *run, at int, s string, _ []any) any {
	r.budget.text(at, 2*int64(len(s)))
	start := true
	return strings.Map(func(c rune) rune {
		switch {
		case c == ' ':
			start = true
			return c
		case start:
			start = false
			return unicode.ToUpper(c)
		}
		return unicode.ToLower(c)
	}, s)
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
	width := r.num(at, given(args, 0, 80.0))
	if !truthy(arg(args, 0)) {
		width = 80
	}
	length, hasLength := r.memberOf(at, in, "length").(float64)
	if hasLength && length >= width {
		return in
	}
	s := r.str(at, in)
	if !hasLength {
		return s
	}
	free := width - length
	odd := float64(clampInt(free) % 2)
	before, after := r.spaces(at, free/2-odd), r.spaces(at, free/2)
	r.budget.text(at, int64(len(before)+len(s)+len(after)))
	return likeInput(in, before+s+after)
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
	return strings.Replace(s, old, with, n)
}

func replaceFilter(r *run, at int, in any, args []any) any {
	n, isNumber := in.(float64)
	if isNumber {
		in = numberText(n)
	}
	s, ok := textOf(in)
	if p, isPattern := arg(args, 0).(*pattern); isPattern {
		if !ok || isNumber {
			fail(at, "a regular expression works on text, not on another value")
		}
		return p.replace(r, at, s, r.str(at, arg(args, 1)))
	}
	old := arg(args, 0)
	if n, isNumber := old.(float64); isNumber {
		old = numberText(n)
	}
	text, isText := old.(string)
	if !ok || !isText {
		return in
	}
	if s == "" && text == "" { // in front of nothing, and behind it
		with := r.str(at, arg(args, 1))
		return likeInput(in, r.add(at, with, with))
	}
	most := -1
	if m := arg(args, 2); m != (Undefined{}) {
		most = clampInt(r.num(at, m))
	}
	return likeInput(in, r.replaceText(at, s, text, r.str(at, arg(args, 1)), most))
}

func truncate(r *run, at int, in any, args []any) any {
	if missing(in) {
		in = ""
	}
	limit := arg(args, 0)
	if !truthy(limit) {
		limit = 255.0
	}
	n := clampInt(r.num(at, limit))
	if length, ok := r.memberOf(at, in, "length").(float64); ok && length <= float64(n) {
		return in // whatever it is
	}
	s := r.textOnly(at, in)
	r.budget.text(at, 2*int64(len(s)))
	head := cut(s, 0, max(n, 0))
	if !truthy(arg(args, 1)) {
		if i := strings.LastIndex(cut(s, 0, max(n, 0)+1), " "); i >= 0 {
			head = s[:i]
		}
	}
	end := given(args, 2, "...")
	if end == nil {
		end = "..."
	}
	return likeInput(in, r.add(at, head, r.str(at, end)))
}

var (
	tagOrComment = lazyregexp.New(`(?i)</?([a-z][a-z0-9]*)\b[^>]*>|<!--[\s\S]*?-->`)
	whiteSpace   = lazyregexp.New(`\s+`)
	word         = lazyregexp.New(`\w+`)
	edgeBlanks   = lazyregexp.New(`(?m)^ +| +$`)
	blanks       = lazyregexp.New(` +`)
	emptyLines   = lazyregexp.New(`\n\n\n+`)
)

func striptags(r *run, at int, s string, args []any) any {
	r.budget.spend(at, int64(len(s)))
	r.budget.text(at, 8*int64(len(s)))
	s = strings.TrimFunc(tagOrComment.ReplaceAllString(s, ""), isSpace)
	if !truthy(arg(args, 0)) {
		return whiteSpace.ReplaceAllString(s, " ")
	}
	s = blanks.ReplaceAllString(edgeBlanks.ReplaceAllString(s, ""), " ")
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

var htmlEscapes = strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&#39;", "<", "&lt;", ">", "&gt;", "`", "&#96;")

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
