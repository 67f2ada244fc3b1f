package templating

import (
	"maps"
	"math"
	"slices"
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
	n, _ := r.memberOf(at, in, "length").(float64)
	return r.memberOf(at, in, n-1)
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
	separator := r.str(at, given(args, 0, ""))
	attribute := arg(args, 1)
	if !truthy(attribute) {
		return r.join(at, r.listOnly(at, in), separator)
	}
	return r.join(at, r.column(at, in, attribute), separator)
}

// column gives one member of every element.
func (r *run) column(at int, in, key any) []any {
	if _, marked := in.(safe); marked {
		fail(at, "this filter works on a list, not on text that is marked safe")
	}
	items := r.arrayLike(at, in)
	r.budget.elements(at, len(items))
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = r.elementOf(at, item, key)
	}
	return out
}

// path reads a dotted path such as "metadata.name" of an element, which must be there.
func (r *run) path(at int, v any, path string) any {
	first, rest, more := strings.Cut(path, ".")
	v = r.elementOf(at, v, first)
	for more {
		first, rest, more = strings.Cut(rest, ".")
		v = r.memberOf(at, v, first)
	}
	return v
}

func reverse(r *run, at int, in any, _ []any) any {
	items := r.arrayLike(at, in)
	r.budget.elements(at, len(items))
	out := slices.Clone(items)
	slices.Reverse(out)
	if _, isText := textOf(in); isText {
		return likeInput(in, r.join(at, out, ""))
	}
	return &array{out}
}

// batch groups elements by n, filling the last group up.
func batch(r *run, at int, in any, args []any) any {
	items, n := r.sequence(at, in), clampInt(r.num(at, arg(args, 0)))
	fill := arg(args, 1)
	out := &array{}
	if n <= 0 {
		n = max(len(items), 1)
		fill = nil
	}
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
	n := clampInt(r.num(at, arg(args, 0)))
	if n <= 0 {
		return &array{}
	}
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
	attribute, _ := textOf(named(args, 2, "attribute"))
	caseSensitive := truthy(named(args, 1, "case_sensitive"))
	key := func(v any) any {
		if attribute != "" {
			v = r.path(at, v, attribute)
		}
		return r.folded(at, v, caseSensitive)
	}
	return r.sorted(at, r.arrayLike(at, in), key, truthy(named(args, 0, "reverse")))
}

// sorted gives the elements in the order of their keys, equal ones in their old order, and
// undefined ones last.
func (r *run) sorted(at int, items []any, key func(any) any, descending bool) *array {
	type keyed struct{ key, value any }
	r.budget.elements(at, 4*len(items))
	list := make([]keyed, len(items))
	for i, v := range items {
		list[i] = keyed{Undefined{}, v}
		if !isUndefined(v) {
			list[i].key = key(v)
		}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		r.budget.spend(at, 2)
		if lastA, lastB := isUndefined(a.value), isUndefined(b.value); lastA || lastB {
			return undefinedLast(lastA, lastB)
		}
		c, _ := r.order(at, a.key, b.key)
		if descending {
			return -c
		}
		return c
	})
	out := make([]any, len(list))
	for i, k := range list {
		out[i] = k.value
	}
	return &array{out}
}

func undefinedLast(a, b bool) int {
	switch {
	case a && b:
		return 0
	case a:
		return 1
	}
	return -1
}

// folded gives the sort key of a value: text without case unless case counts.
func (r *run) folded(at int, v any, caseSensitive bool) any {
	if s, ok := textOf(v); ok && !caseSensitive {
		return r.lower(at, s)
	}
	if f, ok := v.(float64); ok && math.IsNaN(f) {
		return Undefined{}
	}
	return v
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
	pairs := r.entries(at, o)
	key := func(pair any) any {
		return r.folded(at, r.memberOf(at, pair, part), truthy(arg(args, 0)))
	}
	return r.sorted(at, pairs.items, key, false)
}

func groupBy(r *run, at int, in any, args []any) any {
	attribute := r.str(at, arg(args, 0))
	out := newObject()
	for _, item := range r.sequence(at, in) {
		r.budget.elements(at, 4)
		key := r.str(at, r.path(at, item, attribute))
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

// mapFilter takes map("name") or map(attribute="name"): one member of every element.
func mapFilter(r *run, at int, in any, args []any) any {
	key := arg(args, 0)
	if k, ok := key.(*object); ok && k.keywords {
		key = k.get("attribute")
	}
	path, ok := textOf(key)
	if !ok {
		fail(at, `map takes the name of a member, for example map(attribute="name")`)
	}
	items := r.arrayLike(at, in)
	r.budget.elements(at, len(items))
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = r.path(at, item, path)
	}
	return &array{out}
}

func pickItems(wanted bool) filterFunc {
	return func(r *run, at int, in any, args []any) any {
		name := r.str(at, given(args, 0, "truthy"))
		test, known := tests[name]
		if !known {
			failHint(at, meant(name, slices.Sorted(maps.Keys(tests))), "unknown test %q", shorten(name))
		}
		items := r.sequence(at, in)
		if _, isObject := in.(*object); isObject {
			items = nil
		}
		return r.keep(at, items, func(v any) bool { return test(r, at, v, args[min(1, len(args)):]) == wanted })
	}
}

func pickByAttribute(wanted bool) filterFunc {
	return func(r *run, at int, in any, args []any) any {
		return r.keep(at, r.listOnly(at, in), func(v any) bool { return truthy(r.elementOf(at, v, arg(args, 0))) == wanted })
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
