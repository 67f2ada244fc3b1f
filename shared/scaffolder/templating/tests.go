package templating

import (
	"maps"
	"math"
	"slices"
)

// testFunc answers "value is name(args)".
type testFunc func(r *run, at int, v any, args []any) bool

// templateTest is a test, and how many arguments it takes: no more and no fewer.
type templateTest struct {
	takes int
	holds testFunc
}

// tests are all there are. "is none" is one, too: it reads as "is null".
var tests = map[string]templateTest{
	"defined":   {0, func(_ *run, _ int, v any, _ []any) bool { return !isUndefined(v) }},
	"undefined": {0, func(_ *run, _ int, v any, _ []any) bool { return isUndefined(v) }},
	"null":      {0, func(_ *run, _ int, v any, _ []any) bool { return v == nil }},
	"truthy":    {0, func(_ *run, _ int, v any, _ []any) bool { return truthy(v) }},
	"falsy":     {0, func(_ *run, _ int, v any, _ []any) bool { return !truthy(v) }},
	"string":    {0, func(_ *run, _ int, v any, _ []any) bool { _, ok := v.(string); return ok }},
	"number":    {0, func(_ *run, _ int, v any, _ []any) bool { _, ok := v.(float64); return ok }},
	"escaped":   {0, func(_ *run, _ int, v any, _ []any) bool { _, ok := v.(safe); return ok }},
	"mapping":   {0, isMapping},
	"callable":  {0, func(_ *run, _ int, v any, _ []any) bool { _, ok := v.(*function); return ok }},
	"iterable":  {0, isIterable},
	"upper":     {0, func(r *run, at int, v any, _ []any) bool { return r.inCase(at, v, r.upper) }},
	"lower":     {0, func(r *run, at int, v any, _ []any) bool { return r.inCase(at, v, r.lower) }},
	"odd":       {0, func(r *run, at int, v any, _ []any) bool { return math.Mod(r.num(at, v), 2) == 1 }},
	"even":      {0, func(r *run, at int, v any, _ []any) bool { return math.Mod(r.num(at, v), 2) == 0 }},
	"divisibleby": {1, func(r *run, at int, v any, args []any) bool {
		return math.Mod(r.num(at, v), r.num(at, args[0])) == 0
	}},
	"sameas": {1, isSame}, "eq": {1, isSame}, "equalto": {1, isSame},
	"ne": {1, func(r *run, at int, v any, args []any) bool { return !isSame(r, at, v, args) }},
	"gt": {1, comparing(">")}, "greaterthan": {1, comparing(">")}, "ge": {1, comparing(">=")},
	"lt": {1, comparing("<")}, "lessthan": {1, comparing("<")}, "le": {1, comparing("<=")},
}

func (r *run) applyTest(t *testCall) bool {
	test := findTest(t.offset(), t.name)
	if len(t.args.names) > 0 {
		fail(t.offset(), "test %q takes no arguments by name", t.name)
	}
	test.accept(t.offset(), t.name, len(t.args.list))
	v := r.eval(t.input)
	return r.holds(t.offset(), t.name, test, v, r.evalAll(t.offset(), t.args.list))
}

func findTest(at int, name string) templateTest {
	test, known := tests[name]
	if !known {
		failHint(at, meant(name, slices.Sorted(maps.Keys(tests))), "unknown test %q", shorten(name))
	}
	return test
}

func (t templateTest) accept(at int, name string, args int) {
	if args != t.takes {
		fail(at, "test %q takes %d arguments, not %d", name, t.takes, args)
	}
}

func (r *run) holds(at int, name string, t templateTest, v any, args []any) bool {
	switch name {
	case "callable", "eq", "equalto", "sameas", "ne":
	default:
		r.noFunction(at, v)
		for _, a := range args {
			r.noFunction(at, a)
		}
	}
	return t.holds(r, at, v, args)
}

func isSame(r *run, _ int, v any, args []any) bool { return r.strictEqual(v, args[0]) }

func comparing(op string) testFunc {
	return func(r *run, at int, v any, args []any) bool { return r.compare(at, op, v, args[0]) }
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

// isMapping takes safe text and regular expressions for objects, which they are in Nunjucks.
func isMapping(_ *run, _ int, v any, _ []any) bool {
	switch v.(type) {
	case *object, safe, *pattern:
		return true
	}
	return false
}

// inCase reports whether a text stays the same when its case is changed. Safe text never does:
// what changes it gives plain text.
func (r *run) inCase(at int, v any, change func(int, string) string) bool {
	s, ok := textOf(v)
	if !ok {
		fail(at, "this test works on text, not on %s", typeName(v))
	}
	_, plain := v.(string)
	return plain && change(at, s) == s
}
