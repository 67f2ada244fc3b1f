package templating

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// testFunc answers "value is name(args)".
type testFunc func(r *run, at int, v any, args []any) bool

// tests are all there are, as in Nunjucks.
var tests = map[string]testFunc{
	"defined":   func(_ *run, _ int, v any, _ []any) bool { return v != (Undefined{}) },
	"undefined": func(_ *run, _ int, v any, _ []any) bool { return v == (Undefined{}) },
	"none":      func(_ *run, _ int, v any, _ []any) bool { return v == nil },
	"null":      func(_ *run, _ int, v any, _ []any) bool { return v == nil },
	"truthy":    func(_ *run, _ int, v any, _ []any) bool { return truthy(v) },
	"falsy":     func(_ *run, _ int, v any, _ []any) bool { return !truthy(v) },
	"string":    func(_ *run, _ int, v any, _ []any) bool { _, ok := v.(string); return ok },
	"number":    func(_ *run, _ int, v any, _ []any) bool { _, ok := v.(float64); return ok },
	"escaped":   func(_ *run, _ int, v any, _ []any) bool { _, ok := v.(safe); return ok },
	"mapping":   isMapping,
	"callable":  func(_ *run, _ int, v any, _ []any) bool { _, ok := v.(*function); return ok },
	"iterable":  isIterable,
	"upper": func(r *run, at int, v any, _ []any) bool {
		s := r.needText(at, v)
		return strings.ToUpper(s) == s
	},
	"lower": func(r *run, at int, v any, _ []any) bool {
		s := r.needText(at, v)
		return strings.ToLower(s) == s
	},
	"odd":  func(r *run, at int, v any, _ []any) bool { return math.Mod(r.num(at, v), 2) == 1 },
	"even": func(r *run, at int, v any, _ []any) bool { return math.Mod(r.num(at, v), 2) == 0 },
	"divisibleby": func(r *run, at int, v any, args []any) bool {
		return math.Mod(r.num(at, v), r.num(at, arg(args, 0))) == 0
	},
	"sameas": isSame, "eq": isSame, "equalto": isSame,
	"ne": func(r *run, at int, v any, args []any) bool { return !isSame(r, at, v, args) },
	"gt": comparing(">"), "greaterthan": comparing(">"), "ge": comparing(">="),
	"lt": comparing("<"), "lessthan": comparing("<"), "le": comparing("<="),
}

func (r *run) applyTest(t *testCall) bool {
	test, known := tests[t.name]
	if !known {
		failHint(t.offset(), meant(t.name, slices.Sorted(maps.Keys(tests))), "unknown test %q", shorten(t.name))
	}
	return test(r, t.offset(), r.eval(t.input), r.evalAll(t.offset(), t.args.list))
}

func isSame(r *run, _ int, v any, args []any) bool { return r.strictEqual(v, arg(args, 0)) }

func comparing(op string) testFunc {
	return func(r *run, at int, v any, args []any) bool { return r.compare(at, op, v, arg(args, 0)) }
}

func isIterable(_ *run, at int, v any, _ []any) bool {
	switch v.(type) {
	case *array, string, safe:
		return true
	case nil, Undefined:
		fail(at, "this test works on a value, not on %s", typeName(v))
	}
	return false
}

// isMapping takes safe text for an object, which it is in Nunjucks.
func isMapping(_ *run, _ int, v any, _ []any) bool {
	switch v.(type) {
	case *object, safe:
		return true
	}
	return false
}

func (r *run) needText(at int, v any) string {
	s, ok := textOf(v)
	if !ok {
		fail(at, "this test works on text, not on %s", typeName(v))
	}
	r.budget.text(at, int64(len(s)))
	return s
}
