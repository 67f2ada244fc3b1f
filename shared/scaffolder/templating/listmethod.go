package templating

import (
	"math"
	"slices"
)

var listMethods = map[string]methodOf[*array]{
	"at": {1, 1, func(r *run, at int, a *array, args []any) any {
		i := clampInt(r.num(at, args[0]))
		if i < 0 {
			i += len(a.items)
		}
		return arg(a.items, i)
	}},
	"concat":     {0, manyArguments, concatLists},
	"copyWithin": {1, 3, copyWithin},
	"fill":       {1, 3, fillList},
	"flat":       {0, 1, flatten},
	"includes":   {1, 2, func(r *run, at int, a *array, args []any) any { return r.indexFrom(at, a, args, r.sameValue) >= 0 }},
	"indexOf": {1, 2, func(r *run, at int, a *array, args []any) any {
		return float64(r.indexFrom(at, a, args, r.strictEqual))
	}},
	"lastIndexOf": {1, 2, lastIndexInList},
	"join": {0, 1, func(r *run, at int, a *array, args []any) any {
		return r.join(at, a.items, r.str(at, given(args, 0, ",")))
	}},
	"pop":     {0, 0, pop},
	"push":    {0, manyArguments, push},
	"reverse": {0, 0, reverseInPlace},
	"shift": {0, 0, func(r *run, at int, a *array, _ []any) any {
		if len(a.items) == 0 {
			return Undefined{}
		}
		head := a.items[0]
		a.items = a.items[1:]
		return head
	}},
	"slice": {0, 2, func(r *run, at int, a *array, args []any) any {
		start, end := r.bounds(at, args, len(a.items))
		end = max(start, end)
		r.budget.elements(at, end-start)
		return &array{slices.Clone(a.items[start:end])}
	}},
	"sort":   {0, 0, sortInPlace},
	"splice": {0, manyArguments, splice},
	"unshift": {0, manyArguments, func(r *run, at int, a *array, args []any) any {
		r.budget.elements(at, len(a.items)+len(args))
		a.items = slices.Insert(a.items, 0, args...)
		return float64(len(a.items))
	}},
}

// sameValue is how includes compares: NaN is the same as NaN.
func (r *run) sameValue(a, b any) bool {
	x, isNumber := a.(float64)
	y, both := b.(float64)
	return isNumber && both && math.IsNaN(x) && math.IsNaN(y) || r.strictEqual(a, b)
}

// indexFrom gives the place of the first argument in a list, from the second on, or -1.
func (r *run) indexFrom(at int, a *array, args []any, equal func(a, b any) bool) int {
	start, _ := r.bounds(at, args[1:], len(a.items))
	for i := start; i < len(a.items); i++ {
		r.budget.spend(at, 1+r.textCost(a.items[i]))
		if equal(a.items[i], args[0]) {
			return i
		}
	}
	return -1
}

func lastIndexInList(r *run, at int, a *array, args []any) any {
	last := len(a.items) - 1
	if from := arg(args, 1); !isUndefined(from) {
		if i := clampInt(r.num(at, from)); i < 0 {
			last += i + 1
		} else {
			last = min(last, i)
		}
	}
	for i := last; i >= 0; i-- {
		r.budget.spend(at, 1+r.textCost(a.items[i]))
		if r.strictEqual(a.items[i], args[0]) {
			return float64(i)
		}
	}
	return -1.0
}

// copyWithin copies elements of a list over others of it.
func copyWithin(r *run, at int, a *array, args []any) any {
	to, _ := r.bounds(at, args[:1], len(a.items))
	start, end := r.bounds(at, args[1:], len(a.items))
	if end > start {
		r.budget.elements(at, end-start)
		copy(a.items[to:], slices.Clone(a.items[start:end]))
	}
	return a
}

// sortInPlace orders by text, as JavaScript does without a function to compare by.
func sortInPlace(r *run, at int, a *array, _ []any) any {
	key := func(v any) any {
		s := r.str(at, v)
		r.budget.text(at, int64(len(s)))
		return s
	}
	a.items = r.sorted(at, a.items, key, func(a, b any) int {
		c, _ := r.order(at, a, b)
		return c
	}).items
	return a
}

func fillList(r *run, at int, a *array, args []any) any {
	start, end := r.bounds(at, args[min(1, len(args)):], len(a.items))
	for i := start; i < end; i++ {
		r.budget.spend(at, 1)
		a.items[i] = arg(args, 0)
	}
	return a
}

func flatten(r *run, at int, a *array, args []any) any {
	out := &array{}
	var add func(items []any, depth float64)
	add = func(items []any, depth float64) {
		r.deeper(at)
		defer r.shallower()
		for _, item := range items {
			r.budget.elements(at, 2)
			if inner, ok := item.(*array); ok && depth >= 1 {
				add(inner.items, depth-1)
				continue
			}
			out.items = append(out.items, item)
		}
	}
	add(a.items, float64(clampInt(r.num(at, given(args, 0, 1.0)))))
	return out
}

// splice takes elements out and puts others in their place.
func splice(r *run, at int, a *array, args []any) any {
	if len(args) == 0 {
		return &array{}
	}
	if isUndefined(args[0]) {
		return &array{}
	}
	start, end := r.bounds(at, args[:1], len(a.items))
	var added []any
	if count := arg(args, 1); !isUndefined(count) {
		end = min(start+max(clampInt(r.num(at, count)), 0), end)
		added = args[2:]
	}
	r.budget.elements(at, 2*len(a.items)+len(args))
	removed := slices.Clone(a.items[start:end])
	a.items = slices.Concat(a.items[:start], added, a.items[end:])
	return &array{removed}
}

func concatLists(r *run, at int, a *array, args []any) any {
	r.budget.elements(at, len(a.items))
	out := slices.Clone(a.items)
	for _, v := range args {
		if more, ok := v.(*array); ok {
			r.budget.elements(at, len(more.items))
			out = append(out, more.items...)
			continue
		}
		r.budget.elements(at, 1)
		out = append(out, v)
	}
	return &array{out}
}

func push(r *run, at int, a *array, args []any) any {
	r.budget.elements(at, 2*len(args))
	a.items = append(a.items, args...)
	return float64(len(a.items))
}

// pop takes the last element, or in cookiecutter templates the one that is asked for.
func pop(r *run, at int, a *array, args []any) any {
	i := len(a.items) - 1
	if v := arg(args, 0); !isUndefined(v) {
		if i = clampInt(r.num(at, v)); i < 0 {
			i += len(a.items)
		}
	}
	if i < 0 || i >= len(a.items) {
		return Undefined{}
	}
	taken := a.items[i]
	r.budget.elements(at, len(a.items)-i)
	a.items = slices.Delete(slices.Clone(a.items), i, i+1)
	return taken
}

func reverseInPlace(r *run, at int, a *array, _ []any) any {
	r.budget.spend(at, int64(len(a.items)))
	slices.Reverse(a.items)
	return a
}

// The methods that cookiecutter templates use on Python's lists and dicts.
var pythonListMethods = map[string]methodOf[*array]{
	"append": {1, 1, push},
	"count": {1, 1, func(r *run, at int, a *array, args []any) any {
		n := 0.0
		for _, item := range a.items {
			r.budget.spend(at, 1+r.textCost(item))
			if r.strictEqual(item, args[0]) {
				n++
			}
		}
		return n
	}},
	"find":  {1, 1, indexInList},
	"index": {1, 1, indexInList},
	"insert": {2, 2, func(r *run, at int, a *array, args []any) any {
		i, _ := r.bounds(at, args[:1], len(a.items))
		r.budget.elements(at, len(a.items)+1)
		a.items = slices.Insert(slices.Clone(a.items), i, args[1])
		return &array{}
	}},
	"remove": {1, 1, func(r *run, at int, a *array, args []any) any {
		i := r.indexIn(at, a.items, args[0])
		if i < 0 {
			return &array{}
		}
		r.budget.elements(at, len(a.items))
		a.items = slices.Delete(slices.Clone(a.items), i, i+1)
		return &array{[]any{args[0]}}
	}},
}

func indexInList(r *run, at int, a *array, args []any) any {
	return float64(r.indexIn(at, a.items, args[0]))
}

var pythonDictMethods = map[string]methodOf[*object]{
	"items": {0, 0, func(r *run, at int, o *object, _ []any) any { return r.entries(at, o) }},
	"keys": {0, 0, func(r *run, at int, o *object, _ []any) any {
		return r.mapKeys(at, o, func(k string) any { return k })
	}},
	"values": {0, 0, func(r *run, at int, o *object, _ []any) any {
		return r.mapKeys(at, o, func(k string) any { return o.values[k] })
	}},
	"get": {1, 2, func(r *run, at int, o *object, args []any) any {
		if v, there := o.values[r.str(at, args[0])]; there {
			return v
		}
		return arg(args, 1)
	}},
	"has_key": {1, 1, func(r *run, at int, o *object, args []any) any {
		_, there := o.values[r.str(at, args[0])]
		return there
	}},
}

func (r *run) mapKeys(at int, o *object, f func(key string) any) *array {
	r.budget.elements(at, len(o.keys))
	list := make([]any, len(o.keys))
	for i, k := range o.names() {
		list[i] = f(k)
	}
	return &array{list}
}

// entries gives [key, value] pairs.
func (r *run) entries(at int, o *object) *array {
	r.budget.elements(at, 3*len(o.keys))
	return r.mapKeys(at, o, func(k string) any { return &array{[]any{k, o.values[k]}} })
}
