package templating

import (
	"maps"
	"math"
	"slices"
	"strings"
)

func first(r *run, at int, in any, _ []any) any { return r.memberOf(at, in, 0.0) }

func last(r *run, at int, in any, _ []any) any {
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
	}
	return 0.0
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
	return &array{r.listOf(at, in)}
}

func join(r *run, at int, in any, args []any) any {
	separator := r.str(at, given(args, 0, ""))
	items := r.listOf(at, in)
	if attribute := arg(args, 1); truthy(attribute) {
		items = r.column(at, items, attribute)
	}
	return r.join(at, items, separator)
}

// column gives one member of every element.
func (r *run) column(at int, items []any, key any) []any {
	r.budget.elements(at, len(items))
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = r.memberOf(at, item, key)
	}
	return out
}

// path reads a dotted path such as "metadata.name".
func (r *run) path(at int, v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		v = r.memberOf(at, v, key)
	}
	return v
}

func reverse(r *run, at int, in any, _ []any) any {
	items := r.listOf(at, in)
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
	items, n := r.listOf(at, in), clampInt(r.num(at, arg(args, 0)))
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

// sliceFilter deals elements out to n groups whose sizes differ by one at most.
func sliceFilter(r *run, at int, in any, args []any) any {
	items, n := r.listOf(at, in), clampInt(r.num(at, arg(args, 0)))
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
		out.items = append(out.items, &array{group})
		start = end
	}
	return out
}

func sum(r *run, at int, in any, args []any) any {
	items := r.listOf(at, in)
	if attribute := arg(args, 0); truthy(attribute) {
		items = r.column(at, items, attribute)
	}
	var total any = 0.0
	for _, item := range items {
		total = r.add(at, total, item)
	}
	return r.add(at, given(args, 1, 0.0), total)
}

func sortFilter(r *run, at int, in any, args []any) any {
	attribute, _ := textOf(arg(args, 2))
	key := func(v any) any {
		if attribute != "" {
			if v = r.path(at, v, attribute); v == (Undefined{}) {
				fail(at, "sort: an element has no member %q", shorten(attribute))
			}
		}
		return r.folded(at, v, truthy(arg(args, 1)))
	}
	return r.sorted(at, r.listOf(at, in), key, truthy(arg(args, 0)))
}

// sorted gives the elements in the order of their keys, equal ones in their old order.
func (r *run) sorted(at int, items []any, key func(any) any, descending bool) *array {
	type keyed struct{ key, value any }
	r.budget.elements(at, 4*len(items))
	list := make([]keyed, len(items))
	for i, v := range items {
		list[i] = keyed{key(v), v}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		r.budget.spend(at, 2)
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
	for _, item := range r.listOf(at, in) {
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
	items := r.listOf(at, in)
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
		return r.keep(at, in, func(v any) bool { return test(r, at, v, args[min(1, len(args)):]) == wanted })
	}
}

func pickByAttribute(wanted bool) filterFunc {
	return func(r *run, at int, in any, args []any) any {
		return r.keep(at, in, func(v any) bool { return truthy(r.memberOf(at, v, arg(args, 0))) == wanted })
	}
}

func (r *run) keep(at int, in any, wanted func(any) bool) any {
	out := &array{}
	for _, item := range r.listOf(at, in) {
		r.budget.elements(at, 1)
		if wanted(item) {
			out.items = append(out.items, item)
		}
	}
	return out
}
