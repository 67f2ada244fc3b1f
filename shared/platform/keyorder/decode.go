package keyorder

import (
	"fmt"
	"strconv"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/rawjson"
)

// Decode reads a document as encoding/json decodes it into an any, and the order of its keys:
// of one that is there twice the first place and the last value count. The document must be
// valid, as what an UnmarshalJSON is given; the error is about numbers that are too large.
func Decode(document []byte) (any, *Order, error) {
	d := decoder{doc: document}
	v, o := d.value()
	return v, o, d.err
}

// decoder reads a document in one go.
type decoder struct {
	doc []byte
	pos int
	err error // the first
}

// next gives the byte behind the spaces, without going past it; 0 at the end.
func (d *decoder) next() byte {
	for ; d.pos < len(d.doc); d.pos++ {
		switch c := d.doc[d.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// fail notes an error and ends the walk.
func (d *decoder) fail(message string) {
	if d.err == nil {
		d.err = errs.New(errs.Invalid, message)
	}
	d.pos = len(d.doc)
}

func (d *decoder) value() (any, *Order) {
	switch d.next() {
	case '{':
		return d.object()
	case '[':
		return d.list()
	case '"':
		return d.text(), nil
	case 't':
		d.pos += len("true")
		return true, nil
	case 'f':
		d.pos += len("false")
		return false, nil
	case 'n':
		d.pos += len("null")
		return nil, nil
	}
	return d.number(), nil
}

func (d *decoder) text() string {
	s, end := rawjson.TextAt(d.doc, d.pos)
	if end < 0 {
		d.fail("the document is not valid JSON")
		return ""
	}
	d.pos = end
	return s
}

func (d *decoder) number() float64 {
	begin := d.pos
	for ; d.pos < len(d.doc); d.pos++ {
		switch c := d.doc[d.pos]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			continue
		}
		break
	}
	text := string(d.doc[begin:d.pos])
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		d.fail(fmt.Sprintf("%s is not a number that can be kept", errs.Clip(strconv.Quote(text))))
	}
	return f
}

// object reads from an opening brace.
func (d *decoder) object() (any, *Order) {
	out := map[string]any{}
	var b ObjectBuilder
	for d.pos++; d.next() == '"'; d.past(',') {
		name := d.text()
		d.past(':')
		v, within := d.value()
		_, twice := out[name]
		out[name] = v
		b.Add(name, within, twice)
	}
	d.past('}')
	return out, b.Order()
}

// list reads from an opening bracket.
func (d *decoder) list() (any, *Order) {
	out, items := []any{}, []*Order(nil)
	d.pos++
	for c := d.next(); c != ']' && c != 0; c = d.next() {
		v, within := d.value()
		if within != nil {
			items = append(items, make([]*Order, len(out)-len(items))...)
			items = append(items, within)
		}
		out = append(out, v)
		d.past(',')
	}
	d.past(']')
	return out, OfList(items)
}

// past goes past a byte if it is the next.
func (d *decoder) past(c byte) {
	if d.next() == c {
		d.pos++
	}
}
