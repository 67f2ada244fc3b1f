package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// param is one query parameter as it was given, unescaped.
type param struct{ name, value string }

// params are the query parameters of a Backstage route, in the order of the URL.
type params []param

// readParams takes the parameters that the route knows. Like Backstage's validation it
// refuses unknown ones, and one that is given once and is empty.
func readParams(r *http.Request, known ...string) (params, error) {
	p := parseParams(r.URL.RawQuery)
	for _, given := range p {
		if !slices.Contains(known, given.name) {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("Unknown query parameter '%s'", errs.Clip(given.name)))
		}
		if given.value == "" && len(p.all(given.name)) == 1 {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("Empty value found for query parameter '%s'", given.name))
		}
	}
	return p, nil
}

// parseParams reads a query string as JavaScript's servers do: a semicolon is no separator,
// and what is escaped badly stands for itself.
func parseParams(query string) params {
	var p params
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		p = append(p, param{name: unescape(name), value: unescape(value)})
	}
	return p
}

func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return strings.ReplaceAll(s, "+", " ")
}

// all gives every value of a parameter.
func (p params) all(name string) []string {
	var out []string
	for _, given := range p {
		if given.name == name {
			out = append(out, given.value)
		}
	}
	return out
}

func (p params) has(name string) bool {
	return slices.ContainsFunc(p, func(given param) bool { return given.name == name })
}

// one gives a parameter that may be given once, "" when it is not there.
func (p params) one(name string) (string, error) {
	values := p.all(name)
	switch len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", errs.New(errs.Invalid, "request/query/"+name+" must be string")
}

// enum gives a parameter that is one of the allowed values, "" when it is not there.
func (p params) enum(name string, allowed ...string) (string, error) {
	value, err := p.one(name)
	if err != nil || !p.has(name) || slices.Contains(allowed, value) {
		return value, err
	}
	return "", errs.New(errs.Invalid, "request/query/"+name+" must be equal to one of the allowed values: "+strings.Join(allowed, ", "))
}

// maxNumber is as good as no limit; what is larger is taken for it.
const maxNumber = 1<<31 - 1

// number reads a whole number of at least 0 in any decimal form, or gives fallback when the
// parameter is not there.
func (p params) number(name string, fallback int) (int, error) {
	values := p.all(name)
	if len(values) == 0 {
		return fallback, nil
	}
	text := strings.TrimSpace(values[0])
	n, err := strconv.ParseFloat(text, 64)
	if len(values) > 1 || strings.Trim(text, "0123456789.eE+-") != "" || (err != nil && n == 0) || n != float64(int64(n)) && n < maxNumber {
		return 0, errs.New(errs.Invalid, "request/query/"+name+" must be integer")
	}
	if n < 0 {
		return 0, errs.New(errs.Invalid, "request/query/"+name+" must be >= 0")
	}
	return int(min(n, maxNumber)), nil
}

// moment reads a time, nil when the parameter is not there. The plus of an offset may have
// been taken for a space.
func (p params) moment(name string) (*time.Time, error) {
	text, err := p.one(name)
	if err != nil || !p.has(name) {
		return nil, err
	}
	at, err := time.Parse(time.RFC3339, strings.ReplaceAll(text, " ", "+"))
	if err != nil {
		return nil, errs.New(errs.Invalid, "request/query/"+name+" must be a time such as 2026-11-22T09:00:00Z")
	}
	return &at, nil
}

// with gives the parameters with one of them set: in place of its first value, or behind
// the others.
func (p params) with(name, value string) params {
	at := slices.IndexFunc(p, func(given param) bool { return given.name == name })
	if at < 0 {
		return append(slices.Clone(p), param{name, value})
	}
	out := append(slices.Clone(p[:at]), param{name, value})
	return append(out, p[at+1:].without(name)...)
}

func (p params) without(name string) params {
	return slices.DeleteFunc(slices.Clone(p), func(given param) bool { return given.name == name })
}

// encode gives a query string, escaped as browsers do it (URL standard,
// application/x-www-form-urlencoded).
func (p params) encode() string {
	var b strings.Builder
	for i, given := range p {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escape(given.name) + "=" + escape(given.value))
	}
	return b.String()
}

func escape(s string) string {
	return strings.NewReplacer("~", "%7E", "%2A", "*").Replace(url.QueryEscape(s))
}
