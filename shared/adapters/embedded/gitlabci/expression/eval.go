package expression

import "regexp"

// node is a part of an expression. Its value is nil, a bool, a string or a *regexp.Regexp.
type node interface {
	eval(Lookup) any
}

type reference string

func (r reference) eval(lookup Lookup) any {
	if v, ok := lookup(string(r)); ok {
		return v
	}
	return nil
}

type constant struct{ value any }

func (c constant) eval(Lookup) any { return c.value }

// logical gives one of its operands back, as Ruby's && and || do.
type logical struct {
	left, right node
	and         bool
}

func (l logical) eval(lookup Lookup) any {
	left := l.left.eval(lookup)
	if (left != nil && left != false) == l.and {
		return l.right.eval(lookup)
	}
	return left
}

type comparison struct {
	op          string
	left, right node
}

func (c comparison) eval(lookup Lookup) any {
	left, right := c.left.eval(lookup), c.right.eval(lookup)
	switch c.op {
	case "==":
		return same(left, right)
	case "!=":
		return !same(left, right)
	case "=~":
		return matches(left, right)
	}
	return !matches(left, right)
}

func same(left, right any) bool {
	l, lok := left.(*regexp.Regexp)
	r, rok := right.(*regexp.Regexp)
	if lok && rok {
		return l.String() == r.String()
	}
	return left == right
}

// matches takes a pattern from the text itself or from a variable that holds one, with
// its slashes or without; a variable that holds none never matches.
func matches(left, right any) bool {
	var re *regexp.Regexp
	switch right := right.(type) {
	case *regexp.Regexp:
		re = right
	case string:
		re = patternIn(right)
	}
	if re == nil {
		return false
	}
	text, _ := left.(string)
	return re.MatchString(text)
}

func patternIn(text string) *regexp.Regexp {
	if len(text) > maxBytes {
		return nil
	}
	source, flags := text, ""
	if m := patternForm.FindStringSubmatch(text); m != nil && len(m[0]) == len(text) {
		source, flags = m[1], m[2]
	}
	re, err := compile(source, flags)
	if err != nil {
		return nil
	}
	return re
}
