package templating

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// dumper writes JSON the way JSON.stringify does: no HTML escaping, numbers as
// JavaScript prints them, undefined members left out.
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
		d.put(quote(v))
	case safe:
		d.put(quote(string(v)))
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
	for _, k := range o.keys {
		v := o.values[k]
		switch v.(type) {
		case Undefined, *function:
			continue
		}
		d.lead(n, inner)
		n++
		d.put(quote(k))
		d.put(":")
		if d.indent != "" {
			d.put(" ")
		}
		d.value(v, inner)
	}
	d.tail(n, margin)
	d.put("}")
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
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\b':
			b.WriteString(`\b`)
		case c == '\f':
			b.WriteString(`\f`)
		case c < 0x20:
			const hex = "0123456789abcdef"
			b.WriteString(`\u00` + string(hex[c>>4]) + string(hex[c&15]))
		case c == utf8.RuneError:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
