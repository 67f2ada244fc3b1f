package searchapi

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/search"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// maxSearchTerm is the longest term in UTF-16 units.
const maxSearchTerm = 100

// searchParams are the parameters of a search, by their names.
type searchParams map[string][]nestedParam

// readSearch reads the parameters in two steps, as Backstage does: by its OpenAPI document,
// whose first complaint is told, and by a schema, whose complaints are all told.
func readSearch(raw string) (q search.Query, err error) {
	p := searchParams{}
	for _, param := range parseNested(raw) {
		p[param.path[0]] = append(p[param.path[0]], param)
	}
	if q.Term, err = p.text("term"); err != nil {
		return q, err
	}
	if q.Filters, err = p.filters(); err != nil {
		return q, err
	}
	types, err := p.types()
	if err != nil {
		return q, err
	}
	if q.Cursor, err = p.text("pageCursor"); err != nil {
		return q, err
	}
	limit, err := p.limit()
	if err != nil {
		return q, err
	}
	q.PageLimit = int(math.Max(limit, -search.MaxPage*search.MaxPage))
	return q, checkSearch(q.Term, types, limit)
}

func (p searchParams) text(name string) (string, error) {
	given := p[name]
	switch {
	case len(given) == 0:
		return "", nil
	case len(given) > 1 || len(given[0].path) > 1:
		return "", wrongParam(name, "string")
	}
	return given[0].value, nil
}

func (p searchParams) limit() (float64, error) {
	given := p["pageLimit"]
	if len(given) == 0 {
		return 0, nil
	}
	n, ok := wholeNumber(given[0].value)
	if !ok || len(given) > 1 || len(given[0].path) > 1 {
		return 0, wrongParam("pageLimit", "integer")
	}
	return n, nil
}

// wholeNumber reads a number as JavaScript converts a text that is not empty.
func wholeNumber(s string) (float64, bool) {
	if s == "" {
		return 0, false
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, true
	}
	if strings.Trim(s, "+-.0123456789eE") == "" {
		f, err := strconv.ParseFloat(s, 64)
		return f, err == nil && f == math.Trunc(f)
	}
	for prefix, base := range map[string]int{"0x": 16, "0o": 8, "0b": 2} {
		if digits, ok := strings.CutPrefix(strings.ToLower(s), prefix); ok {
			n, err := strconv.ParseUint(digits, base, 53)
			return float64(n), err == nil
		}
	}
	return 0, false
}

func (p searchParams) types() ([]string, error) {
	given := p["types"]
	if len(given) == 1 && len(given[0].path) == 1 && given[0].value == "" {
		return nil, wrongParam("types", "array")
	}
	for _, g := range given {
		if len(g.path) > 2 || len(g.path) == 2 && !isIndex(g.path[1]) {
			return nil, wrongParam("types/0", "string")
		}
	}
	slices.SortStableFunc(given, func(a, b nestedParam) int { return cmp.Compare(place(a), place(b)) })
	out := make([]string, 0, len(given))
	for _, g := range given {
		out = append(out, g.value)
	}
	return out, nil
}

// place gives the place in a list that a parameter names, the end when it names none.
func place(p nestedParam) int {
	if len(p.path) == 2 {
		if i, err := strconv.Atoi(p.path[1]); err == nil {
			return i
		}
	}
	return math.MaxInt
}

// filters reads filters[field]=value, filters[field][0]=value and filters={"field":"value"}.
func (p searchParams) filters() ([]search.Filter, error) {
	given := p["filters"]
	if len(given) == 0 {
		return nil, nil
	}
	fields, named := map[string][]nestedParam{}, false
	for _, g := range given {
		if len(g.path) == 1 {
			if len(given) > 1 {
				return nil, wrongParam("filters", "object")
			}
			return jsonFilters(g.value)
		}
		named = named || !isIndex(g.path[1])
		fields[g.path[1]] = append(fields[g.path[1]], g)
	}
	if !named {
		return nil, wrongParam("filters", "object")
	}
	out := make([]search.Filter, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, search.Filter{Field: name, Values: nestedValues(fields[name])})
	}
	return out, nil
}

// nestedValues gives the values of a filter. One that is an object has none.
func nestedValues(given []nestedParam) (out []string) {
	for _, g := range given {
		switch {
		case len(g.path) == 2:
			out = append(out, g.value)
		case !isIndex(g.path[2]):
			return nil
		case !slices.ContainsFunc(g.path[3:], func(step string) bool { return !isIndex(step) }):
			out = append(out, g.value)
		}
	}
	return out
}

func jsonFilters(text string) ([]search.Filter, error) {
	if text == "" {
		return nil, nil
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		return nil, wrongParam("filters", "object")
	}
	out := make([]search.Filter, 0, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		out = append(out, search.Filter{Field: name, Values: jsonValues(object[name])})
	}
	return out, nil
}

// jsonValues gives the scalars of a value, in lists of lists too.
func jsonValues(v any) (out []string) {
	switch v := v.(type) {
	case nil, map[string]any:
		return nil
	case []any:
		for _, item := range v {
			out = append(out, jsonValues(item)...)
		}
		return out
	case string:
		return []string{v}
	default:
		return []string{entity.ScalarText(v)}
	}
}

func wrongParam(name, want string) error {
	return errs.New(errs.Invalid, "request/query/"+name+" must be "+want)
}

// issue is a complaint in the form of zod, which Backstage's answers show.
type issue struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Path    []any  `json:"path"`
}

// maxIssues bounds the complaints that one answer tells.
const maxIssues = 20

func checkSearch(term string, types []string, limit float64) error {
	var issues []issue
	if n := len(utf16.Encode([]rune(term))); n > maxSearchTerm {
		issues = append(issues, tooGreat("term", "term length", strconv.Itoa(n), maxSearchTerm))
	}
	for i, t := range types {
		if t != search.TypeCatalog && len(issues) < maxIssues {
			issues = append(issues, issue{"custom", "Invalid input", []any{"types", i}})
		}
	}
	if limit > search.MaxPage {
		issues = append(issues, tooGreat("pageLimit", "page limit", strconv.FormatFloat(limit, 'f', -1, 64), search.MaxPage))
	}
	if len(issues) == 0 {
		return nil
	}
	text, err := json.MarshalIndent(issues, "", "  ")
	if err != nil {
		return errs.Wrap(errs.Internal, "the complaints about a search can't be told", err)
	}
	return errs.New(errs.Invalid, "Invalid query string: "+string(text))
}

func tooGreat(param, what, got string, most int) issue {
	return issue{"custom", "The " + what + ` "` + errs.Clip(got) + `" is greater than "` + strconv.Itoa(most) + `"`, []any{param}}
}
