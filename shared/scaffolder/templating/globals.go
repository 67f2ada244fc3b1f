package templating

import "math"

// globals are the functions that exist without being given. They are never changed.
var globals = map[string]*function{
	"range":  builtin("range", 0, 3, rangeOf),
	"cycler": builtin("cycler", 0, manyArguments, newCycler),
	"joiner": builtin("joiner", 0, 1, newJoiner),
}

// rangeOf counts in JavaScript's way, whatever it is to count with.
func rangeOf(r *run, at int, args []any) any {
	start, stop, step := arg(args, 0), arg(args, 1), arg(args, 2)
	if isUndefined(stop) {
		start, stop, step = 0.0, start, 1.0
	} else if !truthy(step) {
		step = 1.0
	}
	from, plainStart := start.(float64)
	by, plainStep := step.(float64)
	if plainStart && plainStep {
		return r.count(at, from, r.num(at, stop), by)
	}
	list := &array{}
	beyond := "<"
	if !r.compare(at, ">", step, 0.0) {
		beyond = ">"
	}
	for v := start; r.compare(at, beyond, v, stop); v = r.add(at, v, step) {
		r.budget.elements(at, 2)
		list.items = append(list.items, v)
	}
	return list
}

// count is rangeOf for numbers.
func (r *run) count(at int, start, stop, step float64) any {
	if start+step == start && step != 0 && !math.IsInf(start, 0) {
		fail(at, "range needs a step that can be added to %s", numberText(start))
	}
	n := rounds(start, stop, step)
	r.budget.elements(at, n)
	list := &array{items: make([]any, 0, n)}
	for i := start; len(list.items) < n && (step > 0 && i < stop || step < 0 && i > stop); i += step {
		list.items = append(list.items, i)
	}
	return list
}

// rounds says how many numbers there are from start to stop, at least as many as a loop
// comes to that adds step again and again.
func rounds(start, stop, step float64) int {
	n := math.Ceil((stop - start) / step)
	if !(n > 0) { // NaN, too
		return 0
	}
	return clampInt(n + n/1e9 + 1)
}

// newCycler makes an object whose next() gives its arguments in turn.
func newCycler(r *run, at int, args []any) any {
	r.budget.elements(at, len(args)+8)
	i := -1
	c := &function{name: "cycler", most: manyArguments, members: map[string]any{"current": nil}}
	c.call = func(_ *run, at int, _ []any) any {
		fail(at, "a cycler is not a function: call its next()")
		return nil
	}
	c.members["next"] = builtin("next", 0, 0, func(*run, int, []any) any {
		if i++; i >= len(args) {
			i = 0
		}
		c.members["current"] = arg(args, i)
		return c.members["current"]
	})
	c.members["reset"] = builtin("reset", 0, 0, func(*run, int, []any) any {
		i, c.members["current"] = -1, nil
		return Undefined{}
	})
	return c
}

// newJoiner makes a function that gives nothing first, and its separator from then on.
func newJoiner(r *run, at int, args []any) any {
	r.budget.alloc(at, 128)
	separator, first := arg(args, 0), true
	if !truthy(separator) {
		separator = ","
	}
	return builtin("joiner", 0, 0, func(*run, int, []any) any {
		if first {
			first = false
			return ""
		}
		return separator
	})
}
