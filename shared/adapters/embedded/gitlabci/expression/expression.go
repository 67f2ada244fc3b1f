package expression

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Expression is a parsed rules:if.
type Expression struct {
	root node
}

// Lookup gives the value of a CI variable; ok is false when it does not exist.
type Lookup func(name string) (value string, ok bool)

// Parse reads an expression.
func Parse(text string) (*Expression, error) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	root, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.at < len(p.tokens) {
		return nil, errors.New("the expression has operands without an operator")
	}
	return &Expression{root: root}, nil
}

// Match evaluates the expression: whether its outcome is true or a string that is not blank.
func (e *Expression) Match(lookup Lookup) bool {
	switch v := e.root.eval(lookup).(type) {
	case bool:
		return v
	case string:
		return strings.TrimSpace(v) != ""
	}
	return false
}

type parser struct {
	tokens []token
	at     int
}

// maxParens bounds the recursion; the token limit does too, this names the reason.
const maxParens = 40

func (p *parser) take(operators ...string) string {
	if p.at >= len(p.tokens) || p.tokens[p.at].kind != operator {
		return ""
	}
	for _, op := range operators {
		if p.tokens[p.at].text == op {
			p.at++
			return op
		}
	}
	return ""
}

func (p *parser) or(depth int) (node, error) {
	left, err := p.and(depth)
	for err == nil && p.take("||") != "" {
		var right node
		if right, err = p.and(depth); err == nil {
			left = logical{left: left, right: right}
		}
	}
	return left, err
}

func (p *parser) and(depth int) (node, error) {
	left, err := p.comparison(depth)
	for err == nil && p.take("&&") != "" {
		var right node
		if right, err = p.comparison(depth); err == nil {
			left = logical{left: left, right: right, and: true}
		}
	}
	return left, err
}

func (p *parser) comparison(depth int) (node, error) {
	left, err := p.operand(depth)
	for err == nil {
		op := p.take("==", "!=", "=~", "!~")
		if op == "" {
			break
		}
		var right node
		if right, err = p.operand(depth); err == nil {
			left = comparison{op: op, left: left, right: right}
		}
	}
	return left, err
}

func (p *parser) operand(depth int) (node, error) {
	if p.take("(") != "" {
		if depth == maxParens {
			return nil, errors.New("the expression has too many nested parentheses")
		}
		inner, err := p.or(depth + 1)
		if err == nil && p.take(")") == "" {
			err = errors.New("a parenthesis is not closed")
		}
		return inner, err
	}
	if p.at >= len(p.tokens) || p.tokens[p.at].kind == operator {
		return nil, errors.New("an operand is missing")
	}
	t := p.tokens[p.at]
	p.at++
	switch t.kind {
	case variable:
		return reference(t.text), nil
	case literal:
		return constant{t.text}, nil
	case pattern:
		re, err := compile(t.text, t.flags)
		return constant{re}, err
	default:
		return constant{}, nil // null
	}
}

// compile makes the pattern between two slashes; \/ stands for a slash.
func compile(source, flags string) (*regexp.Regexp, error) {
	source = strings.ReplaceAll(source, `\/`, "/")
	if flags != "" {
		source = "(?" + flags + ")" + source
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, fmt.Errorf("invalid regular expression: %w", err)
	}
	return re, nil
}
