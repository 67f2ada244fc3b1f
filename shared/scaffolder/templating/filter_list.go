package templating

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

func first(r *run, at int, in any, _ []any) any {
	if in == nil || isUndefined(in) {
		fail(at, "this filter works on a list, not on %s", typeName(in))
	}
	return r.memberOf(at, in, 0.0)
}

func last(r *run, at int, in any, _ []any) any {
	if in == nil || isUndefined(in) {
		fail(at, "this filter works on a list, not on %s", typeName(in))
	}
	return r.memberOf(at, in, r.num(at, r.memberOf(at, in, "length"))-1)
}

func lengthFilter(r *run, at int, in any, _ []any) any {
	switch v := in.(type) {
	case *array:
		return float64(len(v.items))
	case *object:
		return float64(len(v.keys))
	case string, safe:
		return r.memberOf(at, v, "length")
	case nil, Undefined:
		return 0.0
	case bool:
		if !v {
			return 0.0
		}
	}
	return Undefined{} // what a number, for instance, has for a length
}

func list(r *run, at int, in any, _ []any) any {
	if o, ok := in.(*object); ok {
		r.budget.elements(at, 8*len(o.keys))
		return r.mapKeys(at, o, func(k string) any {
			pair := newObject()
			pair.set("key", k)
			pair.set("value", o.values[k])
			return pair
		})
	}
	if a, ok := in.(*array); ok {
		return a
	}
	s, ok := textOf(in)
	if !ok {
		fail(at, "this filter works on a list, not on %s", typeName(in))
	}
	return r.charList(at, s)
}

func join(r *run, at int, in any, args []any) any {
	separator := ""
	if v := arg(args, 0); truthy(v) {
		separator = r.str(at, v)
	}
	attribute := arg(args, 1)
	if !truthy(attribute) {
		return r.join(at, r.listOnly(at, in), separator)
	}
	return r.join(at, r.column(at, in, attribute), separator)
}

// column gives one member of every element.
func (r *run) column(at int, in, key any) []any {
	name := r.attribute(at, key)
	if s, marked := in.(safe); marked && s != "" {
		fail(at, "this filter works on a list, not on text that is marked safe")
	}
	items := r.mapped(at, in)
	r.budget.elements(at, len(items))
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = r.elementOf(at, item, name)
	}
	return out
}

// attribute reads the name of a member out of an argument.
func (r *run) attribute(at int, v any) string {
	name := r.str(at, v)
	if reserved(name) {
		fail(at, "the name %q is reserved", name)
	}
	return name
}

// attributePath reads a path such as "metadata.name" out of an argument.
func (r *run) attributePath(at int, v any) []string {
	if !truthy(v) {
		return nil
	}
	path := []string{""}
	if s, ok := v.(string); ok {
		r.budget.elements(at, 2*strings.Count(s, "."))
		path = strings.Split(s, ".")
	} else {
		path[0] = r.str(at, v)
	}
	for _, name := range path {
		r.attribute(at, name)
	}
	return path
}

// path goes along a path. It ends where there is no such member; a member that is null and
// should have members is an error.
func (r *run) path(at int, v any, path []string) any {
	for i, name := range path {
		if i > 0 && isUndefined(v) {
			break
		}
		v = r.elementOf(at, v, name)
	}
	return v
}

func reverse(r *run, at int, in any, _ []any) any {
	items := r.mapped(at, in)
	r.budget.elements(at, len(items))
	out := slices.Clone(items)
	slices.Reverse(out)
	if _, isText := textOf(in); isText {
		return likeInput(in, r.join(at, out, ""))
	}
	return &array{out}
}

// positive reads a count that must be at least 1.
func (r *run) positive(at int, v any) int {
	n := math.Trunc(r.num(at, v))
	if !(n > 0) || n > 1<<53-1 {
		fail(at, "this filter takes a number from 1 on, not %s", numberText(n))
	}
	return clampInt(n)
}

// batch groups elements by n, filling the last group up.
func batch(r *run, at int, in any, args []any) any {
	if in == nil || isUndefined(in) {
		fail(at, "this filter works on a list, not on %s", typeName(in))
	}
	n, fill := r.positive(at, arg(args, 0)), arg(args, 1)
	items := r.arrayLike(at, in)
	out := &array{}
	r.budget.elements(at, 4*len(items))
	for group := range slices.Chunk(items, n) {
		group = slices.Clone(group)
		if truthy(fill) {
			r.budget.elements(at, n-len(group))
			for len(group) < n {
				group = append(group, fill)
			}
		}
		out.items = append(out.items, &array{group})
	}
	return out
}

// sliceFilter deals elements out to n groups whose sizes differ by one at most. A text is
// cut into n texts.
func sliceFilter(r *run, at int, in any, args []any) any {
	s, isText := textOf(in)
	if isText && truthy(arg(args, 1)) {
		fail(at, "only a list can be filled up, not %s", typeName(in))
	}
	var items []any
	if isText {
		items = r.charList(at, s).items
	} else {
		items = r.listOnly(at, in)
	}
	n := r.positive(at, arg(args, 0))
	r.budget.elements(at, 4*n+len(items))
	size, extra := len(items)/n, len(items)%n
	out := &array{}
	start := 0
	for i := range n {
		end := start + size
		if i < extra {
			end++
		}
		group := slices.Clone(items[start:end])
		if fill := arg(args, 1); truthy(fill) && i >= extra {
			group = append(group, fill)
		}
		if isText {
			out.items = append(out.items, r.join(at, group, ""))
		} else {
			out.items = append(out.items, &array{group})
		}
		start = end
	}
	return out
}

func sum(r *run, at int, in any, args []any) any {
	var items []any
	if attribute := arg(args, 0); truthy(attribute) {
		items = r.column(at, in, attribute)
	} else {
		items = r.listOnly(at, in)
	}
	var total any = 0.0
	for _, item := range items {
		total = r.add(at, total, item)
	}
	return r.add(at, given(args, 1, 0.0), total)
}

func sortFilter(r *run, at int, in any, args []any) any {
	path, caseSensitive := r.attributePath(at, arg(args, 2)), truthy(arg(args, 1))
	direction := 1
	if truthy(arg(args, 0)) {
		direction = -1
	}
	items := r.mapped(at, in)
	return r.sorted(at, items, func(v any) any { return r.path(at, v, path) }, func(a, b any) int {
		s, aText := textOf(a)
		t, bText := textOf(b)
		if aText && bText && !caseSensitive {
			a, b = r.lower(at, s), r.lower(at, t)
		}
		c, _ := r.order(at, a, b)
		return direction * c
	})
}

func dictsort(r *run, at int, in any, args []any) any {
	o, ok := in.(*object)
	if !ok {
		fail(at, "dictsort works on an object, not on %s", typeName(in))
	}
	part := 0.0
	switch by := given(args, 1, "key"); by {
	case "key":
	case "value":
		part = 1
	default:
		fail(at, `dictsort sorts by "key" or by "value"`)
	}
	caseSensitive := truthy(arg(args, 0))
	key := func(pair any) any {
		v := r.memberOf(at, pair, part)
		if s, ok := textOf(v); ok && !caseSensitive {
			return r.upper(at, s)
		}
		return v
	}
	return r.sorted(at, r.entries(at, o).items, key, func(a, b any) int {
		if c, _ := r.order(at, a, b); c > 0 {
			return 1
		}
		if r.strictEqual(a, b) {
			return 0
		}
		return -1
	})
}

func groupBy(r *run, at int, in any, args []any) any {
	items := r.sequence(at, in)
	path := r.attributePath(at, arg(args, 0))
	out := newObject()
	for _, item := range items {
		r.budget.elements(at, 4)
		key := r.attribute(at, r.path(at, item, path))
		group, there := out.get(key).(*array)
		if !there {
			r.budget.elements(at, 8)
			group = &array{}
			out.set(key, group)
		}
		group.items = append(group.items, item)
	}
	return out
}

func pickItems(wanted bool) filterFunc {
	return func(r *run, at int, in any, args []any) any {
		name := r.str(at, given(args, 0, "truthy"))
		test := findTest(at, name)
		args = args[min(1, len(args)):]
		items := r.sequence(at, in)
		switch o := in.(type) {
		case *object:
			items = r.members(at, o, items)
		case *array, string, safe:
		default:
			return &array{}
		}
		test.accept(at, name, len(args))
		return r.keep(at, items, func(v any) bool { return r.holds(at, name, test, v, args) == wanted })
	}
}

// members leaves only those elements of an object that it has.
func (r *run) members(at int, o *object, items []any) []any {
	items = items[:min(len(items), clampInt(r.num(at, o.get("length"))))]
	var out []any
	for i, v := range items {
		if _, there := o.values[strconv.Itoa(i)]; there {
			out = append(out, v)
		}
	}
	return out
}

func pickByAttribute(wanted bool) filterFunc {
	return func(r *run, at int, in any, args []any) any {
		items, name := r.listOnly(at, in), r.attribute(at, arg(args, 0))
		return r.keep(at, items, func(v any) bool { return truthy(r.elementOf(at, v, name)) == wanted })
	}
}

func (r *run) keep(at int, items []any, wanted func(any) bool) any {
	out := &array{}
	for _, item := range items {
		r.budget.elements(at, 1)
		if wanted(item) {
			out.items = append(out.items, item)
		}
	}
	return out
}
