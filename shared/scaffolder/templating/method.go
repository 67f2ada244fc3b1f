package templating

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// method gives the method name of a value, bound to it, or Undefined. These are the
// methods of JavaScript that Backstage's own engine lets templates call.
func (r *run) method(v any, name string) any {
	var call func(r *run, at int, args []any) any
	switch v := v.(type) {
	case string:
		call = bind(textMethods[name], v)
	case *array:
		call = bind(listMethods[name], v)
		if call == nil && r.engine.syntax.Cookiecutter {
			call = bind(pythonListMethods[name], v)
		}
	case *object:
		if r.engine.syntax.Cookiecutter {
			call = bind(pythonDictMethods[name], v)
		}
	case float64:
		call = bind(numberMethods[name], v)
	case *pattern:
		call = bind(patternMethods[name], v)
	}
	if call == nil {
		return Undefined{}
	}
	return builtin(name, call)
}

type methodOf[T any] func(r *run, at int, self T, args []any) any

func bind[T any](m methodOf[T], self T) func(*run, int, []any) any {
	if m == nil {
		return nil
	}
	return func(r *run, at int, args []any) any { return m(r, at, self, args) }
}

var textMethods = map[string]methodOf[string]{
	"split":       splitText,
	"replace":     replaceInText,
	"slice":       sliceText,
	"substring":   substring,
	"toLowerCase": func(r *run, at int, s string, _ []any) any { return r.lower(at, s) },
	"toUpperCase": func(r *run, at int, s string, _ []any) any { return r.upper(at, s) },
	"trim": func(r *run, at int, s string, _ []any) any {
		r.budget.text(at, int64(len(s)))
		return strings.TrimFunc(s, isSpace)
	},
	"trimStart": func(r *run, at int, s string, _ []any) any {
		r.budget.text(at, int64(len(s)))
		return strings.TrimLeftFunc(s, isSpace)
	},
	"trimEnd": func(r *run, at int, s string, _ []any) any {
		r.budget.text(at, int64(len(s)))
		return strings.TrimRightFunc(s, isSpace)
	},
	"includes": func(r *run, at int, s string, args []any) any {
		return r.find(at, s, r.str(at, arg(args, 0))) >= 0
	},
	"startsWith": func(r *run, at int, s string, args []any) any {
		return strings.HasPrefix(s, r.str(at, arg(args, 0)))
	},
	"endsWith": func(r *run, at int, s string, args []any) any {
		return strings.HasSuffix(s, r.str(at, arg(args, 0)))
	},
	"indexOf": func(r *run, at int, s string, args []any) any {
		return utf16Index(s, r.find(at, s, r.str(at, arg(args, 0))))
	},
	"lastIndexOf": func(r *run, at int, s string, args []any) any {
		r.budget.spend(at, 1+int64(len(s)))
		return utf16Index(s, strings.LastIndex(s, r.str(at, arg(args, 0))))
	},
	"charAt": func(r *run, at int, s string, args []any) any {
		i := clampInt(r.num(at, arg(args, 0)))
		r.budget.spend(at, 1+int64(len(s))/64)
		return cut(s, i, i+1)
	},
	"charCodeAt": func(r *run, at int, s string, args []any) any {
		i := clampInt(r.num(at, arg(args, 0)))
		r.budget.text(at, 2*int64(len(s)))
		units := utf16.Encode([]rune(s))
		if i < 0 || i >= len(units) {
			return math.NaN()
		}
		return float64(units[i])
	},
	"concat": func(r *run, at int, s string, args []any) any {
		for _, a := range args {
			s = r.add(at, s, r.str(at, a)).(string)
		}
		return s
	},
}

// find accounts for a search and gives the byte offset, -1 when there is none.
func (r *run) find(at int, s, part string) int {
	r.budget.spend(at, 1+int64(len(s))/16)
	return strings.Index(s, part)
}

func utf16Index(s string, i int) any {
	if i < 0 {
		return -1.0
	}
	return float64(length16(s[:i]))
}

func splitText(r *run, at int, s string, args []any) any {
	if arg(args, 0) == (Undefined{}) {
		return &array{[]any{s}}
	}
	var items []any
	if p, ok := args[0].(*pattern); ok {
		items = p.split(r, at, s)
	} else {
		items = r.splitPlain(at, s, r.str(at, args[0]))
	}
	if most := r.num(at, arg(args, 1)); most >= 0 && most < float64(len(items)) {
		items = items[:int(most)]
	}
	return &array{items}
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
	with = expand(with, s, []int{i, i + len(old)})
	r.budget.text(at, int64(len(s)+len(with)))
	return s[:i] + with + s[i+len(old):]
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
	start, end := min(max(clampInt(r.num(at, arg(args, 0))), 0), n), n
	if arg(args, 1) != (Undefined{}) {
		end = min(max(clampInt(r.num(at, args[1])), 0), n)
	}
	return cut(s, min(start, end), max(start, end))
}

var numberMethods = map[string]methodOf[float64]{
	"toString": func(r *run, at int, f float64, args []any) any {
		base := clampInt(r.num(at, arg(args, 0)))
		if base >= 2 && base <= 36 && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return strconv.FormatInt(int64(f), base)
		}
		return numberText(f)
	},
	"toFixed": func(r *run, at int, f float64, args []any) any {
		digits := clampInt(r.num(at, arg(args, 0)))
		if digits < 0 || digits > 100 {
			fail(at, "toFixed takes 0 to 100 digits")
		}
		if math.Abs(f) >= 1e21 || math.IsNaN(f) {
			return numberText(f)
		}
		return strconv.FormatFloat(f, 'f', digits, 64)
	},
}

var patternMethods = map[string]methodOf[*pattern]{
	"test": func(r *run, at int, p *pattern, args []any) any {
		text := r.str(at, arg(args, 0))
		p.match(r, at, text)
		return p.re.MatchString(text)
	},
}
