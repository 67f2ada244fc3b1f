package templating

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// dumper writes JSON the way JSON.stringify does: no HTML escaping, numbers as
// JavaScript prints them, undefined members left out. Only what YAML could not take is
// escaped besides.
type dumper struct {
	r      *run
	at     int
	indent string
	out    strings.Builder
}

// dump gives the JSON of v, and false when v has none (undefined, a function).
func (r *run) dump(at int, v any, indent string) (string, bool) {
	d := &dumper{r: r, at: at, indent: indent}
	if !d.value(v, "") {
		return "", false
	}
	return d.out.String(), true
}

func (d *dumper) put(s string) {
	d.r.budget.text(d.at, int64(len(s)))
	d.out.WriteString(s)
}

// text writes a string; what quoting takes on the way is accounted for before it is taken.
func (d *dumper) text(s string) {
	d.r.budget.spend(d.at, int64(len(s))/8) // quoting looks at every byte
	d.r.budget.text(d.at, 2*int64(len(s)))
	d.put(quote(s))
}

func (d *dumper) value(v any, margin string) bool {
	switch v := v.(type) {
	case nil:
		d.put("null")
	case bool:
		d.put(strconv.FormatBool(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			d.put("null")
			break
		}
		d.put(numberText(v))
	case string:
		d.text(v)
	case safe:
		d.text(string(v))
	case *array:
		d.list(v, margin)
	case *object:
		d.object(v, margin)
	case *pattern:
		d.put("{}")
	default:
		return false
	}
	return true
}

func (d *dumper) list(a *array, margin string) {
	d.r.deeper(d.at)
	defer d.r.shallower()
	inner := margin + d.indent
	d.put("[")
	for i, item := range a.items {
		d.lead(i, inner)
		if !d.value(item, inner) {
			d.put("null")
		}
	}
	d.tail(len(a.items), margin)
	d.put("]")
}

func (d *dumper) object(o *object, margin string) {
	d.r.deeper(d.at)
	defer d.r.shallower()
	inner := margin + d.indent
	d.put("{")
	n := 0
	for _, k := range o.names() {
		v := o.values[k]
		switch v.(type) {
		case Undefined, *function:
			continue
		}
		d.lead(n, inner)
		n++
		d.text(k)
		d.put(":")
		if d.indent != "" {
			d.put(" ")
		}
		d.value(v, inner)
	}
	d.tail(n, margin)
	d.put("}")
}

// EncodeJSON writes plain data as the dump filter does. Halves of characters are escaped.
func EncodeJSON(ctx context.Context, v any) (text string, err error) {
	defer rescue("value", "", &err)
	e := &Engine{limits: Limits{Work: math.MaxInt64 / 2, Scratch: math.MaxInt64 / 2}.withDefaults()}
	r := newRun(e, newBudget(ctx, e.limits), nil)
	text, _ = r.dump(0, r.take(0, v, 0), "")
	return text, nil
}

// lead writes what stands in front of element i.
func (d *dumper) lead(i int, margin string) {
	if i > 0 {
		d.put(",")
	}
	if d.indent != "" {
		d.put("\n" + margin)
	}
}

func (d *dumper) tail(n int, margin string) {
	if n > 0 && d.indent != "" {
		d.put("\n" + margin)
	}
}

func quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2 + len(s)/8)
	b.WriteByte('"')
	plain := 0 // what lies from here to i needs no escape
	for i := 0; i < len(s); {
		if plainASCII(s[i]) {
			i++
			continue
		}
		c, size := decode(s[i:])
		if c == utf8.RuneError || isHalf(c) || c < 0x20 || c == '"' || c == '\\' || breaksYAML(c) {
			b.WriteString(s[plain:i])
			b.WriteString(escaped(c))
			plain = i + size
		}
		i += size
	}
	b.WriteString(s[plain:])
	b.WriteByte('"')
	return b.String()
}

func plainASCII(c byte) bool { return c >= ' ' && c < 0x7f && c != '"' && c != '\\' }

func escaped(c rune) string {
	switch c {
	case utf8.RuneError:
		return string(c)
	case '"':
		return `\"`
	case '\\':
		return `\\`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	case '\b':
		return `\b`
	case '\f':
		return `\f`
	}
	return fmt.Sprintf(`\u%04x`, c)
}

// breaksYAML knows the characters that JSON.stringify writes as they are and YAML takes
// for line breaks or not at all (YAML 1.2 §5.1, YAML 1.1 §5.4). Escaped they mean the same
// in JSON, and what dump gives can stand in YAML: skeletons write their values that way.
func breaksYAML(c rune) bool {
	return (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff
}
