package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

// bodySchema is what Backstage's OpenAPI document demands of a JSON value, as far as its
// routes have need of it.
type bodySchema struct {
	kind     string // "object", "array", "string", "number" or "integer"
	required []string
	members  []bodyMember // in the order they are checked in
	closed   bool         // no other members
	others   []bodySchema // one: what each member is like that is not among members
	items    []bodySchema // one: what each item is like
	allowed  []string     // of a string
}

type bodyMember struct {
	name string
	bodySchema
}

// bodyFault is the first thing wrong with a value: where, what, and what it is about.
type bodyFault struct{ at, message, param string }

// below puts a fault of a part of a value to where that part is; nil stays nil.
func (f *bodyFault) below(name string) *bodyFault {
	if f != nil {
		f.at = "/" + name + f.at
	}
	return f
}

// check looks for the first fault of the value at a place.
func (s bodySchema) check(at string, v any) *bodyFault {
	f := s.fault(v)
	if f != nil {
		f.at = at + f.at
	}
	return f
}

// fault looks for the first fault in the order in which Ajv, Backstage's validator, does:
// the type, what is missing, what is too much, then the members. Its place begins at v.
func (s bodySchema) fault(v any) *bodyFault {
	if !s.fits(v) {
		return &bodyFault{"", "must be " + s.kind, "type: " + s.kind}
	}
	switch v := v.(type) {
	case map[string]any:
		return s.faultOfObject(v)
	case []any:
		for i, item := range v {
			if len(s.items) == 0 {
				break
			}
			if f := s.items[0].fault(item); f != nil {
				return f.below(strconv.Itoa(i))
			}
		}
	case string:
		if s.allowed != nil && !slices.Contains(s.allowed, v) {
			return &bodyFault{"", "must be equal to one of the allowed values: " + strings.Join(s.allowed, ", "), ""}
		}
	}
	return nil
}

func (s bodySchema) faultOfObject(m map[string]any) *bodyFault {
	for _, name := range s.required {
		if _, ok := m[name]; !ok {
			return &bodyFault{"", "must have required property '" + name + "'", "missingProperty: " + name}
		}
	}
	if s.closed {
		for name := range m {
			if !slices.ContainsFunc(s.members, func(known bodyMember) bool { return known.name == name }) {
				return &bodyFault{"", "must NOT have additional properties", "additionalProperty: " + errs.Clip(name)}
			}
		}
	}
	for _, member := range s.members {
		v, ok := m[member.name]
		if !ok {
			continue
		}
		if f := member.fault(v); f != nil {
			return f.below(member.name)
		}
	}
	return s.faultOfOthers(m)
}

func (s bodySchema) faultOfOthers(m map[string]any) *bodyFault {
	if len(s.others) == 0 {
		return nil
	}
	for _, name := range sortedNames(m) {
		if slices.ContainsFunc(s.members, func(known bodyMember) bool { return known.name == name }) {
			continue
		}
		if f := s.others[0].fault(m[name]); f != nil {
			return f.below(errs.Clip(name))
		}
	}
	return nil
}

func (s bodySchema) fits(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return s.kind == "object"
	case []any:
		return s.kind == "array"
	case string:
		return s.kind == "string"
	case float64:
		return s.kind == "number" || s.kind == "integer" && v == float64(int64(v))
	}
	return false
}

var (
	anyText   = bodySchema{kind: "string"}
	anyTexts  = bodySchema{kind: "array", items: []bodySchema{anyText}}
	anyNumber = bodySchema{kind: "number"}
	anyObject = bodySchema{kind: "object"}

	textsByName = bodySchema{kind: "object", others: []bodySchema{anyText}}
)

// requestBody is the JSON object of a Backstage request that fits its schema.
type requestBody map[string]any

// readBody reads a JSON object and checks it. With optional, a request without a media type
// may leave it out altogether.
func readBody(r *http.Request, s bodySchema, optional bool) (requestBody, error) {
	raw, err := ReadBody(r)
	if err != nil {
		return nil, err
	}
	if r.Header.Get("Content-Type") == "" && optional && len(raw) == 0 {
		return requestBody{}, nil
	}
	body, err := decodeBody(r, raw)
	if err != nil {
		return nil, err
	}
	if f := s.check("request/body", body); f != nil {
		return nil, errs.New(errs.Invalid, f.at+" "+f.message)
	}
	return body.(map[string]any), nil
}

// decodeBody reads JSON; a body of no bytes is an empty object.
func decodeBody(r *http.Request, raw []byte) (any, error) {
	if err := requireMedia(r); err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return map[string]any{}, nil
	}
	report, err := strictjson.Scan(raw, maxDepth)
	if err != nil && !json.Valid(raw) {
		var ignored any
		return nil, syntaxError(json.Unmarshal(raw, &ignored))
	}
	if err != nil || len(report.Duplicates) > 0 {
		return nil, errs.Wrap(errs.Invalid, "the body is nested too deeply, not UTF-8 or names a member twice", err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, errs.Wrap(errs.Invalid, "the body can't be read", err)
	}
	return v, nil
}

// requireMedia refuses what is not JSON, in the words of Backstage's validator.
func requireMedia(r *http.Request) error {
	given := r.Header.Get("Content-Type")
	if given == "" {
		return errs.New(errs.Invalid, "media type not specified")
	}
	media, options, err := mime.ParseMediaType(given)
	if err != nil {
		media, _, _ = strings.Cut(given, ";")
	}
	if media = strings.ToLower(strings.TrimSpace(media)); media != "application/json" {
		if charset := options["charset"]; charset != "" {
			media += "; charset=" + strings.ToLower(charset)
		}
		return errs.New(errs.Invalid, "unsupported media type "+errs.Clip(media))
	}
	return requireJSON(r)
}

// syntaxError tells a truncated body in V8's words, which clients show.
func syntaxError(err error) error {
	if err != nil && err.Error() == "unexpected end of JSON input" {
		return errs.Wrap(errs.Invalid, "Unexpected end of JSON input", err)
	}
	return errs.Wrap(errs.Invalid, "the body is not valid JSON", err)
}

func (b requestBody) has(name string) bool {
	_, ok := b[name]
	return ok
}

// text gives a member that the schema says is a string.
func (b requestBody) text(name string) string {
	s, _ := b[name].(string)
	return s
}

// maxListed bounds the lists in a body.
const maxListed = 5000

// texts gives a member that the schema says is a list of strings.
func (b requestBody) texts(name string) ([]string, error) {
	list, _ := b[name].([]any)
	if len(list) > maxListed {
		return nil, errs.New(errs.Invalid, fmt.Sprintf("request/body/%s must NOT have more than %d items", name, maxListed))
	}
	out := make([]string, 0, len(list))
	for _, item := range list {
		s, _ := item.(string)
		out = append(out, s)
	}
	return out, nil
}

// object gives a member that the schema says is an object, nil when it is not there.
func (b requestBody) object(name string) map[string]any {
	m, _ := b[name].(map[string]any)
	return m
}

// textMap gives a member that the schema says is an object of strings, nil when it is not
// there.
func (b requestBody) textMap(name string) map[string]string {
	m := b.object(name)
	if m == nil {
		return nil
	}
	out := make(map[string]string, len(m))
	for key, v := range m {
		out[key], _ = v.(string)
	}
	return out
}

// number gives a member that the schema says is a number, as a whole one of at least 0.
func (b requestBody) number(name string, fallback int) (int, error) {
	f, ok := b[name].(float64)
	switch {
	case !ok:
		return fallback, nil
	case f < 0:
		return 0, errs.New(errs.Invalid, "request/body/"+name+" must be >= 0")
	case f < maxNumber && f != float64(int64(f)):
		return 0, errs.New(errs.Invalid, "request/body/"+name+" must be integer")
	}
	return int(min(f, maxNumber)), nil
}
