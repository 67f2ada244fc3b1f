package templating

import (
	"math"
	"strings"
)

// method gives the method name of a value, bound to it, or Undefined. These are the
// methods of JavaScript that Backstage's own engine lets templates call.
func (r *run) method(v any, name string) any {
	switch v := v.(type) {
	case string:
		return bind(textMethods, name, v)
	case *array:
		if m, there := listMethods[name]; there {
			if name == "pop" && r.engine.syntax.Cookiecutter {
				m.most = 1
			}
			return m.bind(name, v)
		}
		if r.engine.syntax.Cookiecutter {
			return bind(pythonListMethods, name, v)
		}
	case *object:
		if r.engine.syntax.Cookiecutter {
			return bind(pythonDictMethods, name, v)
		}
	case float64:
		return bind(numberMethods, name, v)
	case *pattern:
		return bind(patternMethods, name, v)
	}
	return Undefined{}
}

// methodOf is a method of a kind of value, with the least and the most arguments it takes.
type methodOf[T any] struct {
	least, most int
	call        func(r *run, at int, self T, args []any) any
}

func bind[T any](methods map[string]methodOf[T], name string, self T) any {
	m, there := methods[name]
	if !there {
		return Undefined{}
	}
	return m.bind(name, self)
}

func (m methodOf[T]) bind(name string, self T) any {
	return builtin(name, m.least, m.most, func(r *run, at int, args []any) any { return m.call(r, at, self, args) })
}

var textMethods = map[string]methodOf[string]{
	"split":       {0, 2, splitText},
	"replace":     {2, 2, replaceInText},
	"slice":       {0, 2, sliceText},
	"substring":   {0, 2, substring},
	"toLowerCase": {0, 0, func(r *run, at int, s string, _ []any) any { return r.lower(at, s) }},
	"toUpperCase": {0, 0, func(r *run, at int, s string, _ []any) any { return r.upper(at, s) }},
	"trim": {0, 0, func(r *run, at int, s string, _ []any) any {
		r.budget.text(at, int64(len(s)))
		return strings.TrimFunc(s, isSpace)
	}},
	"trimStart": {0, 0, func(r *run, at int, s string, _ []any) any {
		r.budget.text(at, int64(len(s)))
		return strings.TrimLeftFunc(s, isSpace)
	}},
	"trimEnd": {0, 0, func(r *run, at int, s string, _ []any) any {
		r.budget.text(at, int64(len(s)))
		return strings.TrimRightFunc(s, isSpace)
	}},
	"includes": {1, 2, func(r *run, at int, s string, args []any) any {
		return r.findFrom(at, s, args) >= 0
	}},
	"indexOf": {1, 2, func(r *run, at int, s string, args []any) any { return float64(r.findFrom(at, s, args)) }},
	"startsWith": {1, 2, func(r *run, at int, s string, args []any) any {
		return strings.HasPrefix(r.tail(at, s, arg(args, 1)), r.str(at, args[0]))
	}},
	"endsWith": {1, 2, func(r *run, at int, s string, args []any) any {
		if end := arg(args, 1); !isUndefined(end) {
			s = cut(s, 0, max(clampInt(r.num(at, end)), 0))
		}
		return strings.HasSuffix(s, r.str(at, args[0]))
	}},
	"lastIndexOf": {1, 2, lastIndexOf},
	"charAt": {0, 1, func(r *run, at int, s string, args []any) any {
		i := clampInt(r.num(at, given(args, 0, 0.0)))
		r.budget.spend(at, 1+int64(len(s))/64)
		return cut(s, i, i+1)
	}},
	"charCodeAt": {0, 1, func(r *run, at int, s string, args []any) any {
		i := clampInt(r.num(at, given(args, 0, 0.0)))
		r.budget.spend(at, 1+int64(len(s))/64)
		c, size := decode(cut(s, i, i+1))
		if size == 0 {
			return math.NaN()
		}
		return float64(c)
	}},
	"concat": {0, manyArguments, func(r *run, at int, s string, args []any) any {
		for _, a := range args {
			s = r.add(at, s, r.str(at, a)).(string)
		}
		return s
	}},
}

// tail gives a text from a place on, which counts as 0 when it lies in front of the text.
func (r *run) tail(at int, s string, from any) string {
	if isUndefined(from) {
		return s
	}
	r.budget.spend(at, 1+int64(len(s))/64)
	n := length16(s)
	return cut(s, min(max(clampInt(r.num(at, from)), 0), n), n)
}

// findFrom gives the place of the first argument in a text, from the second on, or -1.
func (r *run) findFrom(at int, s string, args []any) int {
	rest := r.tail(at, s, arg(args, 1))
	i := r.find(at, rest, r.str(at, args[0]))
	if i < 0 {
		return -1
	}
	return length16(s[:len(s)-len(rest)+i])
}

func lastIndexOf(r *run, at int, s string, args []any) any {
	r.budget.spend(at, 1+int64(len(s)))
	part := r.str(at, args[0])
	within := s
	if from := r.num(at, arg(args, 1)); !math.IsNaN(from) {
		within = cut(s, 0, max(clampInt(from), 0)+length16(part))
	}
	i := strings.LastIndex(within, part)
	if i < 0 {
		return -1.0
	}
	return float64(length16(s[:i]))
}

// find accounts for a search and gives the byte offset, -1 when there is none.
func (r *run) find(at int, s, part string) int {
	r.budget.spend(at, 1+int64(len(s))/16)
	return strings.Index(s, part)
}

func splitText(r *run, at int, s string, args []any) any {
	most := uint32(math.MaxUint32)
	if v := arg(args, 1); !isUndefined(v) {
		most = toUint32(r.num(at, v))
	}
	var items []any
	switch separator := arg(args, 0).(type) {
	case Undefined:
		items = []any{s}
	case *pattern:
		items = separator.split(r, at, s)
	default:
		items = r.splitPlain(at, s, r.str(at, separator))
	}
	if uint64(most) < uint64(len(items)) {
		items = items[:most]
	}
	return &array{items}
}

// toUint32 is JavaScript's f >>> 0.
func toUint32(f float64) uint32 {
	if special(f) {
		return 0
	}
	f = math.Mod(math.Trunc(f), 1<<32)
	if f < 0 {
		f += 1 << 32
	}
	return uint32(f)
}

func (r *run) splitPlain(at int, s, separator string) []any {
	if separator == "" {
		return r.charList(at, s).items
	}
	r.budget.spend(at, 1+int64(len(s))/16)
	r.budget.elements(at, 2*strings.Count(s, separator)+2)
	var items []any
	for part := range strings.SplitSeq(s, separator) {
		items = append(items, part)
	}
	return items
}

func (r *run) charList(at int, s string) *array {
	r.budget.elements(at, 2*len(s))
	return &array{chars(s)}
}

func replaceInText(r *run, at int, s string, args []any) any {
	with := r.str(at, arg(args, 1))
	if p, ok := arg(args, 0).(*pattern); ok {
		return p.replace(r, at, s, with)
	}
	old := r.str(at, arg(args, 0))
	i := r.find(at, s, old)
	if i < 0 {
		return s
	}
	with = r.expand(at, with, s, []int{i, i + len(old)}, nil)
	r.budget.text(at, int64(len(s)+len(with)))
	return whole(s[:i] + with + s[i+len(old):])
}

// bounds resolves the start and end arguments of slice, where negative counts from the end.
func (r *run) bounds(at int, args []any, n int) (int, int) {
	resolve := func(v any, otherwise int) int {
		if v == (Undefined{}) {
			return otherwise
		}
		i := clampInt(r.num(at, v))
		if i < 0 {
			i += n
		}
		return min(max(i, 0), n)
	}
	return resolve(arg(args, 0), 0), resolve(arg(args, 1), n)
}

// clampInt is ToIntegerOrInfinity, kept in a range that is safe to add up.
func clampInt(f float64) int {
	if math.IsNaN(f) {
		return 0
	}
	return int(min(max(f, -1e9), 1e9))
}

func sliceText(r *run, at int, s string, args []any) any {
	r.budget.text(at, int64(len(s)))
	start, end := r.bounds(at, args, length16(s))
	return cut(s, start, end)
}

func substring(r *run, at int, s string, args []any) any {
	r.budget.text(at, int64(len(s)))
	n := length16(s)
	start, end := min(max(clampInt(r.num(at, given(args, 0, 0.0))), 0), n), n
	if v := arg(args, 1); !isUndefined(v) {
		end = min(max(clampInt(r.num(at, v)), 0), n)
	}
	return cut(s, min(start, end), max(start, end))
}

var numberMethods = map[string]methodOf[float64]{
	"toString":      {0, 1, numberToString},
	"toFixed":       {0, 1, toFixed},
	"toExponential": {0, 1, toExponential},
	"toPrecision":   {0, 1, toPrecision},
}

var patternMethods = map[string]methodOf[*pattern]{
	"test": {1, 1, func(r *run, at int, p *pattern, args []any) any { return p.test(r, at, r.str(at, args[0])) }},
}
