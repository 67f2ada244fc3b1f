package templating

import (
	"math"
	"strconv"
	"strings"
)

func defaultFilter(_ *run, _ int, in any, args []any) any {
	if truthy(arg(args, 1)) && !truthy(in) || in == (Undefined{}) {
		return arg(args, 0)
	}
	return in
}

func dumpFilter(r *run, at int, in any, args []any) any {
	margin, isText := textOf(arg(args, 0))
	if !isText {
		margin = strings.Repeat(" ", min(max(clampInt(r.num(at, given(args, 0, 0.0))), 0), 10))
	}
	if text, ok := r.dump(at, in, cut(margin, 0, 10)); ok {
		return text
	}
	return Undefined{}
}

func abs(r *run, at int, in any, _ []any) any { return math.Abs(r.num(at, in)) }

func round(r *run, at int, in any, args []any) any {
	factor := math.Pow(10, r.num(at, given(args, 0, 0.0)))
	n := r.num(at, in) * factor
	switch arg(args, 1) {
	case "ceil":
		n = math.Ceil(n)
	case "floor":
		n = math.Floor(n)
	default:
		n = math.Floor(n + 0.5) // Math.round rounds halves up, also below zero
	}
	return n / factor
}

func intFilter(r *run, at int, in any, args []any) any {
	base := 10
	if v := arg(args, 1); v != (Undefined{}) {
		base = clampInt(r.num(at, v))
	}
	if n, ok := parseInt(r.str(at, in), base); ok {
		return n
	}
	return arg(args, 0)
}

// parseInt reads the whole number that a text begins with.
func parseInt(s string, base int) (float64, bool) {
	s = strings.TrimLeftFunc(s, isSpace)
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if base < 2 || base > 36 {
		return 0, false
	}
	if base == 16 && len(s) > 1 && (s[:2] == "0x" || s[:2] == "0X") {
		s = s[2:]
	}
	end := 0
	n := 0.0
	for ; end < len(s); end++ {
		d, err := strconv.ParseInt(s[end:end+1], base, 8)
		if err != nil {
			break
		}
		n = n*float64(base) + float64(d)
	}
	if negative {
		n = -n
	}
	return n, end > 0
}

func floatFilter(r *run, at int, in any, args []any) any {
	if n, ok := in.(float64); ok && !math.IsNaN(n) {
		return n
	}
	s := strings.TrimLeftFunc(r.str(at, in), isSpace)
	for end := min(len(s), 400); end > 0; end-- { // no number that matters is longer
		if strings.Trim(s[:end], "0123456789+-.eE") != "" {
			continue
		}
		if n, err := strconv.ParseFloat(s[:end], 64); err == nil {
			return n
		}
	}
	return arg(args, 0)
}
