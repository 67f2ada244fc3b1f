package asl

import (
	"encoding/json"
	"maps"
	"slices"
)

// root is what a path begins with.
type root int

const (
	rootData     root = iota // "$": the state's data
	rootContext              // "$$": the context object
	rootVariable             // "$name": a variable
)

// path is a parsed JSONPath, in the dialect of Step Functions (Jayway's).
type path struct {
	text     string
	root     root
	variable string
	steps    []step
}

// step is one part of a path. With deep it applies to every value below as well ("..").
type step struct {
	pick selector
	deep bool
}

// selector picks values out of one value; none when nothing is there.
type selector interface{ pick(v any, e *env) []any }

type (
	byName     string
	byIndex    int
	byNames    []string // several names: ['a','b']
	byIndexes  []int    // several indexes: [0,1]
	bySlice    struct{ from, to, by *int }
	everything struct{}
	byFilter   struct{ cond condition } // [?(...)]
)

// definite reports whether a path names at most one value; others give a list.
func (p *path) definite() bool {
	return !slices.ContainsFunc(p.steps, func(s step) bool {
		switch s.pick.(type) {
		case byName, byIndex:
			return s.deep
		}
		return true
	})
}

// find gives the value a path leads to: for one that may name several a list, for a
// definite one the value and whether it is there.
func (p *path) find(e *env) (any, bool) {
	start, ok := e.root(p)
	if !ok {
		return nil, false
	}
	found := walk([]any{start}, p.steps, e)
	if !p.definite() {
		return found, true
	}
	if len(found) == 0 {
		return nil, false
	}
	return found[0], true
}

func walk(values []any, steps []step, e *env) []any {
	for _, s := range steps {
		if s.deep {
			values = descendants(nil, values, e)
		}
		next := []any{}
		for _, v := range values {
			found := s.pick.pick(v, e)
			if !e.spend(1 + len(found)) {
				return nil
			}
			next = append(next, found...)
		}
		values = next
	}
	return values
}

// descendants adds the values and everything below them to all, parents first.
func descendants(all, values []any, e *env) []any {
	for _, v := range values {
		if !e.spend(1) {
			return nil
		}
		all = descendants(append(all, v), everything{}.pick(v, e), e)
	}
	return all
}

func (s byName) pick(v any, _ *env) []any {
	object, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	value, ok := object[string(s)]
	if !ok {
		return nil
	}
	return []any{value}
}

func (s byIndex) pick(v any, _ *env) []any {
	list, ok := v.([]any)
	i := int(s)
	if i < 0 {
		i += len(list)
	}
	if !ok || i < 0 || i >= len(list) {
		return nil
	}
	return []any{list[i]}
}

func (s byNames) pick(v any, e *env) []any {
	var found []any
	for _, name := range s {
		found = append(found, byName(name).pick(v, e)...)
	}
	return found
}

func (s byIndexes) pick(v any, e *env) []any {
	var found []any
	for _, i := range s {
		found = append(found, byIndex(i).pick(v, e)...)
	}
	return found
}

func (s bySlice) pick(v any, _ *env) []any {
	list, ok := v.([]any)
	if !ok {
		return nil
	}
	at := func(bound *int, otherwise int) int {
		if bound == nil {
			return otherwise
		}
		i := *bound
		if i < 0 {
			i += len(list)
		}
		return min(max(i, 0), len(list))
	}
	by := 1
	if s.by != nil {
		by = *s.by
	}
	var found []any
	for i := at(s.from, 0); i < at(s.to, len(list)); i += by {
		found = append(found, list[i])
	}
	return found
}

func (everything) pick(v any, _ *env) []any {
	switch v := v.(type) {
	case []any:
		return v
	case map[string]any:
		found := make([]any, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			found = append(found, v[k])
		}
		return found
	}
	return nil
}

func (s byFilter) pick(v any, e *env) []any {
	var found []any
	for _, item := range (everything{}).pick(v, e) {
		if s.cond.holds(item, e) {
			found = append(found, item)
		}
	}
	return found
}

// assign gives doc with value at a reference path below "$", making objects on the way.
// It leaves doc itself alone.
func (p *path) assign(doc, value any) (any, bool) {
	return assignAt(doc, p.steps, value)
}

func assignAt(doc any, steps []step, value any) (any, bool) {
	if len(steps) == 0 {
		return value, true
	}
	switch at := steps[0].pick.(type) {
	case byName:
		object, ok := doc.(map[string]any)
		if doc != nil && !ok {
			return nil, false
		}
		changed := maps.Clone(object)
		if changed == nil {
			changed = map[string]any{}
		}
		inner, ok := assignAt(object[string(at)], steps[1:], value)
		changed[string(at)] = inner
		return changed, ok
	case byIndex:
		list, ok := doc.([]any)
		if !ok || int(at) < 0 || int(at) >= len(list) {
			return nil, false
		}
		changed := slices.Clone(list)
		changed[at], ok = assignAt(list[at], steps[1:], value)
		return changed, ok
	}
	return nil, false
}

// env is what expressions are evaluated against.
type env struct {
	data    any            // "$"
	context func() any     // "$$", made when first asked for
	vars    map[string]any // "$name"
	random  *randomness    // States.UUID and States.MathRandom
	budget  *int           // how many values paths may still look at
}

// maxLookups is how many values the paths of one state may look at: "$..*..*" is short, but
// its work grows with the square of the data.
const maxLookups = 200_000

// spend takes n off the budget. When it is used up paths find nothing any more, and the
// state fails.
func (e *env) spend(n int) bool {
	*e.budget -= n
	return *e.budget >= 0
}

// with gives the environment with other data.
func (e *env) with(data any) *env {
	changed := *e
	changed.data = data
	return &changed
}

func (e *env) root(p *path) (any, bool) {
	switch p.root {
	case rootContext:
		return e.context(), true
	case rootVariable:
		v, ok := e.vars[p.variable]
		return v, ok
	}
	return e.data, true
}

// condition is a parsed filter: (@.status == 0 && @.name).
type condition interface{ holds(item any, e *env) bool }

type (
	allOf  []condition
	anyOf  []condition
	negate struct{ inner condition }
	exists struct{ operand operand }
	// relation compares two operands; false when they can't be compared.
	relation struct {
		left, right operand
		op          string
	}
)

// operand is one side of a comparison: a path from the item ("@"), another path, or a literal.
type operand struct {
	path     *path
	fromItem bool
	literal  any
}

func (c allOf) holds(item any, e *env) bool {
	return !slices.ContainsFunc(c, func(inner condition) bool { return !inner.holds(item, e) })
}

func (c anyOf) holds(item any, e *env) bool {
	return slices.ContainsFunc(c, func(inner condition) bool { return inner.holds(item, e) })
}

func (c negate) holds(item any, e *env) bool { return !c.inner.holds(item, e) }

func (c exists) holds(item any, e *env) bool {
	v, ok := c.operand.value(item, e)
	list, isList := v.([]any)
	return ok && (c.operand.path.definite() || !isList || len(list) > 0)
}

func (c relation) holds(item any, e *env) bool {
	left, okLeft := c.left.value(item, e)
	right, okRight := c.right.value(item, e)
	if !okLeft || !okRight {
		return c.op == "!=" && okLeft != okRight
	}
	switch c.op {
	case "==":
		return equal(left, right)
	case "!=":
		return !equal(left, right)
	}
	order, ok := compare(left, right)
	return ok && ordered(c.op, order)
}

func ordered(op string, order int) bool {
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// compare orders two numbers or two strings.
func compare(a, b any) (int, bool) {
	switch a := a.(type) {
	case json.Number:
		if n, ok := b.(json.Number); ok {
			return compareNumbers(a, n)
		}
	case string:
		if s, ok := b.(string); ok {
			return compareStrings(a, s), true
		}
	}
	return 0, false
}

func (o operand) value(item any, e *env) (any, bool) {
	switch {
	case o.path == nil:
		return o.literal, true
	case o.fromItem:
		return o.path.find(e.with(item))
	}
	return o.path.find(e)
}
