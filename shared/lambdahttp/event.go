package lambdahttp

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/rawjson"
)

// event is the part of an HTTP API event that a request is made of.
type event struct {
	rawPath, rawQuery                                string
	cookies                                          []string
	headers                                          []field
	body                                             string
	base64                                           bool
	stage, requestID, domainName, method, sourceAddr string
}

// field is a header's name as it came with its value.
type field struct{ name, value string }

var errNoEvent = errors.New("this is not an event of an HTTP API in payload format 2.0")

// walk reads the members of one object of the event. It keeps the first thing that is not
// as it should be.
type walk struct {
	doc []byte
	err error
}

// decode reads an event where it lies. Lambda passes on nothing but valid JSON, so what a
// request is not made of is skipped, not checked: that takes a fifth of the time.
func decode(payload []byte) (*event, error) {
	e := &event{}
	w := walk{doc: payload}
	w.object(0, func(m rawjson.Member) {
		switch string(m.Name) {
		case "rawPath":
			w.text(&e.rawPath, m)
		case "rawQueryString":
			w.text(&e.rawQuery, m)
		case "cookies":
			w.texts(&e.cookies, m)
		case "headers":
			e.headers = make([]field, 0, 24)
			w.object(m.Value, func(m rawjson.Member) {
				f := field{name: string(m.Name)}
				w.text(&f.value, m)
				e.headers = append(e.headers, f)
			})
		case "body":
			w.text(&e.body, m)
		case "isBase64Encoded":
			e.base64 = string(payload[m.Value:m.End]) == "true"
		case "requestContext":
			w.requestContext(e, m)
		}
	})
	if w.err != nil {
		return nil, w.err
	}
	if e.method == "" {
		return nil, errNoEvent
	}
	return e, nil
}

func (w *walk) requestContext(e *event, of rawjson.Member) {
	w.object(of.Value, func(m rawjson.Member) {
		switch string(m.Name) {
		case "stage":
			w.text(&e.stage, m)
		case "requestId":
			w.text(&e.requestID, m)
		case "domainName":
			w.text(&e.domainName, m)
		case "http":
			w.object(m.Value, func(m rawjson.Member) {
				switch string(m.Name) {
				case "method":
					w.text(&e.method, m)
				case "sourceIp":
					w.text(&e.sourceAddr, m)
				}
			})
		}
	})
}

// null is how an absent value may be written.
const null = "null"

func (w *walk) object(pos int, each func(m rawjson.Member)) {
	o := rawjson.ObjectAt(w.doc, pos)
	for m, ok := o.Next(); ok && w.err == nil; m, ok = o.Next() {
		each(m)
	}
	if isNull := pos > 0 && string(w.doc[pos:min(pos+len(null), len(w.doc))]) == null; !o.Whole() && !isNull && w.err == nil {
		w.err = errors.New("decoding the HTTP API event: an object is expected")
	}
}

func (w *walk) text(into *string, m rawjson.Member) {
	value := w.doc[m.Value:m.End]
	s, ok := rawjson.Text(value)
	if !ok && string(value) != null {
		w.err = fmt.Errorf("decoding the HTTP API event: %s is not a string", m.Name)
	}
	*into = s
}

// texts reads a list; most events have none.
func (w *walk) texts(into *[]string, m rawjson.Member) {
	if err := json.Unmarshal(w.doc[m.Value:m.End], into); err != nil {
		w.err = fmt.Errorf("decoding %s of the HTTP API event: %w", m.Name, err)
	}
}
