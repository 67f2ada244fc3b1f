package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner reads paths and intrinsic calls.
type scanner struct {
	text  string
	at    int
	depth int // of nested calls and filters
}

const maxExpressionDepth = 40

// parsePath reads a whole string as a path.
func parsePath(text string) (*path, error) {
	s := &scanner{text: text}
	p, err := s.path()
	if err == nil && s.at < len(text) {
		err = s.errorf("unexpected %q", s.rest(8))
	}
	if err != nil {
		return nil, fmt.Errorf("%q is not a path: %w", text, err)
	}
	return p, nil
}

// parseReference reads a path that names exactly one place.
func parseReference(text string) (*path, error) {
	p, err := parsePath(text)
	if err == nil && !p.definite() {
		err = fmt.Errorf("%q may name several values where exactly one is wanted", text)
	}
	return p, err
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("at character %d: "+format, append([]any{s.at + 1}, args...)...)
}

func (s *scanner) rest(most int) string {
	return s.text[s.at:min(len(s.text), s.at+most)]
}

func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) accept(token string) bool {
	if strings.HasPrefix(s.text[s.at:], token) {
		s.at += len(token)
		return true
	}
	return false
}

func (s *scanner) spaces() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

// path reads "$", "$$" or "$name" and the steps behind it, as far as they go.
func (s *scanner) path() (*path, error) {
	start := s.at
	if !s.accept("$") {
		return nil, s.errorf("a path begins with $")
	}
	p := &path{}
	if s.accept("$") {
		p.root = rootContext
	} else if name := s.identifier(); name != "" {
		p.root, p.variable = rootVariable, name
	}
	var err error
	p.steps, err = s.steps()
	p.text = s.text[start:s.at]
	return p, err
}

func (s *scanner) steps() ([]step, error) {
	var steps []step
	for {
		deep := s.accept("..")
		var pick selector
		var err error
		switch {
		case s.peek() == '[':
			pick, err = s.bracket()
		case deep || s.accept("."):
			pick, err = s.afterDot()
		default:
			return steps, nil
		}
		if err != nil {
			return nil, err
		}
		steps = append(steps, step{pick: pick, deep: deep})
	}
}

func (s *scanner) afterDot() (selector, error) {
	if s.accept("*") {
		return everything{}, nil
	}
	name := s.name()
	if name == "" {
		return nil, s.errorf("a name is missing behind the dot")
	}
	if s.peek() == '(' {
		return nil, s.errorf("functions in paths are not supported")
	}
	return byName(name), nil
}

// identifier reads a variable's name.
func (s *scanner) identifier() string { return s.while(isWord) }

// name reads a field's name behind a dot, where "-" is common and allowed.
func (s *scanner) name() string {
	return s.while(func(r rune) bool { return isWord(r) || r == '-' || r == '@' || r == '#' })
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

func (s *scanner) while(ok func(rune) bool) string {
	start := s.at
	for s.at < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.text[s.at:])
		if (r == utf8.RuneError && size == 1) || !ok(r) {
			break
		}
		s.at += size
	}
	return s.text[start:s.at]
}

func (s *scanner) bracket() (selector, error) {
	s.at++
	s.spaces()
	switch c := s.peek(); {
	case c == '*':
		s.at++
		return s.closed(everything{})
	case c == '?':
		s.at++
		cond, err := s.filter()
		if err != nil {
			return nil, err
		}
		return s.closed(byFilter{cond})
	case c == '\'' || c == '"':
		return s.names()
	case c == '-' || c == ':' || (c >= '0' && c <= '9'):
		return s.indexes()
	}
	return nil, s.errorf("a name in quotes, an index, a slice, * or a filter is wanted in brackets")
}

func (s *scanner) closed(pick selector) (selector, error) {
	s.spaces()
	if !s.accept("]") {
		return nil, s.errorf("] is missing")
	}
	return pick, nil
}

func (s *scanner) names() (selector, error) {
	var names byNames
	for {
		s.spaces()
		name, err := s.quoted()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		s.spaces()
		if !s.accept(",") {
			break
		}
	}
	if len(names) == 1 {
		return s.closed(byName(names[0]))
	}
	return s.closed(names)
}

// quoted reads a name in quotes. A backslash escapes the quote itself and nothing else.
func (s *scanner) quoted() (string, error) {
	quote := s.peek()
	if quote != '\'' && quote != '"' {
		return "", s.errorf("a quote is missing")
	}
	s.at++
	var b strings.Builder
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch {
		case c == quote:
			return b.String(), nil
		case c == '\\' && s.peek() == quote:
			b.WriteByte(quote)
			s.at++
		default:
			b.WriteByte(c)
		}
	}
	return "", s.errorf("the closing quote is missing")
}

func (s *scanner) indexes() (selector, error) {
	first, err := s.index()
	if err != nil {
		return nil, err
	}
	if s.spaces(); s.peek() == ':' {
		return s.slice(first)
	}
	if first == nil {
		return nil, s.errorf("an index is missing")
	}
	list := byIndexes{*first}
	for s.spaces(); s.accept(","); s.spaces() {
		s.spaces()
		next, err := s.index()
		if err != nil || next == nil {
			return nil, errors.Join(err, s.errorf("an index is missing"))
		}
		list = append(list, *next)
	}
	if len(list) == 1 {
		return s.closed(byIndex(list[0]))
	}
	return s.closed(list)
}

func (s *scanner) slice(from *int) (selector, error) {
	s.at++
	s.spaces()
	to, err := s.index()
	if err != nil {
		return nil, err
	}
	var by *int
	if s.spaces(); s.accept(":") {
		s.spaces()
		if by, err = s.index(); err != nil {
			return nil, err
		}
		if by != nil && *by < 1 {
			return nil, s.errorf("a slice's step must be positive")
		}
	}
	return s.closed(bySlice{from: from, to: to, by: by})
}

// index reads an integer, nil when there is none.
func (s *scanner) index() (*int, error) {
	digits := s.while(func(r rune) bool { return r == '-' || (r >= '0' && r <= '9') })
	if digits == "" {
		return nil, nil
	}
	i, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return nil, s.errorf("%q is not an index", digits)
	}
	n := int(i)
	return &n, nil
}

// filter reads (condition) behind "?".
func (s *scanner) filter() (condition, error) {
	s.spaces()
	if !s.accept("(") {
		return nil, s.errorf("( is missing behind ?")
	}
	cond, err := s.either()
	if err != nil {
		return nil, err
	}
	if s.spaces(); !s.accept(")") {
		return nil, s.errorf(") is missing")
	}
	return cond, nil
}

func (s *scanner) either() (condition, error) {
	if s.depth++; s.depth > maxExpressionDepth {
		return nil, s.errorf("more than %d levels of nesting", maxExpressionDepth)
	}
	defer func() { s.depth-- }()
	var parts anyOf
	for {
		part, err := s.both()
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		if s.spaces(); !s.accept("||") {
			return parts, nil
		}
	}
}

func (s *scanner) both() (condition, error) {
	var parts allOf
	for {
		part, err := s.single()
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		if s.spaces(); !s.accept("&&") {
			return parts, nil
		}
	}
}

func (s *scanner) single() (condition, error) {
	s.spaces()
	if s.peek() == '(' {
		return s.filter()
	}
	if s.peek() == '!' {
		s.at++
		if s.depth++; s.depth > maxExpressionDepth {
			return nil, s.errorf("more than %d levels of nesting", maxExpressionDepth)
		}
		inner, err := s.single()
		s.depth--
		return negate{inner}, err
	}
	left, err := s.operand()
	if err != nil {
		return nil, err
	}
	s.spaces()
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if s.accept(op) {
			right, err := s.operand()
			return relation{left: left, right: right, op: op}, err
		}
	}
	if left.path == nil {
		return nil, s.errorf("a comparison is missing")
	}
	return exists{left}, nil
}

func (s *scanner) operand() (operand, error) {
	s.spaces()
	switch c := s.peek(); {
	case c == '@':
		start := s.at
		s.at++
		steps, err := s.steps()
		return operand{fromItem: true, path: &path{text: s.text[start:s.at], steps: steps}}, err
	case c == '$':
		p, err := s.path()
		return operand{path: p}, err
	case c == '\'' || c == '"':
		text, err := s.quoted()
		return operand{literal: text}, err
	}
	v, err := s.literal()
	return operand{literal: v}, err
}

// literal reads a number, true, false or null.
func (s *scanner) literal() (any, error) {
	start := s.at
	word := s.while(func(r rune) bool { return isWord(r) || r == '-' || r == '+' || r == '.' })
	switch word {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	if n := json.Number(word); json.Valid([]byte(word)) && word != "" {
		if _, ok := number(n); ok {
			return n, nil
		}
	}
	s.at = start
	return nil, s.errorf("a path, a string in single quotes, a number, true, false or null is wanted")
}
