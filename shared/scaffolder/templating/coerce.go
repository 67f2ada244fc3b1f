package templating

import (
	"math"
	"strconv"
	"strings"
)

// The conversions of ECMAScript, as far as plain data meets them.

func truthy(v any) bool {
	switch v := v.(type) {
	case nil, Undefined:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return true // also an empty list, and safe text, which is an object in Nunjucks
}

func numberText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0"
	}
	if a := math.Abs(f); a >= 1e-6 && a < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	return mantissa + "e" + exponent[:1] + strings.TrimLeft(exponent[1:], "0")
}

// str is String(v). What a list holds is joined by commas, without null and undefined.
func (r *run) str(at int, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case safe:
		return string(v)
	case *array:
		return r.join(at, v.items, ",")
	case *function, *object:
		r.noFunction(at, v)
	}
	return scalarText(v)
}

func scalarText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case Undefined:
		return "undefined"
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return numberText(v)
	case *pattern:
		return v.text()
	}
	return "[object Object]"
}

// join is Array.prototype.join.
func (r *run) join(at int, items []any, separator string) string {
	r.deeper(at)
	defer r.shallower()
	var text strings.Builder
	for i, item := range items {
		r.budget.spend(at, 1)
		if i > 0 {
			r.budget.alloc(at, int64(len(separator)))
			text.WriteString(separator)
		}
		if item == nil || item == (Undefined{}) {
			continue
		}
		s := r.str(at, item)
		r.budget.text(at, int64(len(s)))
		text.WriteString(s)
	}
	return whole(text.String())
}

// printed is how a value appears in the output: null and undefined as nothing.
func (r *run) printed(at int, v any) string {
	if v == nil || v == (Undefined{}) {
		return ""
	}
	return r.str(at, v)
}

func (r *run) num(at int, v any) float64 {
	switch v := v.(type) {
	case nil:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case string:
		return textNumber(v)
	case safe:
		return textNumber(string(v))
	case *array, *function:
		return textNumber(r.str(at, v))
	}
	return math.NaN()
}

// textNumber is Number(text).
func textNumber(s string) float64 {
	s = strings.TrimFunc(s, isSpace)
	if s == "" {
		return 0
	}
	if len(s) > 2 && s[0] == '0' {
		if base := map[byte]int{'x': 16, 'o': 8, 'b': 2}[s[1]|0x20]; base > 0 {
			if n, ok := wholeNumber(s[2:], base); ok && strings.Trim(s[2:], "0123456789abcdefABCDEF") == "" {
				return n
			}
			return math.NaN()
		}
	}
	digits := strings.TrimLeft(s, "+-")
	if digits == "Infinity" && len(s)-len(digits) <= 1 {
		return math.Inf(1 - 2*strings.Count(s[:1], "-"))
	}
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return math.NaN()
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(n, 0) {
		return math.NaN()
	}
	return n
}

// plain is ToPrimitive: lists and objects become text.
func (r *run) plain(at int, v any) any {
	switch v.(type) {
	case *array, *object, *function, *pattern, safe:
		return r.str(at, v)
	}
	return v
}

func (r *run) strictEqual(a, b any) bool {
	if text, ok := a.(safe); ok {
		other, same := b.(safe)
		return same && text == other
	}
	return a == b // all other kinds are comparable: scalars by value, the rest by identity
}

func (r *run) looseEqual(at int, a, b any) bool {
	missing := func(v any) bool { return v == nil || v == (Undefined{}) }
	if missing(a) || missing(b) {
		return missing(a) && missing(b)
	}
	_, aText := a.(string)
	_, bText := b.(string)
	if aText && bText || isObject(a) && isObject(b) {
		r.budget.spend(at, 1+r.textCost(a))
		return r.strictEqual(a, b)
	}
	a, b = r.plain(at, a), r.plain(at, b)
	x, aText := a.(string)
	y, bText := b.(string)
	if aText && bText {
		r.budget.spend(at, 1+r.textCost(a))
		return x == y
	}
	return r.num(at, a) == r.num(at, b)
}

func (r *run) textCost(v any) int64 {
	s, _ := v.(string)
	return int64(len(s)) / 64
}

func isObject(v any) bool {
	switch v.(type) {
	case *array, *object, *function, *pattern, safe:
		return true
	}
	return false
}

// order compares as < does: -1, 0, 1, and false when the two can't be ordered (NaN).
func (r *run) order(at int, a, b any) (int, bool) {
	a, b = r.plain(at, a), r.plain(at, b)
	x, aText := a.(string)
	y, bText := b.(string)
	if aText && bText {
		r.budget.spend(at, 1+r.textCost(a))
		return compareText(x, y), true
	}
	m, n := r.num(at, a), r.num(at, b)
	switch {
	case m < n:
		return -1, true
	case m > n:
		return 1, true
	}
	return 0, m == n
}
