package request

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

// Param is one query parameter as it was given, unescaped.
type Param struct{ Name, Value string }

// Params are the query parameters of a Backstage route, in the order of the URL.
type Params []Param

// ReadParams takes the parameters that the route knows. Like Backstage's validation it
// refuses unknown ones, and one that is given once and is empty.
func ReadParams(r *http.Request, known ...string) (Params, error) {
	p := ParseParams(r.URL.RawQuery)
	for _, given := range p {
		if !slices.Contains(known, given.Name) {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("Unknown query parameter '%s'", errs.Clip(given.Name)))
		}
		if given.Value == "" && len(p.All(given.Name)) == 1 {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("Empty value found for query parameter '%s'", given.Name))
		}
	}
	return p, nil
}

// ParseParams reads a query string as JavaScript's servers do: a semicolon is no separator,
// and what is escaped badly stands for itself.
func ParseParams(query string) Params {
	var p Params
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		p = append(p, Param{Name: unescape(name), Value: unescape(value)})
	}
	return p
}

func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return strings.ReplaceAll(s, "+", " ")
}

// All gives every value of a parameter.
func (p Params) All(name string) []string {
	var out []string
	for _, given := range p {
		if given.Name == name {
			out = append(out, given.Value)
		}
	}
	return out
}

// Has tells whether a parameter is there.
func (p Params) Has(name string) bool {
	return slices.ContainsFunc(p, func(given Param) bool { return given.Name == name })
}

// One gives a parameter that may be given once, "" when it is not there.
func (p Params) One(name string) (string, error) {
	values := p.All(name)
	switch len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", errs.New(errs.Invalid, "request/query/"+name+" must be string")
}

// Enum gives a parameter that is one of the allowed values, "" when it is not there.
func (p Params) Enum(name string, allowed ...string) (string, error) {
	value, err := p.One(name)
	if err != nil || !p.Has(name) || slices.Contains(allowed, value) {
		return value, err
	}
	return "", errs.New(errs.Invalid, "request/query/"+name+" must be equal to one of the allowed values: "+strings.Join(allowed, ", "))
}

// MaxNumber is as good as no limit; what is larger is taken for it.
const MaxNumber = 1<<31 - 1

// Number reads a whole number of at least 0 in any decimal form, or gives fallback when the
// parameter is not there.
func (p Params) Number(name string, fallback int) (int, error) {
	values := p.All(name)
	if len(values) == 0 {
		return fallback, nil
	}
	text := strings.TrimSpace(values[0])
	n, err := strconv.ParseFloat(text, 64)
	if len(values) > 1 || strings.Trim(text, "0123456789.eE+-") != "" || (err != nil && n == 0) || n != float64(int64(n)) && n < MaxNumber {
		return 0, errs.New(errs.Invalid, "request/query/"+name+" must be integer")
	}
	if n < 0 {
		return 0, errs.New(errs.Invalid, "request/query/"+name+" must be >= 0")
	}
	return int(min(n, MaxNumber)), nil
}

// Moment reads a time, nil when the parameter is not there. The plus of an offset may have
// been taken for a space.
func (p Params) Moment(name string) (*time.Time, error) {
	text, err := p.One(name)
	if err != nil || !p.Has(name) {
		return nil, err
	}
	at, err := time.Parse(time.RFC3339, strings.ReplaceAll(text, " ", "+"))
	if err != nil {
		return nil, errs.New(errs.Invalid, "request/query/"+name+" must be a time such as 2026-11-22T09:00:00Z")
	}
	return &at, nil
}

// With gives the parameters with one of them set: in place of its first value, or behind
// the others.
func (p Params) With(name, value string) Params {
	at := slices.IndexFunc(p, func(given Param) bool { return given.Name == name })
	if at < 0 {
		return append(slices.Clone(p), Param{name, value})
	}
	out := append(slices.Clone(p[:at]), Param{name, value})
	return append(out, p[at+1:].Without(name)...)
}

// Without gives the parameters but for those of a name.
func (p Params) Without(name string) Params {
	return slices.DeleteFunc(slices.Clone(p), func(given Param) bool { return given.Name == name })
}

// Encode gives a query string, escaped as browsers do it (URL standard,
// application/x-www-form-urlencoded).
func (p Params) Encode() string {
	var b strings.Builder
	for i, given := range p {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escape(given.Name) + "=" + escape(given.Value))
	}
	return b.String()
}

func escape(s string) string {
	return strings.NewReplacer("~", "%7E", "%2A", "*").Replace(url.QueryEscape(s))
}
