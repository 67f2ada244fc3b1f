package draft07

import (
	"math"
	"slices"
	"strconv"
)

// kinds reads the rules that say what a value is: type, const, enum, format.
func (c *compiler) kinds(n *node, s map[string]any) {
	if written, there := s["type"]; there {
		n.first = append(n.first, ofType(n, written))
	}
	if wanted, there := s["const"]; there {
		n.first = append(n.first, oneOfValues(n, "const", wanted, []any{wanted}))
	}
	if list, there := s["enum"].([]any); there {
		n.first = append(n.first, oneOfValues(n, "enum", list, list))
	}
	if name, there := s["format"].(string); there {
		c.format(n, name)
	}
}

func ofType(n *node, written any) check {
	types, isList := written.([]any)
	if !isList {
		types = []any{written}
	}
	number := slices.Contains(types, any("number"))
	return func(r *run, at *place) []*Failure {
		is := typeOf(at.value)
		if slices.Contains(types, any(is)) || number && is == "integer" {
			return nil
		}
		return r.fail(n, at, Failure{Rule: "type", Argument: types})
	}
}

// typeOf gives the narrowest type of a value: "integer" for all numbers without a fraction.
func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return ""
}

func oneOfValues(n *node, keyword string, argument any, values []any) check {
	keys := make(map[string]bool, len(values))
	for _, v := range values {
		keys[string(appendKey(nil, v))] = true
	}
	return func(r *run, at *place) []*Failure {
		if key, within := r.key(at.value); !within || keys[key] {
			return nil
		}
		return r.fail(n, at, Failure{Rule: keyword, Argument: argument})
	}
}

func (c *compiler) format(n *node, name string) {
	valid := c.formats[name]
	if valid == nil && name != "regex" {
		return
	}
	n.first = append(n.first, func(r *run, at *place) []*Failure {
		text, is := at.value.(string)
		if !is || !r.spend(len(text)) {
			return nil
		}
		ok := valid
		if name == "regex" {
			ok = r.regex
		}
		if ok == nil {
			return nil
		}
		if err := ok(text); err != nil {
			return r.fail(n, at, Failure{Rule: "format", Argument: name, Reason: err})
		}
		return nil
	})
}

// key gives a text that is the same for equal values only; false when fuel is out.
func (r *run) key(v any) (string, bool) {
	key := appendKey(nil, v)
	return string(key), r.spend(len(key) / 16)
}

func appendKey(b []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(b, v)
	case float64:
		return append(strconv.AppendFloat(b, v+0, 'g', -1, 64), ' ') // + 0: there is no -0
	case string:
		b = append(strconv.AppendInt(append(b, '"'), int64(len(v)), 10), ':')
		return append(b, v...)
	case []any:
		b = append(b, '[')
		for _, item := range v {
			b = appendKey(b, item)
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for _, name := range sortedNames(v) {
			b = appendKey(appendKey(b, name), v[name])
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}
