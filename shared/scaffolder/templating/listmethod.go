package templating

import (
	"slices"
	"strings"
)

var listMethods = map[string]methodOf[*array]{
	"includes": func(r *run, at int, a *array, args []any) any { return r.indexIn(at, a.items, arg(args, 0)) >= 0 },
	"indexOf": func(r *run, at int, a *array, args []any) any {
		return float64(r.indexIn(at, a.items, arg(args, 0)))
	},
	"join": func(r *run, at int, a *array, args []any) any {
		separator := ","
		if arg(args, 0) != (Undefined{}) {
			separator = r.str(at, args[0])
		}
		return r.join(at, a.items, separator)
	},
	"slice": func(r *run, at int, a *array, args []any) any {
		start, end := r.bounds(at, args, len(a.items))
		end = max(start, end)
		r.budget.elements(at, end-start)
		return &array{slices.Clone(a.items[start:end])}
	},
	"concat":  concatLists,
	"push":    push,
	"pop":     pop,
	"reverse": reverseInPlace,
	"sort":    sortInPlace,
	"fill":    fillList,
	"flat":    flatten,
	"splice":  splice,
	"lastIndexOf": func(r *run, at int, a *array, args []any) any {
		for i, item := range slices.Backward(a.items) {
			r.budget.spend(at, 1+r.textCost(item))
			if r.strictEqual(item, arg(args, 0)) {
				return float64(i)
			}
		}
		return -1.0
	},
	"at": func(r *run, at int, a *array, args []any) any {
		i := clampInt(r.num(at, given(args, 0, 0.0)))
		if i < 0 {
			i += len(a.items)
		}
		if i < 0 || i >= len(a.items) {
			return Undefined{}
		}
		return a.items[i]
	},
	"shift": func(r *run, at int, a *array, _ []any) any {
		if len(a.items) == 0 {
			return Undefined{}
		}
		head := a.items[0]
		a.items = a.items[1:]
		return head
	},
	"unshift": func(r *run, at int, a *array, args []any) any {
		r.budget.elements(at, len(a.items)+len(args))
		a.items = slices.Insert(a.items, 0, args...)
		return float64(len(a.items))
	},
}

// sortInPlace orders by text, as JavaScript does without a function to compare by.
func sortInPlace(r *run, at int, a *array, _ []any) any {
	type keyed struct {
		key   string
		value any
	}
	r.budget.elements(at, 4*len(a.items))
	list := make([]keyed, len(a.items))
	for i, item := range a.items {
		list[i] = keyed{r.str(at, item), item}
		r.budget.text(at, int64(len(list[i].key)))
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		r.budget.spend(at, 2+int64(min(len(a.key), len(b.key)))/64)
		if lastA, lastB := isUndefined(a.value), isUndefined(b.value); lastA || lastB {
			return undefinedLast(lastA, lastB)
		}
		return strings.Compare(a.key, b.key)
	})
	for i := range list {
		a.items[i] = list[i].value
	}
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
	add(a.items, r.num(at, given(args, 0, 1.0)))
	return out
}

// splice takes elements out and puts others in their place.
func splice(r *run, at int, a *array, args []any) any {
	if len(args) == 0 {
		return &array{}
	}
	start, end := r.bounds(at, args[:1], len(a.items))
	if len(args) > 1 {
		end = min(start+max(clampInt(r.num(at, args[1])), 0), end)
	}
	r.budget.elements(at, 2*len(a.items)+len(args))
	removed := slices.Clone(a.items[start:end])
	a.items = slices.Concat(a.items[:start], args[min(2, len(args)):], a.items[end:])
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

func pop(_ *run, _ int, a *array, _ []any) any {
	if len(a.items) == 0 {
		return Undefined{}
	}
	last := a.items[len(a.items)-1]
	a.items = a.items[:len(a.items)-1]
	return last
}

func reverseInPlace(r *run, at int, a *array, _ []any) any {
	r.budget.spend(at, int64(len(a.items)))
	slices.Reverse(a.items)
	return a
}

// The methods that cookiecutter templates use on Python's lists and dicts.
var pythonListMethods = map[string]methodOf[*array]{
	"append": push,
	"count": func(r *run, at int, a *array, args []any) any {
		n := 0.0
		for _, item := range a.items {
			r.budget.spend(at, 1+r.textCost(item))
			if r.strictEqual(item, arg(args, 0)) {
				n++
			}
		}
		return n
	},
	"index": func(r *run, at int, a *array, args []any) any {
		i := r.indexIn(at, a.items, arg(args, 0))
		if i < 0 {
			fail(at, "the value is not in the list")
		}
		return float64(i)
	},
	"extend": func(r *run, at int, a *array, args []any) any {
		if more, ok := arg(args, 0).(*array); ok {
			push(r, at, a, more.items)
		}
		return Undefined{}
	},
}

var pythonDictMethods = map[string]methodOf[*object]{
	"items": func(r *run, at int, o *object, _ []any) any { return r.entries(at, o) },
	"keys": func(r *run, at int, o *object, _ []any) any {
		return r.mapKeys(at, o, func(k string) any { return k })
	},
	"values": func(r *run, at int, o *object, _ []any) any {
		return r.mapKeys(at, o, func(k string) any { return o.values[k] })
	},
	"get": func(r *run, at int, o *object, args []any) any {
		if v, there := o.values[r.str(at, arg(args, 0))]; there {
			return v
		}
		return arg(args, 1)
	},
	"has_key": func(r *run, at int, o *object, args []any) any {
		_, there := o.values[r.str(at, arg(args, 0))]
		return there
	},
}

func (r *run) mapKeys(at int, o *object, f func(key string) any) *array {
	r.budget.elements(at, len(o.keys))
	list := make([]any, len(o.keys))
	for i, k := range o.keys {
		list[i] = f(k)
	}
	return &array{list}
}

// entries gives [key, value] pairs.
func (r *run) entries(at int, o *object) *array {
	r.budget.elements(at, 3*len(o.keys))
	return r.mapKeys(at, o, func(k string) any { return &array{[]any{k, o.values[k]}} })
}
