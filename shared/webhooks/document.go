package webhooks

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

// document reads a payload tolerantly: fields that are absent, null or of another type
// than expected are empty, because GitLab changes them between versions (durations become
// strings, objects become null). Only what an event is nothing without is missing.
type document struct {
	fields  map[string]any
	missing []errs.Field
	subject string // of the events: the project or group
}

func newDocument(body []byte) (*document, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // ids are beyond what float64 holds exactly
	var fields map[string]any
	if err := dec.Decode(&fields); err != nil || fields == nil {
		return nil, errs.Wrap(errs.Invalid, "the delivery's body is not a JSON object", err)
	}
	return &document{fields: fields}, nil
}

func (d *document) at(path ...string) any {
	var v any = d.fields
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

// text gives a string, printable and of at most that many bytes.
func (d *document) text(most int, path ...string) string {
	s, _ := d.at(path...).(string)
	return clean(s, most)
}

func (d *document) neededText(path ...string) string {
	s := d.text(maxName, path...)
	if s == "" {
		d.lacks("must be a text", path...)
	}
	return s
}

// texts gives the strings of an array.
func (d *document) texts(most int, path ...string) []string {
	values, _ := d.at(path...).([]any)
	var out []string
	for _, v := range values {
		if s, _ := v.(string); s != "" {
			out = append(out, clean(s, most))
		}
	}
	return out
}

// number gives a positive whole number that may be written as a string.
func (d *document) number(path ...string) int64 {
	var text string
	switch v := d.at(path...).(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (d *document) neededNumber(path ...string) int64 {
	n := d.number(path...)
	if n == 0 {
		d.lacks("must be a positive number", path...)
	}
	return n
}

func (d *document) lacks(message string, path ...string) {
	d.missing = append(d.missing, errs.Field{Pointer: strictjson.Pointer(path...), Message: message})
}

func (d *document) flag(path ...string) bool {
	b, _ := d.at(path...).(bool)
	return b
}

// list gives the objects of an array.
func (d *document) list(path ...string) []*document {
	values, _ := d.at(path...).([]any)
	var out []*document
	for _, v := range values {
		if m, ok := v.(map[string]any); ok {
			out = append(out, &document{fields: m})
		}
	}
	return out
}

// timeLayouts are the ways in which GitLab writes a time, depending on the event.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700"}

// time gives a time, zero when it can't be read.
func (d *document) time(path ...string) time.Time {
	s, _ := d.at(path...).(string)
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1970 && t.Year() < 10000 {
			return t.UTC()
		}
	}
	return time.Time{}
}

// clean drops what could forge a log line or a display and cuts at whole characters.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if len(s) <= most {
		return s
	}
	cut := 0
	for i := range s {
		if i > most {
			break
		}
		cut = i
	}
	return s[:cut]
}
