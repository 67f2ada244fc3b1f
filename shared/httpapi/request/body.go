package request

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

// Body is the JSON object of a Backstage request that fits its schema.
type Body map[string]any

// Read reads a JSON object and checks it. With optional, a request without a media type
// may leave it out altogether.
func Read(r *http.Request, s Schema, optional bool) (Body, error) {
	raw, err := httpapi.ReadBody(r)
	if err != nil {
		return nil, err
	}
	if r.Header.Get("Content-Type") == "" && optional && len(raw) == 0 {
		return Body{}, nil
	}
	body, err := Decode(r, raw)
	if err != nil {
		return nil, err
	}
	if f := s.Check("request/body", body); f != nil {
		return nil, errs.New(errs.Invalid, f.At+" "+f.Message)
	}
	return body.(map[string]any), nil
}

// Decode reads JSON; a body of no bytes is an empty object.
func Decode(r *http.Request, raw []byte) (any, error) {
	if err := requireMedia(r); err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return map[string]any{}, nil
	}
	report, err := strictjson.Scan(raw, httpapi.MaxDepth)
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
	return httpapi.RequireJSON(r)
}

// syntaxError tells a truncated body in V8's words, which clients show.
func syntaxError(err error) error {
	if err != nil && err.Error() == "unexpected end of JSON input" {
		return errs.Wrap(errs.Invalid, "Unexpected end of JSON input", err)
	}
	return errs.Wrap(errs.Invalid, "the body is not valid JSON", err)
}

// Has tells whether the member is there.
func (b Body) Has(name string) bool {
	_, ok := b[name]
	return ok
}

// Text gives a member that the schema says is a string.
func (b Body) Text(name string) string {
	s, _ := b[name].(string)
	return s
}

// maxListed bounds the lists in a body.
const maxListed = 5000

// Texts gives a member that the schema says is a list of strings.
func (b Body) Texts(name string) ([]string, error) {
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

// Object gives a member that the schema says is an object, nil when it is not there.
func (b Body) Object(name string) map[string]any {
	m, _ := b[name].(map[string]any)
	return m
}

// TextMap gives a member that the schema says is an object of strings, nil when it is not
// there.
func (b Body) TextMap(name string) map[string]string {
	m := b.Object(name)
	if m == nil {
		return nil
	}
	out := make(map[string]string, len(m))
	for key, v := range m {
		out[key], _ = v.(string)
	}
	return out
}

// Number gives a member that the schema says is a number, as a whole one of at least 0.
func (b Body) Number(name string, fallback int) (int, error) {
	f, ok := b[name].(float64)
	switch {
	case !ok:
		return fallback, nil
	case f < 0:
		return 0, errs.New(errs.Invalid, "request/body/"+name+" must be >= 0")
	case f < MaxNumber && f != float64(int64(f)):
		return 0, errs.New(errs.Invalid, "request/body/"+name+" must be integer")
	}
	return int(min(f, MaxNumber)), nil
}
