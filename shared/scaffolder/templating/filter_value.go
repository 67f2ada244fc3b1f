package templating

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

func defaultFilter(_ *run, _ int, in any, args []any) any {
	if truthy(arg(args, 1)) && !truthy(in) || in == (Undefined{}) {
		return arg(args, 0)
	}
	return in
}

func dumpFilter(r *run, at int, in any, args []any) any {
	margin := ""
	switch v := arg(args, 0).(type) {
	case string:
		margin = v
	case float64:
		margin = strings.Repeat(" ", min(max(clampInt(v), 0), 10))
	}
	if text, ok := r.dump(at, in, cut(margin, 0, 10)); ok {
		return text
	}
	return Undefined{}
}

func abs(r *run, at int, in any, _ []any) any { return math.Abs(r.num(at, in)) }

func round(r *run, at int, in any, args []any) any {
	digits := 0.0
	if v := arg(args, 0); truthy(v) {
		digits = r.num(at, v)
	}
	r.budget.spend(at, powerCost(digits))
	factor := power(10, digits)
	n := r.num(at, in) * factor
	switch arg(args, 1) {
	case "ceil":
		n = math.Ceil(n)
	case "floor":
		n = math.Floor(n)
	default: // Math.round rounds halves up, also below zero
		if whole := math.Floor(n); n-whole >= 0.5 {
			n = whole + 1
		} else {
			n = whole
		}
	}
	return n / factor
}

func intFilter(r *run, at int, in any, args []any) any {
	base := 10.0
	if v := arg(args, 1); !isUndefined(v) {
		base = math.Trunc(r.num(at, v))
	}
	if n, ok := parseInt(r.str(at, in), base); ok {
		return n
	}
	return arg(args, 0)
}

// parseInt reads the whole number that a text begins with. Base 0 is 10, or 16 behind "0x".
func parseInt(s string, base float64) (float64, bool) {
	if math.IsNaN(base) || math.IsInf(base, 0) {
		base = 0
	}
	s = strings.TrimLeftFunc(s, isSpace)
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if (base == 0 || base == 16) && (strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X")) {
		s, base = s[2:], 16
	} else if base == 0 {
		base = 10
	}
	if base < 2 || base > 36 {
		return 0, false
	}
	end := 0
	for end < len(s) && digitValue(s[end]) < int(base) {
		end++
	}
	n, _ := wholeNumber(s[:end], int(base))
	if negative {
		n = -n
	}
	return n, end > 0
}

// digitValue is what a digit stands for, up to 35; more when it is none.
func digitValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case isLetter(c):
		return int(c|0x20-'a') + 10
	}
	return 36
}

// wholeNumber gives the number nearest to a row of digits.
func wholeNumber(digits string, base int) (float64, bool) {
	if n, err := strconv.ParseUint(digits, base, 53); err == nil {
		return float64(n), true
	}
	if digits != "" {
		digits = "0" + strings.TrimLeft(digits, "0")
	}
	if len(digits) > 1200 { // more than any number has, in any base
		return math.Inf(1), digits != ""
	}
	n, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return 0, false
	}
	f, _ := new(big.Float).SetInt(n).Float64()
	return f, true
}

// leadingNumber is what parseFloat reads.
var leadingNumber = lazyregexp.New(`^[+-]?(Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)`)

func floatFilter(r *run, at int, in any, args []any) any {
	s := strings.TrimLeftFunc(r.str(at, in), isSpace)
	s = s[:min(len(s), 4000)] // no number that matters is longer
	if n, err := strconv.ParseFloat(leadingNumber.FindString(s), 64); err == nil || math.IsInf(n, 0) {
		return n
	}
	return arg(args, 0)
}
