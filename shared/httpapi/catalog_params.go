package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

// params are the query parameters of a Backstage route.
type params url.Values

// readParams takes the parameters that the route knows. Like Backstage's OpenAPI
// validation it refuses unknown ones and empty values.
func readParams(r *http.Request, known ...string) (params, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "the query string can't be read", err)
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("Unknown query parameter '%.60s'", name))
		}
		if slices.Contains(values[name], "") {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("Empty value found for query parameter '%s'", name))
		}
	}
	return params(values), nil
}

func (p params) all(name string) []string { return p[name] }

func (p params) one(name string) string { return url.Values(p).Get(name) }

// number reads a whole number, or gives fallback when the parameter is not there.
func (p params) number(name string, fallback int) (int, error) {
	values := p[name]
	if len(values) == 0 {
		return fallback, nil
	}
	n, err := strconv.Atoi(values[0])
	if err != nil || len(values) > 1 {
		return 0, errs.New(errs.Invalid, "request/query/"+name+" must be integer")
	}
	if n < 0 {
		return 0, errs.New(errs.Invalid, "request/query/"+name+" must be >= 0")
	}
	return n, nil
}

// requestBody is the JSON object of a Backstage request, read with the messages of its
// OpenAPI validation.
type requestBody map[string]any

// readBody reads a JSON object; an absent body is an empty one.
func readBody(r *http.Request) (requestBody, error) {
	raw, err := ReadBody(r)
	if err != nil || len(bytes.TrimSpace(raw)) == 0 {
		return requestBody{}, err
	}
	if err := requireJSON(r); err != nil {
		return nil, err
	}
	if !json.Valid(raw) {
		var ignored any
		return nil, syntaxError(json.Unmarshal(raw, &ignored))
	}
	report, err := strictjson.Scan(raw, maxDepth)
	if err != nil || len(report.Duplicates) > 0 {
		return nil, errs.Wrap(errs.Invalid, "the body is nested too deeply, not UTF-8 or names a member twice", err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, errs.Wrap(errs.Invalid, "the body can't be read", err)
	}
	body, ok := v.(map[string]any)
	if !ok {
		return nil, errs.New(errs.Invalid, "request/body must be object")
	}
	return body, nil
}

// syntaxError tells a truncated body in V8's words, which clients show.
func syntaxError(err error) error {
	if err != nil && err.Error() == "unexpected end of JSON input" {
		return errs.Wrap(errs.Invalid, "Unexpected end of JSON input", err)
	}
	return errs.Wrap(errs.Invalid, "the body is not valid JSON", err)
}

// maxListed bounds the lists in a body.
const maxListed = 5000

func (b requestBody) texts(name string, required bool) ([]string, error) {
	v, ok := b[name]
	if !ok {
		if required {
			return nil, missingMember(name)
		}
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, wrongMember(name, "array")
	}
	if len(list) > maxListed {
		return nil, errs.New(errs.Invalid, fmt.Sprintf("request/body/%s must NOT have more than %d items", name, maxListed))
	}
	out := make([]string, 0, len(list))
	for i, item := range list {
		s, ok := item.(string)
		if !ok {
			return nil, wrongMember(fmt.Sprintf("%s/%d", name, i), "string")
		}
		out = append(out, s)
	}
	return out, nil
}

func (b requestBody) text(name string, required bool) (string, error) {
	v, ok := b[name]
	if !ok {
		if required {
			return "", missingMember(name)
		}
		return "", nil
	}
	s, ok := v.(string)
	if !ok {
		return "", wrongMember(name, "string")
	}
	return s, nil
}

func (b requestBody) object(name string) (map[string]any, error) {
	v, ok := b[name]
	if !ok {
		return nil, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, wrongMember(name, "object")
	}
	return m, nil
}

func (b requestBody) number(name string, fallback int) (int, error) {
	v, ok := b[name]
	if !ok {
		return fallback, nil
	}
	f, ok := v.(float64)
	if !ok || f != float64(int32(f)) {
		return 0, wrongMember(name, "integer")
	}
	if f < 0 {
		return 0, errs.New(errs.Invalid, "request/body/"+name+" must be >= 0")
	}
	return int(f), nil
}

func (b requestBody) fields() (*entity.Projection, error) {
	names, err := b.texts("fields", false)
	if err != nil {
		return nil, err
	}
	return entity.ParseFields(names)
}

func missingMember(name string) error {
	return errs.New(errs.Invalid, "request/body must have required property '"+name+"'")
}

func wrongMember(name, want string) error {
	return errs.New(errs.Invalid, "request/body/"+name+" must be "+want)
}
