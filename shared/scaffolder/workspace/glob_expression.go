package workspace

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// globExpression translates a glob: ** any directories, * and ? within a name, [ab],
// {a,b}, {1..3}, (a|b), and these in parentheses with @ for once, ? for at most once, + for
// once or more and * for any number of times.
func globExpression(pattern string, inner bool) (string, error) {
	w := globWriter{pattern: pattern, inner: inner}
	w.out.WriteString(`^`)
	for w.at < len(pattern) {
		if err := w.next(); err != nil {
			return "", err
		}
	}
	if len(w.open) > 0 {
		return "", errs.New(errs.Invalid, "glob "+show(pattern)+" is malformed: a parenthesis is never closed")
	}
	return w.out.String() + `$`, nil
}

// globWriter translates a glob from its beginning to its end.
type globWriter struct {
	pattern string
	inner   bool
	at      int
	open    []group
	out     strings.Builder
}

// group is a parenthesis or brace that has yet to be closed.
type group struct{ between, closer, suffix string }

func (w *globWriter) next() error {
	rest := w.pattern[w.at:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "!("):
		return errs.New(errs.Invalid, "glob "+show(w.pattern)+" has !( in it, which is not available")
	case c == '\\' && len(rest) > 1:
		w.at++
		w.literal()
	case len(rest) > 1 && rest[1] == '(' && strings.ContainsRune("@?+*", rune(c)) && strings.Contains(rest, ")"):
		w.begin(group{"|", ")", strings.TrimPrefix(rest[:1], "@")}, 2)
	case c == '(' && strings.Contains(rest, ")"):
		w.begin(group{"|", ")", ""}, 1)
	case c == '{' && w.span(rest):
	case c == '{' && hasComma(rest):
		w.begin(group{",", "}", ""}, 1)
	case c == '*':
		w.stars(rest)
	case c == '?':
		w.write(`[^/]`, 1)
	case c == '[' && w.class(rest):
	case w.inGroup(rest[:1]):
	default:
		w.literal()
	}
	return nil
}

func (w *globWriter) write(expression string, read int) {
	w.out.WriteString(expression)
	w.at += read
}

// literal takes one character as it is.
func (w *globWriter) literal() {
	_, size := utf8.DecodeRuneInString(w.pattern[w.at:])
	w.write(regexp.QuoteMeta(w.pattern[w.at:w.at+size]), size)
}

func (w *globWriter) begin(g group, read int) {
	w.open = append(w.open, g)
	w.write(`(?:`, read)
}

// inGroup reads what parts the alternatives of the innermost group, or ends it.
func (w *globWriter) inGroup(c string) bool {
	if len(w.open) == 0 {
		return false
	}
	switch g := w.open[len(w.open)-1]; c {
	case g.between:
		w.write(`|`, 1)
		return true
	case g.closer:
		w.open = w.open[:len(w.open)-1]
		w.write(`)`+g.suffix, 1)
		return true
	}
	return false
}

// stars reads a run of them. Two that are a part of their own stand for any directories.
func (w *globWriter) stars(rest string) {
	run := len(rest) - len(strings.TrimLeft(rest, "*"))
	begins := w.at == 0 && !w.inner
	part := w.at == 0 || w.pattern[w.at-1] == '/'
	switch {
	case run == 2 && part && strings.HasPrefix(rest, "**/"):
		w.write(`(?:.*/)?`, 3)
	case run == 2 && (begins || part && rest == "**"):
		w.write(`.*`, 2)
	default:
		w.write(`[^/]*`, run)
	}
}

// class reads a set of characters. One of ordinary characters may also stand for itself,
// brackets and all.
func (w *globWriter) class(rest string) bool {
	parts := classes.FindStringSubmatch(rest)
	if parts == nil {
		return false
	}
	negate, set := parts[1], parts[2]
	if !strings.HasPrefix(set, "[:") {
		set = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `^`, `\^`).Replace(set)
	}
	expression := "[" + set + "]"
	if negate != "" {
		expression = "[^/" + set + "]"
	}
	if negate == "" && !strings.ContainsAny(parts[2], `-*+?.^${}(|)[]`) {
		expression = "(?:" + regexp.QuoteMeta(parts[0]) + "|" + expression + ")"
	}
	w.write(expression, len(parts[0]))
	return true
}

var (
	classes = lazyregexp.New(`^\[([!^]?)(\[:[a-z]+:\]|\]?[^\]]+|\])\]`)
	spans   = lazyregexp.New(`^\{(?:([a-zA-Z])\.\.([a-zA-Z])|(\d{1,3})\.\.(\d{1,3}))\}`)
)

// span reads {a..c} or {1..3}.
func (w *globWriter) span(rest string) bool {
	parts := spans.FindStringSubmatch(rest)
	switch {
	case parts == nil:
		return false
	case parts[1] != "":
		w.write("["+min(parts[1], parts[2])+"-"+max(parts[1], parts[2])+"]", len(parts[0]))
		return true
	}
	from, _ := strconv.Atoi(parts[3])
	to, _ := strconv.Atoi(parts[4])
	var numbers []string
	for n := min(from, to); n <= max(from, to); n++ {
		numbers = append(numbers, strconv.Itoa(n))
	}
	w.write("(?:"+strings.Join(numbers, "|")+")", len(parts[0]))
	return true
}

// hasComma reports whether the braces that a text begins with hold alternatives.
func hasComma(text string) bool {
	depth, comma := 0, false
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return comma
			}
		case ',':
			comma = comma || depth == 1
		}
	}
	return false
}
