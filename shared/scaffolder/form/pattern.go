package form

import (
	"regexp"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scaffolder/form/draft07"
)

// pattern is a regular expression of a schema. Schemas are written for JavaScript, whose
// look-around and backreferences RE2 lacks. Look-ahead at the beginning, which is what
// forms use ("not with this prefix, nor with that ending"), is matched besides; a pattern
// with anything more is not checked at all, rather than making its template unusable.
type pattern struct {
	source    string
	main      *regexp.Regexp // nil when the pattern is not checked
	must      []*regexp.Regexp
	mustNever []*regexp.Regexp
}

var _ draft07.Pattern = (*pattern)(nil)

// String gives the pattern as it was written.
func (p *pattern) String() string { return p.source }

// MatchString reports whether the pattern is found in s.
func (p *pattern) MatchString(s string) bool {
	for _, ahead := range p.must {
		if !ahead.MatchString(s) {
			return false
		}
	}
	for _, ahead := range p.mustNever {
		if ahead.MatchString(s) {
			return false
		}
	}
	return p.main == nil || p.main.MatchString(s)
}

// newPattern reads a pattern; an error when it is none in JavaScript either.
func newPattern(source string) (*pattern, error) {
	plain, err := regexp.Compile(source)
	if err == nil {
		return &pattern{source: source, main: plain}, nil
	}
	if !foreign.MatchString(source) {
		return nil, err
	}
	p := &pattern{source: source}
	if !p.lookAhead(source) {
		return &pattern{source: source}, nil
	}
	return p, nil
}

// foreign is what JavaScript has and RE2 lacks: look-around, backreferences, code points.
var foreign = lazyregexp.New(`\(\?(?:[=!]|<[=!])|\\[1-9]|\\k<|\\u[0-9A-Fa-f]{4}|\\c[A-Za-z]`)

// lookAhead takes a pattern that is bound to the beginning apart: what must, or must not,
// follow there, and the rest. False when it has another form.
func (p *pattern) lookAhead(source string) bool {
	rest, anchored := unwrap(source)
	for {
		if after, found := strings.CutPrefix(rest, "^"); found {
			rest, anchored = after, true
			continue
		}
		negative := strings.HasPrefix(rest, "(?!")
		if !negative && !strings.HasPrefix(rest, "(?=") {
			break
		}
		end := closing(rest)
		if end < 0 {
			return false
		}
		ahead, err := regexp.Compile("^(?:" + rest[3:end] + ")")
		if err != nil {
			return false
		}
		if negative {
			p.mustNever = append(p.mustNever, ahead)
		} else {
			p.must = append(p.must, ahead)
		}
		rest = rest[end+1:]
	}
	if !anchored || hasChoice(rest) {
		return false
	}
	main, err := regexp.Compile("^(?:" + rest + ")")
	p.main = main
	return err == nil
}

// unwrap takes a group off that encloses all between "^" and "$".
func unwrap(source string) (rest string, anchored bool) {
	inner, begins := strings.CutPrefix(source, "^")
	if !begins || !strings.HasPrefix(inner, "(") || strings.HasPrefix(inner, "(?=") || strings.HasPrefix(inner, "(?!") {
		return source, false
	}
	end := closing(inner)
	tail := ""
	if end >= 0 {
		tail = inner[end+1:]
	}
	body := strings.TrimPrefix(inner[1:max(end, 1)], "?:")
	if end < 0 || (tail != "" && tail != "$") || hasChoice(body) {
		return source, false
	}
	return body + tail, true
}

// closing gives where the group ends that a text begins with, -1 when it does not end.
func closing(text string) int {
	found := -1
	walk(text, func(i, depth int) bool {
		if text[i] == ')' && depth == 0 {
			found = i
		}
		return found < 0
	})
	return found
}

// hasChoice reports whether a pattern has a "|" outside all groups.
func hasChoice(text string) bool {
	found := false
	walk(text, func(i, depth int) bool {
		found = found || text[i] == '|' && depth == 0
		return !found
	})
	return found
}

// walk shows every character that is neither escaped nor in a set, and how deep it is in
// groups behind it, until see has enough.
func walk(text string, see func(i, depth int) bool) {
	depth, set := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
			continue
		case set:
			set = c != ']'
			continue
		case c == '[':
			set = true
			continue
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
		if !see(i, depth) {
			return
		}
	}
}
