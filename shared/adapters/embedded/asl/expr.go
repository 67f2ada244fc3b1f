package asl

import (
	"fmt"
	"strings"
)

// expression is what stands behind a key that ends in ".$": a path or an intrinsic call.
type expression interface {
	eval(e *env, field string) (any, error)
}

// parseExpression reads a path or an intrinsic call.
func parseExpression(text string) (expression, error) {
	if strings.HasPrefix(text, "$") {
		return parsePath(text)
	}
	s := &scanner{text: text}
	call, err := s.call()
	if err == nil && s.at < len(text) {
		err = s.errorf("unexpected %q", s.rest(8))
	}
	if err != nil {
		return nil, fmt.Errorf("%q is neither a path nor an intrinsic call: %w", text, err)
	}
	return call, nil
}

// eval gives the value at the path; when there is none the state fails as on Step
// Functions, with States.Runtime.
func (p *path) eval(e *env, field string) (any, error) {
	v, ok := p.find(e)
	if ok {
		return v, nil
	}
	if p.root == rootVariable {
		if _, defined := e.vars[p.variable]; !defined {
			return nil, failf(ErrRuntime, "The variable '%s' used in the field '%s' has not been assigned", p.variable, field)
		}
	}
	start, _ := e.root(p)
	return nil, failf(ErrRuntime, "The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'",
		p.text, field, text(start))
}

// template is a payload template: JSON in which keys that end in ".$" hold expressions.
// Its parts are template maps and lists, expressions and plain values.
type template struct{ root any }

type (
	templateObject map[string]any // key without ".$" -> part
	templateList   []any
	templateExpr   struct {
		key  string // as written, for messages
		expr expression
	}
)

func (t *template) eval(e *env) (any, error) { return evalPart(t.root, e) }

func evalPart(part any, e *env) (any, error) {
	switch part := part.(type) {
	case templateExpr:
		return part.expr.eval(e, part.key)
	case templateList:
		list := make([]any, len(part))
		for i := range part {
			v, err := evalPart(part[i], e)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case templateObject:
		object := make(map[string]any, len(part))
		for k := range part {
			v, err := evalPart(part[k], e)
			if err != nil {
				return nil, err
			}
			object[k] = v
		}
		return object, nil
	}
	return part, nil
}
