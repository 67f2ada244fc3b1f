package asl

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

func indexed(pointer string, i int) string { return fmt.Sprintf("%s/%d", pointer, i) }

// test is the condition of a rule.
type test interface {
	// holds decides; a path that leads nowhere is a failure.
	holds(e *env) (bool, error)
}

type (
	testAnd []test
	testOr  []test
	testNot struct{ inner test }
	// testPresent is IsPresent, the one test that may look at what is not there.
	testPresent struct {
		variable *path
		want     bool
	}
	// testValue compares the value at a path with another.
	testValue struct {
		variable *path
		op       comparison
		field    string
		fixed    any
		from     *path // for the operators whose names end in Path
	}
)

// comparison decides on a value and what it is compared with. Types that don't match are
// never equal, smaller or larger.
type comparison func(v, with any) bool

func (t testAnd) holds(e *env) (bool, error) {
	for _, inner := range t {
		if ok, err := inner.holds(e); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (t testOr) holds(e *env) (bool, error) {
	for _, inner := range t {
		if ok, err := inner.holds(e); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func (t testNot) holds(e *env) (bool, error) {
	ok, err := t.inner.holds(e)
	return !ok, err
}

func (t testPresent) holds(e *env) (bool, error) {
	_, found := t.variable.find(e)
	return found == t.want, nil
}

func (t testValue) holds(e *env) (bool, error) {
	v, err := t.variable.eval(e, "Variable")
	if err != nil {
		return false, err
	}
	with := t.fixed
	if t.from != nil {
		if with, err = t.from.eval(e, t.field); err != nil {
			return false, err
		}
	}
	return t.op(v, with), nil
}

// comparisons are the operators that compare with a value of their own type.
var comparisons = map[string]struct {
	op    comparison
	valid func(any) bool
}{
	"StringEquals":               {textIs("=="), isText},
	"StringLessThan":             {textIs("<"), isText},
	"StringGreaterThan":          {textIs(">"), isText},
	"StringLessThanEquals":       {textIs("<="), isText},
	"StringGreaterThanEquals":    {textIs(">="), isText},
	"NumericEquals":              {numberIs("=="), isNumber},
	"NumericLessThan":            {numberIs("<"), isNumber},
	"NumericGreaterThan":         {numberIs(">"), isNumber},
	"NumericLessThanEquals":      {numberIs("<="), isNumber},
	"NumericGreaterThanEquals":   {numberIs(">="), isNumber},
	"TimestampEquals":            {timeIs("=="), isTimestamp},
	"TimestampLessThan":          {timeIs("<"), isTimestamp},
	"TimestampGreaterThan":       {timeIs(">"), isTimestamp},
	"TimestampLessThanEquals":    {timeIs("<="), isTimestamp},
	"TimestampGreaterThanEquals": {timeIs(">="), isTimestamp},
	"BooleanEquals":              {booleansEqual, isBoolean},
}

// typeTests are the operators that ask for a value's type.
var typeTests = map[string]func(any) bool{
	"IsNull":      func(v any) bool { return v == nil },
	"IsString":    isText,
	"IsNumeric":   isNumber,
	"IsBoolean":   isBoolean,
	"IsTimestamp": isTimestamp,
}

func isText(v any) bool      { _, ok := v.(string); return ok }
func isNumber(v any) bool    { _, ok := number(v); return ok }
func isBoolean(v any) bool   { _, ok := v.(bool); return ok }
func isTimestamp(v any) bool { _, ok := timestamp(v); return ok }

func booleansEqual(v, with any) bool { return isBoolean(v) && isBoolean(with) && v == with }

func textIs(op string) comparison {
	return func(v, with any) bool {
		order, ok := compare(v, with)
		return ok && isText(v) && satisfies(op, order)
	}
}

func numberIs(op string) comparison {
	return func(v, with any) bool {
		order, ok := compare(v, with)
		return ok && isNumber(v) && satisfies(op, order)
	}
}

func timeIs(op string) comparison {
	return func(v, with any) bool {
		a, okA := timestamp(v)
		b, okB := timestamp(with)
		return okA && okB && satisfies(op, a.Compare(b))
	}
}

func satisfies(op string, order int) bool {
	if op == "==" {
		return order == 0
	}
	return ordered(op, order)
}

func readChoice(f *fields) *choiceState {
	c := &choiceState{fallback: f.text("Default")}
	for i, v := range f.list("Choices", true) {
		r := f.fieldsOf(indexed(f.at("Choices"), i), v)
		r.anyText("Comment")
		rule := choiceRule{next: r.text("Next"), assign: r.assign()}
		if !r.has("Next") {
			r.failf("Next", "is missing")
		}
		rule.test = readTest(r)
		c.rules = append(c.rules, rule)
	}
	return c
}

func readTest(f *fields) test {
	var t test
	switch {
	case f.has("And"):
		t = testAnd(readTests(f, "And"))
	case f.has("Or"):
		t = testOr(readTests(f, "Or"))
	case f.has("Not"):
		v, _ := f.get("Not")
		t = testNot{readTest(f.fieldsOf(f.at("Not"), v))}
	default:
		t = readComparison(f)
	}
	f.rejectRest("a choice rule")
	return t
}

func readTests(f *fields, key string) []test {
	var tests []test
	for i, v := range f.list(key, true) {
		tests = append(tests, readTest(f.fieldsOf(indexed(f.at(key), i), v)))
	}
	return tests
}

func readComparison(f *fields) test {
	variable := f.path("Variable", parsePath)
	if variable == nil && !f.has("Variable") {
		f.failf("Variable", "is missing")
	}
	for _, key := range slices.Sorted(maps.Keys(f.values)) {
		if t := readOperator(f, key, variable); t != nil {
			return t
		}
	}
	f.addf(f.pointer, "has no comparison operator that is known")
	return testAnd{}
}

// readOperator reads one comparison operator, nil when key is none.
func readOperator(f *fields, key string, variable *path) test {
	if key == "IsPresent" {
		return testPresent{variable: variable, want: f.flag(key)}
	}
	if is, ok := typeTests[key]; ok {
		return testValue{variable: variable, fixed: f.flag(key), op: func(v, want any) bool { return is(v) == want }}
	}
	if key == "StringMatches" {
		pattern := wildcard(f.anyText(key))
		return testValue{variable: variable, op: func(v, _ any) bool {
			s, ok := v.(string)
			return ok && pattern.MatchString(s)
		}}
	}
	if base, ok := strings.CutSuffix(key, "Path"); ok {
		if c, known := comparisons[base]; known {
			return testValue{variable: variable, op: c.op, field: key, from: f.path(key, parsePath)}
		}
	}
	c, ok := comparisons[key]
	if !ok {
		return nil
	}
	fixed, _ := f.get(key)
	if !c.valid(fixed) {
		f.failf(key, "has a value of the wrong type")
	}
	return testValue{variable: variable, op: c.op, fixed: fixed}
}

// wildcard makes a pattern of StringMatches: "*" stands for any characters, "\*" for a star.
func wildcard(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)^`)
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern) && strings.IndexByte(`*\`, pattern[i+1]) >= 0:
			i++
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		case c == '*':
			b.WriteString(`.*`)
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	b.WriteString(`$`)
	return regexp.MustCompile(b.String())
}
