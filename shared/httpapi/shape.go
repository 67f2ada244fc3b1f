package httpapi

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// mismatches compares a valid document with the Go type it is going to be decoded into.
// encoding/json would stop at the first difference and ignores the case of names.
func mismatches(body []byte, into any) []errs.Field {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return []errs.Field{{Message: "is not one JSON value"}}
	}
	var s shape
	if doc == nil { // decoding null would change nothing and succeed
		s.report("must not be null")
	}
	s.compare(reflect.TypeOf(into).Elem(), doc)
	return s.fields
}

type shape struct {
	path   []string
	fields []errs.Field
}

func (s *shape) report(message string) {
	s.fields = append(s.fields, errs.Field{Pointer: strictjson.Pointer(s.path...), Message: message})
}

// at compares a part of the document, one step down.
func (s *shape) at(step string, t reflect.Type, v any) {
	s.path = append(s.path, step)
	s.compare(t, v)
	s.path = s.path[:len(s.path)-1]
}

func (s *shape) compare(t reflect.Type, v any) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	decodesItself := reflect.PointerTo(t).Implements(jsonUnmarshaler)
	if v == nil || decodesItself || t.Kind() == reflect.Interface {
		return
	}
	if reflect.PointerTo(t).Implements(textUnmarshaler) {
		s.scalar(v, "a string")
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		s.object(t, v)
	case reflect.Map:
		s.mapping(t, v)
	case reflect.Slice, reflect.Array:
		s.list(t, v)
	default:
		s.scalar(v, scalarName(t))
	}
}

func (s *shape) object(t reflect.Type, v any) {
	doc, ok := v.(map[string]any)
	if !ok {
		s.report("must be an object")
		return
	}
	known := members(t)
	for _, name := range sortedNames(doc) {
		if m, ok := known[name]; ok {
			s.at(name, m, doc[name])
			continue
		}
		s.path = append(s.path, name)
		s.report("is not known here")
		s.path = s.path[:len(s.path)-1]
	}
}

func (s *shape) mapping(t reflect.Type, v any) {
	doc, ok := v.(map[string]any)
	if !ok {
		s.report("must be an object")
		return
	}
	for _, name := range sortedNames(doc) {
		s.at(name, t.Elem(), doc[name])
	}
}

func (s *shape) list(t reflect.Type, v any) {
	if t.Elem().Kind() == reflect.Uint8 {
		s.scalar(v, "a string")
		return
	}
	doc, ok := v.([]any)
	if !ok {
		s.report("must be an array")
		return
	}
	for i, e := range doc {
		s.at(strconv.Itoa(i), t.Elem(), e)
	}
}

func (s *shape) scalar(v any, want string) {
	if got := typeName(v); got != want && (want != "an integer" || !isInteger(v)) {
		s.report("must be " + want)
	}
}

func isInteger(v any) bool {
	n, ok := v.(json.Number)
	return ok && !strings.ContainsAny(n.String(), ".eE")
}

func typeName(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	}
	return "something else"
}

func scalarName(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.String:
		return "a string"
	case t.Kind() == reflect.Bool:
		return "a boolean"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uintptr:
		return "an integer"
	}
	return "a number"
}

// members gives the names that encoding/json knows for a struct, with embedded structs.
func members(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || (f.Anonymous && name == "") {
			continue
		}
		if name == "" {
			name = f.Name
		}
		out[name] = f.Type
	}
	return out
}

func sortedNames(doc map[string]any) []string {
	names := make([]string, 0, len(doc))
	for n := range doc {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
