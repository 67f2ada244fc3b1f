package draft07

import (
	"math"
	"math/big"
	"strconv"
	"unicode/utf8"
)

// sizes reads the rules that count characters, entries and members.
func sizes(n *node, s map[string]any) {
	for _, k := range []struct {
		keyword string
		count   func(any) int
		most    bool
	}{
		{"minProperties", members, false}, {"maxProperties", members, true},
		{"minItems", entries, false}, {"maxItems", entries, true},
		{"minLength", characters, false}, {"maxLength", characters, true},
	} {
		written, there := s[k.keyword].(float64)
		if !there {
			continue
		}
		limit := math.MaxInt
		if written < 1<<53 {
			limit = int(written)
		}
		n.rest = append(n.rest, func(r *run, at *place) []*Failure {
			size := k.count(at.value)
			if size < 0 || k.most && size <= limit || !k.most && size >= limit {
				return nil
			}
			return r.fail(n, at, Failure{Rule: k.keyword, Argument: limit})
		})
	}
}

// What is counted; -1 for values that the rule is not about.
func members(v any) int {
	if object, is := v.(map[string]any); is {
		return len(object)
	}
	return -1
}

func entries(v any) int {
	if list, is := v.([]any); is {
		return len(list)
	}
	return -1
}

func characters(v any) int {
	if text, is := v.(string); is {
		return utf8.RuneCountInString(text)
	}
	return -1
}

func (c *compiler) texts(n *node, s map[string]any) {
	source, there := s["pattern"].(string)
	if !there {
		return
	}
	pattern, err := c.pattern(source)
	if err != nil {
		c.wrong = err // which the meta-schema has found before
		return
	}
	n.rest = append(n.rest, func(r *run, at *place) []*Failure {
		text, is := at.value.(string)
		if !is || !r.spend(len(text)) || pattern.MatchString(text) {
			return nil
		}
		return r.fail(n, at, Failure{Rule: "pattern", Argument: source})
	})
}

// bounds reads the rules about numbers.
func bounds(n *node, s map[string]any) {
	for _, k := range []struct {
		keyword string
		within  func(value, bound float64) bool
	}{
		{"minimum", func(v, b float64) bool { return v >= b }},
		{"maximum", func(v, b float64) bool { return v <= b }},
		{"exclusiveMinimum", func(v, b float64) bool { return v > b }},
		{"exclusiveMaximum", func(v, b float64) bool { return v < b }},
		{"multipleOf", multiple},
	} {
		bound, there := s[k.keyword].(float64)
		if !there {
			continue
		}
		n.rest = append(n.rest, func(r *run, at *place) []*Failure {
			v, is := at.value.(float64)
			if !is || !r.spend(4) || k.within(v, bound) {
				return nil
			}
			return r.fail(n, at, Failure{Rule: k.keyword, Argument: bound})
		})
	}
}

// multiple counts with the numbers as they are written: 0.3 is a multiple of 0.1.
func multiple(v, of float64) bool {
	if v == math.Trunc(v) && of == math.Trunc(of) && math.Abs(v) < 1<<53 {
		return math.Mod(v, of) == 0
	}
	return new(big.Rat).Quo(asWritten(v), asWritten(of)).IsInt()
}

func asWritten(v float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(v, 'g', -1, 64))
	return r
}
