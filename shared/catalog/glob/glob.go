// Package glob owns the wildcards in the targets of locations: which files of a repository
// "./services/*/catalog-info.yaml" names. It reads no repository.
//
// The language is that of Backstage's GitLab reader (minimatch): * and ? match within one
// part of a path, ** any number of whole parts, [a-z] and [!a-z] one character, {a,b}
// either. What begins with a dot is matched only by a dot. Matching takes time in
// proportion to the product of the lengths, whatever the pattern.
package glob

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The limits of a pattern.
const (
	maxBytes        = 1024
	maxAlternatives = 32
)

// Has reports whether a path has wildcards. Brackets and braces alone are part of a name.
func Has(path string) bool { return strings.ContainsAny(path, "*?") }

// Pattern is a path with wildcards.
type Pattern struct {
	alternatives [][]segment
	root         string
}

// segment is one part of a path; with any it is **.
type segment struct {
	any    bool
	tokens []token
}

// token matches one character, or with star any number of them.
type token struct {
	star    bool
	one     bool // any character
	literal rune
	class   []span // when not empty, one of these
	negated bool
}

type span struct{ from, to rune }

// Compile reads a pattern.
func Compile(pattern string) (*Pattern, error) {
	if len(pattern) > maxBytes {
		return nil, errs.New(errs.Invalid, fmt.Sprintf("the pattern is longer than %d bytes", maxBytes))
	}
	if !utf8.ValidString(pattern) {
		return nil, errs.New(errs.Invalid, "the pattern is not UTF-8 text")
	}
	texts, err := expand(pattern)
	if err != nil {
		return nil, err
	}
	p := &Pattern{root: root(pattern)}
	for _, text := range texts {
		p.alternatives = append(p.alternatives, parse(text))
	}
	return p, nil
}

// Root gives the folder that everything the pattern matches lies in, "" for the whole tree.
func (p *Pattern) Root() string { return p.root }

func root(pattern string) string {
	if i := strings.IndexAny(pattern, "*?[{"); i >= 0 {
		pattern = pattern[:i]
	}
	if dir := path.Dir(pattern + "x"); dir != "." && dir != "/" {
		return dir
	}
	return ""
}

// expand writes out the first braces of a pattern, and those of what comes of it.
func expand(pattern string) ([]string, error) {
	out, todo := []string{}, []string{pattern}
	for len(todo) > 0 {
		text := todo[0]
		todo = todo[1:]
		options, ok := braces(text)
		if !ok {
			out = append(out, text)
		}
		todo = append(todo, options...)
		if len(out)+len(todo) > maxAlternatives {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("the pattern has more than %d alternatives", maxAlternatives))
		}
	}
	return out, nil
}

// braces gives the texts that the innermost of the first braces stand for.
func braces(text string) ([]string, bool) {
	end := strings.IndexByte(text, '}')
	if end < 0 {
		return nil, false
	}
	begin := strings.LastIndexByte(text[:end], '{')
	inner := text[begin+1 : end]
	if begin < 0 || !strings.Contains(inner, ",") {
		return nil, false
	}
	var out []string
	for _, choice := range strings.Split(inner, ",") {
		out = append(out, text[:begin]+choice+text[end+1:])
	}
	return out, true
}

func parse(text string) []segment {
	var out []segment
	for _, part := range strings.Split(text, "/") {
		if part == "**" {
			if len(out) == 0 || !out[len(out)-1].any {
				out = append(out, segment{any: true})
			}
			continue
		}
		out = append(out, segment{tokens: tokens([]rune(part))})
	}
	return out
}

func tokens(part []rune) (out []token) {
	for i := 0; i < len(part); i++ {
		switch part[i] {
		case '*':
			if len(out) == 0 || !out[len(out)-1].star {
				out = append(out, token{star: true})
			}
		case '?':
			out = append(out, token{one: true})
		case '[':
			if t, length := class(part[i:]); length > 0 {
				out = append(out, t)
				i += length - 1
				continue
			}
			out = append(out, token{literal: '['})
		default:
			out = append(out, token{literal: part[i]})
		}
	}
	return out
}

// class reads "[...]" and gives its length; 0 when the bracket is not closed.
func class(part []rune) (t token, length int) {
	i := 1
	if i < len(part) && (part[i] == '!' || part[i] == '^') {
		t.negated = true
		i++
	}
	for first := i; i < len(part); i++ {
		switch {
		case part[i] == ']' && i > first:
			return t, i + 1
		case i+2 < len(part) && part[i+1] == '-' && part[i+2] != ']':
			t.class = append(t.class, span{part[i], part[i+2]})
			i += 2
		default:
			t.class = append(t.class, span{part[i], part[i]})
		}
	}
	return token{}, 0
}

// Match reports whether the pattern matches a path as a whole.
func (p *Pattern) Match(name string) bool {
	parts := strings.Split(name, "/")
	return slices.ContainsFunc(p.alternatives, func(pattern []segment) bool { return matchPath(pattern, parts) })
}

// matchPath goes through the parts of a path and keeps which beginnings of the pattern
// match what it has seen.
func matchPath(pattern []segment, parts []string) bool {
	reached := make([]bool, len(pattern)+1)
	reached[0] = true
	skip(pattern, reached)
	for _, part := range parts {
		next, alive := make([]bool, len(pattern)+1), false
		for i, s := range pattern {
			switch {
			case !reached[i]:
			case s.any && !strings.HasPrefix(part, "."):
				next[i], alive = true, true
			case !s.any && s.match([]rune(part)):
				next[i+1], alive = true, true
			}
		}
		if !alive {
			return false
		}
		skip(pattern, next)
		reached = next
	}
	return reached[len(pattern)]
}

// skip lets ** match nothing.
func skip(pattern []segment, reached []bool) {
	for i, s := range pattern {
		if reached[i] && s.any {
			reached[i+1] = true
		}
	}
}

// match reports whether a segment matches one part of a path. Only the last star has to be
// gone back to: what an earlier one could take, the last one can.
func (s segment) match(part []rune) bool {
	if len(part) > 0 && part[0] == '.' && (len(s.tokens) == 0 || s.tokens[0].literal != '.') {
		return false
	}
	i, j, star, mark := 0, 0, -1, 0
	for j < len(part) {
		switch {
		case i < len(s.tokens) && s.tokens[i].star:
			star, mark = i, j
			i++
		case i < len(s.tokens) && s.tokens[i].matches(part[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(s.tokens) && s.tokens[i].star {
		i++
	}
	return i == len(s.tokens)
}

func (t token) matches(r rune) bool {
	switch {
	case t.one:
		return true
	case len(t.class) > 0:
		return t.negated != slices.ContainsFunc(t.class, func(s span) bool { return s.from <= r && r <= s.to })
	}
	return t.literal == r
}
