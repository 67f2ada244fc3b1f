package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/form/draft07"
)

// Limits of one submission.
const (
	MaxBytes = 256 << 10 // of the values as JSON
	MaxDepth = 32
)

// Config is what a Form is made of.
type Config struct {
	// Pages are the JSON Schemas of the template's pages, as decoded from JSON.
	Pages []map[string]any
	// Pointer is where the values are in the request, for example "/values"; it is put
	// in front of every pointer in an error.
	Pointer string
	// Open takes values that no page asks for, as they are.
	Open bool
}

// Form validates the values submitted for one template. It is safe for concurrent use.
type Form struct {
	pages   []page
	pointer string
	open    bool
}

type page struct {
	schema   map[string]any
	compiled *draft07.Schema
	names    map[string]bool // the values that this page asks for, whatever else is chosen
	open     bool            // the page takes values of any name
	// unchecked are patterns that mean too much for this side; frontends check them.
	unchecked []string
}

// New compiles the pages. A schema that is malformed, too costly or refers outside its
// page is Invalid.
func New(c Config) (*Form, error) {
	f := &Form{pointer: c.Pointer, open: c.Open}
	for i, schema := range c.Pages {
		p, err := newPage(i, schema)
		if err != nil {
			return nil, fmt.Errorf("reading page %d of the form: %w", i+1, err)
		}
		f.pages = append(f.pages, p)
	}
	return f, nil
}

func newPage(i int, schema map[string]any) (page, error) {
	plain, err := normalise(schema)
	if err != nil {
		return page{}, errs.Wrap(errs.Invalid, "the schema has no JSON form", err)
	}
	schema = plain.(map[string]any)
	delete(schema, "$schema")
	delete(schema, "$id")
	if err := checkCost(schema); err != nil {
		return page{}, err
	}
	compiled, unchecked, err := compile(i, schema)
	if err != nil {
		return page{}, err
	}
	names := map[string]bool{}
	collectNames(schema, schema, names, 0)
	return page{schema: schema, compiled: compiled, names: names, open: schema["additionalProperties"] == true, unchecked: unchecked}, nil
}

func compile(i int, schema map[string]any) (*draft07.Schema, []string, error) {
	var unchecked []string
	compiled, err := draft07.Compile(draft07.Config{
		Schema: schema,
		Pattern: func(source string) (draft07.Pattern, error) {
			p, err := newPattern(source)
			if err == nil && p.main == nil {
				unchecked = append(unchecked, source)
			}
			return p, err
		},
		Formats: map[string]func(string) error{"time": checkTime, "regex": checkPattern},
	})
	switch {
	case errors.Is(err, draft07.ErrRemote):
		return nil, nil, errs.New(errs.Invalid, "the schema refers to something outside its page")
	case errors.Is(err, draft07.ErrFuel):
		return nil, nil, errs.Wrap(errs.TooLarge, "the schema takes too long to read", err)
	case err != nil:
		return nil, nil, schemaError(i, err)
	}
	return compiled, unchecked, nil
}

// Validate checks the values against all pages and gives them with defaults filled in.
// The error is Invalid and names all fields at fault, or TooLarge.
func (f *Form) Validate(values map[string]any) (map[string]any, error) {
	filled, err := f.take(values)
	if err != nil {
		return nil, err
	}
	var found []errs.Field
	for _, name := range slices.Sorted(maps.Keys(filled)) {
		if !f.open && !f.AsksFor(name) {
			found = append(found, errs.Field{Pointer: "/" + escape(name), Message: "is not a value that this template asks for"})
		}
	}
	for _, p := range f.pages {
		fill(p.schema, p.schema, filled, 0)
	}
	for _, p := range f.pages {
		broken, err := p.check(filled)
		if err != nil {
			return nil, err
		}
		found = append(found, broken...)
	}
	if len(found) == 0 {
		return filled, nil
	}
	return nil, f.refuse(found)
}

// take copies the values, so that the caller's stay as they are, and checks their size.
func (f *Form) take(values map[string]any) (map[string]any, error) {
	document, err := json.Marshal(values)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "the values have no JSON form", err)
	}
	if len(document) > MaxBytes {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("the values are larger than %d KiB", MaxBytes>>10))
	}
	filled := map[string]any{}
	if err := json.Unmarshal(document, &filled); err != nil {
		return nil, errs.Wrap(errs.Invalid, "the values have no JSON form", err)
	}
	if filled == nil {
		filled = map[string]any{}
	}
	if depth(filled) > MaxDepth {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("the values are nested deeper than %d", MaxDepth))
	}
	return filled, nil
}

// AsksFor reports whether a template may refer to a value of that name: some page asks for
// it, perhaps only after another choice, or takes values of any name.
func (f *Form) AsksFor(name string) bool {
	return slices.ContainsFunc(f.pages, func(p page) bool { return p.open || p.names[name] })
}

// Unchecked gives the patterns that values are not held against; see pattern.
func (f *Form) Unchecked() []string {
	var all []string
	for _, p := range f.pages {
		all = append(all, p.unchecked...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// check validates the values against the page. Those of other pages are among them, unless
// the page takes no others than its own.
func (p page) check(values map[string]any) ([]errs.Field, error) {
	_, closed := p.schema["additionalProperties"]
	own := map[string]any{}
	for name, v := range values {
		if !closed || p.open || p.names[name] {
			own[name] = v
		}
	}
	broken, err := p.hold(own)
	return explain(broken), err
}

// hold holds values against the schema.
func (p page) hold(values map[string]any) ([]*draft07.Failure, error) {
	broken, err := p.compiled.Validate(values)
	if err != nil {
		return nil, errs.Wrap(errs.TooLarge, "the values take too long to check against the template's schema", err)
	}
	return broken, nil
}

// refuse sorts what was found and drops what was found twice.
func (f *Form) refuse(found []errs.Field) error {
	slices.SortStableFunc(found, func(a, b errs.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	found = slices.Compact(found)
	const most = 200
	found = found[:min(len(found), most)]
	for i := range found {
		found[i].Pointer = f.pointer + found[i].Pointer
	}
	return errs.WithFields("some values of the form are not valid", found)
}

func normalise(v any) (any, error) {
	document, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var plain any
	if err := json.Unmarshal(document, &plain); err != nil {
		return nil, err
	}
	if _, ok := plain.(map[string]any); !ok {
		return map[string]any{}, nil
	}
	return plain, nil
}

func depth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			deepest = max(deepest, depth(item))
		}
	case []any:
		for _, item := range v {
			deepest = max(deepest, depth(item))
		}
	default:
		return 0
	}
	return deepest + 1
}

// escape writes one part of a JSON pointer (RFC 6901).
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
