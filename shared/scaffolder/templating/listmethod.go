package templating

import "slices"

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
	"toString": func(r *run, at int, a *array, _ []any) any { return r.join(at, a.items, ",") },
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
