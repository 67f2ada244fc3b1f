package templating

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// power is JavaScript's **. Go's math.Pow is a unit or two off in the last place for many
// exponents, and that shows as soon as the result is printed; this is rounded once, at the end.
func power(a, b float64) float64 {
	if math.IsNaN(b) || math.Abs(a) == 1 && math.IsInf(b, 0) {
		return math.NaN() // where Math.pow differs from C's pow
	}
	whole, fraction := math.Modf(math.Abs(b))
	if whole > 1100 || a == 0 || special(a) || a < 0 && fraction != 0 {
		return math.Pow(a, b)
	}
	result, base, root := newReal(1), newReal(a), newReal(a)
	for n := int(whole); n > 0; n /= 2 {
		if n%2 == 1 {
			result.Mul(result, base)
		}
		base.Mul(base, base)
	}
	for fraction > 0 { // every bit of the fraction is a square root of a square root
		root.Sqrt(root)
		if fraction *= 2; fraction >= 1 {
			fraction--
			result.Mul(result, root)
		}
	}
	if b < 0 {
		result.Quo(newReal(1), result)
	}
	f, _ := result.Float64()
	return f
}

// powerCost is what power costs, in steps.
func powerCost(b float64) int64 {
	if b == math.Trunc(b) {
		return 8
	}
	return 800
}

// newReal makes a number of more digits than rounding can eat up.
func newReal(f float64) *big.Float { return new(big.Float).SetPrec(256).SetFloat64(f) }

// digitsAfter reads how many digits a method of numbers is asked for.
func (r *run) digitsAfter(at int, v any, least, most float64) int {
	n := r.num(at, v)
	if math.IsNaN(n) {
		n = 0
	}
	if n = math.Trunc(n); n < least || n > most {
		fail(at, "the number of digits must be from %s to %s", numberText(least), numberText(most))
	}
	return int(n)
}

func special(f float64) bool { return math.IsNaN(f) || math.IsInf(f, 0) }

func toFixed(r *run, at int, f float64, args []any) any {
	digits := r.digitsAfter(at, arg(args, 0), 0, 100)
	if math.Abs(f) >= 1e21 || special(f) {
		return numberText(f)
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	exact := new(big.Rat).SetFloat64(math.Abs(f)) // halves go up, which formatting itself does not do
	exact.Mul(exact, new(big.Rat).SetInt(scale)).Add(exact, big.NewRat(1, 2))
	text := new(big.Int).Quo(exact.Num(), exact.Denom()).String()
	text = strings.Repeat("0", max(digits+1-len(text), 0)) + text
	if digits > 0 {
		text = text[:len(text)-digits] + "." + text[len(text)-digits:]
	}
	if f < 0 {
		text = "-" + text
	}
	return text
}

func toExponential(r *run, at int, f float64, args []any) any {
	digits := -1 // as many as it takes
	if v := arg(args, 0); !isUndefined(v) && !special(f) {
		digits = r.digitsAfter(at, v, 0, 100)
	}
	if special(f) {
		return numberText(f)
	}
	return exponential(f, digits)
}

// exponential writes 1.5e+21, where Go pads the exponent. Halves are rounded away from zero.
func exponential(f float64, digits int) string {
	text := strconv.FormatFloat(math.Abs(f), 'e', digits, 64)
	if digits >= 0 && f != 0 {
		text = roundedUp(math.Abs(f), digits)
	}
	mantissa, exponent, _ := strings.Cut(text, "e")
	power := strings.TrimLeft(exponent[1:], "0")
	if power == "" {
		power = "0"
	}
	text = mantissa + "e" + exponent[:1] + power
	if f < 0 {
		text = "-" + text
	}
	return text
}

// roundedUp formats like FormatFloat, but a number right between two goes up.
func roundedUp(f float64, digits int) string {
	exact := strconv.FormatFloat(f, 'e', 800, 64)
	mantissa, exponent, _ := strings.Cut(exact, "e")
	cut, point := digits+2, ""
	if digits == 0 {
		cut, point = 1, "."
	}
	if rest := strings.TrimPrefix(mantissa[cut:], "."); strings.TrimRight(rest, "0") != "5" {
		return strconv.FormatFloat(f, 'e', digits, 64)
	}
	above, _, _ := big.ParseFloat(mantissa[:cut]+point+"6e"+exponent, 10, 2000, big.ToNearestEven)
	return above.Text('e', digits)
}

func toPrecision(r *run, at int, f float64, args []any) any {
	v := arg(args, 0)
	if isUndefined(v) || special(f) {
		return numberText(f)
	}
	digits := r.digitsAfter(at, v, 1, 100)
	text := exponential(f, digits-1)
	_, exponent, _ := strings.Cut(text, "e")
	e, _ := strconv.Atoi(exponent)
	if e < -6 || e >= digits {
		return text
	}
	sign := ""
	if f < 0 {
		sign = "-"
	}
	all := strings.NewReplacer("-", "", ".", "").Replace(text[:strings.IndexByte(text, 'e')])
	switch {
	case e < 0:
		return sign + "0." + strings.Repeat("0", -e-1) + all
	case e+1 == len(all):
		return sign + all
	}
	return sign + all[:e+1] + "." + all[e+1:]
}

func numberToString(r *run, at int, f float64, args []any) any {
	base := 10.0
	if v := arg(args, 0); !isUndefined(v) {
		base = math.Trunc(r.num(at, v))
	}
	if !(base >= 2 && base <= 36) {
		fail(at, "the base must be from 2 to 36")
	}
	if base == 10 || special(f) {
		return numberText(f)
	}
	return inBase(f, int(base))
}

const digitCharacters = "0123456789abcdefghijklmnopqrstuvwxyz"

// inBase writes as many digits behind the point as tell the number from its neighbours.
func inBase(f float64, base int) string {
	value := math.Abs(f)
	whole, fraction := math.Modf(value)
	var digits []byte
	if gap := max(0.5*(math.Nextafter(value, math.Inf(1))-value), math.SmallestNonzeroFloat64); fraction >= gap {
		for {
			fraction, gap = fraction*float64(base), gap*float64(base)
			d := int(fraction)
			digits = append(digits, byte(d))
			fraction -= float64(d)
			if fraction > 0.5 || fraction == 0.5 && d&1 == 1 {
				if fraction+gap > 1 {
					whole += carry(&digits, base)
					break
				}
			}
			if fraction < gap {
				break
			}
		}
	}
	text := wholeInBase(whole, base)
	if len(digits) > 0 {
		text += "."
		for _, d := range digits {
			text += string(digitCharacters[d])
		}
	}
	if f < 0 {
		text = "-" + text
	}
	return text
}

// carry adds one to the last digit, and gives what is carried over to the whole number.
func carry(digits *[]byte, base int) float64 {
	for n := len(*digits); n > 0; n-- {
		if d := (*digits)[n-1]; int(d)+1 < base {
			(*digits)[n-1]++
			*digits = (*digits)[:n]
			return 0
		}
	}
	*digits = nil
	return 1
}

// wholeInBase writes zeros for the digits that a number this large does not have.
func wholeInBase(whole float64, base int) string {
	zeros := 0
	for whole >= float64(base)*(1<<53) {
		whole /= float64(base)
		zeros++
	}
	var text []byte
	for more := true; more; more = whole > 0 {
		digit := math.Mod(whole, float64(base))
		text = append(text, digitCharacters[int(digit)])
		whole = (whole - digit) / float64(base)
	}
	slices.Reverse(text)
	return string(text) + strings.Repeat("0", zeros)
}
