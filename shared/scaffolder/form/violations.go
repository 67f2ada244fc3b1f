package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// Violation is a rule that values break, in the form and the words of the validator that
// Backstage's backend has (https://www.npmjs.com/package/jsonschema, 1.5).
type Violation struct {
	Path     []any  // to the value: names and indexes
	Message  string // "does not meet maximum length of 40"
	Schema   any    // that the rule is part of
	Instance any    // the value
	Rule     string // "maxLength"
	Argument any    // of the rule; nil for none
}

// Violations holds the values as they are against one page after the other, and gives all
// that is wrong with those of the first page that has something wrong. It is for clients
// that read such a list; Validate explains the same to people, and of all pages.
func (f *Form) Violations(values map[string]any) ([]Violation, error) {
	taken, err := f.take(values)
	if err != nil {
		return nil, err
	}
	for _, p := range f.pages {
		if broken := p.violations(taken); len(broken) > 0 {
			return broken, nil
		}
	}
	return nil, nil
}

func (p page) violations(values map[string]any) []Violation {
	var invalid *jsonschema.ValidationError
	if err := p.compiled.Validate(values); !errors.As(err, &invalid) {
		return nil
	}
	mend(invalid, values)
	v := violator{root: p.schema, values: values}
	v.walk(invalid)
	return v.found
}

// violator turns the tree of what failed into a list.
type violator struct {
	root   map[string]any
	values any
	found  []Violation
}

func (v *violator) walk(e *jsonschema.ValidationError) {
	at := v.place(e)
	switch k := e.ErrorKind.(type) {
	case *kind.AnyOf:
		v.choice(at, "anyOf", "is not any of ")
		return
	case *kind.OneOf:
		v.choice(at, "oneOf", "is not exactly one from ")
		return
	case *kind.Contains:
		v.add(at, "contains", v.keyword(at, "contains"), "must contain an item matching given schema")
		return
	case *kind.PropertyNames:
		v.name(k.Property, e)
		return
	case *kind.Required:
		for _, name := range k.Missing {
			v.add(at, "required", name, "requires property "+quoted(name))
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			v.add(at, "additionalProperties", name, "is not allowed to have the additional property "+quoted(name))
		}
	case *kind.Dependency:
		by := Property(append(at.Path, k.Prop))
		for _, name := range k.Missing {
			v.add(at, "dependencies", by, fmt.Sprintf("property %s not found, required by %s", name, by))
		}
	default:
		if rule, argument, message := v.rule(k, at); rule != "" {
			v.add(at, rule, argument, message)
		}
	}
	for _, cause := range e.Causes {
		v.walk(cause)
	}
}

func (v *violator) add(at Violation, rule string, argument any, message string) {
	at.Rule, at.Argument, at.Message = rule, argument, message
	v.found = append(v.found, at)
}

// keyword gives what stands behind a keyword of the schema that is broken.
func (*violator) keyword(at Violation, name string) any {
	schema, _ := at.Schema.(map[string]any)
	return schema[name]
}

// name tells what is wrong with the name of a member, which counts as a value at the place
// of the object.
func (v *violator) name(property string, e *jsonschema.ValidationError) {
	object := v.place(e)
	for _, cause := range e.Causes {
		at := Violation{Path: object.Path, Instance: property, Schema: v.schemaAt(cause.SchemaURL)}
		if rule, argument, message := v.rule(cause.ErrorKind, at); rule != "" {
			v.add(at, rule, argument, message)
		}
	}
}

// place finds the value and the schema that an error is about.
func (v *violator) place(e *jsonschema.ValidationError) Violation {
	out := Violation{Path: []any{}, Instance: v.values}
	for _, part := range e.InstanceLocation {
		switch at := out.Instance.(type) {
		case []any:
			if i, err := strconv.Atoi(part); err == nil && i < len(at) {
				out.Path, out.Instance = append(out.Path, i), at[i]
			}
		case map[string]any:
			out.Path, out.Instance = append(out.Path, part), at[part]
		}
	}
	out.Schema = v.schemaAt(e.SchemaURL)
	return out
}

// schemaAt finds a part of the page by the fragment of its URL (RFC 6901 §6).
func (v *violator) schemaAt(location string) any {
	_, fragment, _ := strings.Cut(location, "#")
	pointer, err := url.PathUnescape(fragment)
	if err != nil {
		return nil
	}
	var at any = v.root
	for _, part := range strings.Split(pointer, "/")[1:] {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch s := at.(type) {
		case map[string]any:
			at = s[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(s) {
				return nil
			}
			at = s[i]
		default:
			return nil
		}
	}
	return at
}

// choice names the alternatives of which none, or more than one, holds.
func (v *violator) choice(at Violation, keyword, message string) {
	schema, _ := at.Schema.(map[string]any)
	branches, _ := schema[keyword].([]any)
	names := make([]string, 0, len(branches))
	for i, b := range branches {
		branch, _ := b.(map[string]any)
		name := fmt.Sprintf("[subschema %d]", i)
		if title, ok := branch["title"].(string); ok && title != "" {
			name = quoted(title)
		} else if ref, ok := branch["$ref"].(string); ok {
			name = "<" + ref + ">"
		}
		names = append(names, name)
	}
	v.add(at, keyword, names, message+strings.Join(names, ","))
}

// rule gives the keyword of a rule with its argument and message; "" for what only groups
// others.
func (v *violator) rule(k jsonschema.ErrorKind, at Violation) (string, any, string) {
	switch k := k.(type) {
	case *kind.Type:
		types := written(at.Schema, "type", k.Want)
		return "type", types, "is not of a type(s) " + joined(types)
	case *kind.Enum:
		return "enum", k.Want, "is not one of enum values: " + joined(k.Want)
	case *kind.Const:
		return "const", k.Want, "does not exactly match expected constant: " + joined([]any{k.Want})
	case *kind.Format:
		return "format", k.Want, "does not conform to the " + quoted(k.Want) + " format"
	case *kind.Pattern:
		return "pattern", k.Want, "does not match pattern " + quoted(k.Want)
	case *kind.UniqueItems:
		return "uniqueItems", nil, "contains duplicate item"
	case *kind.Not:
		return "not", v.keyword(at, "not"), "is of prohibited type [object Object]"
	case *kind.FalseSchema:
		return "not", nil, "is not allowed here"
	}
	return sizeRule(k)
}

// written gives the list behind a keyword in the order it is written in.
func written(schema any, keyword string, unordered []string) []any {
	s, _ := schema.(map[string]any)
	if list, ok := s[keyword].([]any); ok {
		return list
	}
	list := make([]any, 0, len(unordered))
	for _, item := range unordered {
		list = append(list, item)
	}
	return list
}

func sizeRule(k jsonschema.ErrorKind) (string, any, string) {
	counted := func(rule, message string, n int) (string, any, string) {
		return rule, n, message + strconv.Itoa(n)
	}
	measured := func(rule, message string, n *big.Rat) (string, any, string) {
		return rule, json.Number(decimal(n)), message + decimal(n)
	}
	const least, most = "does not meet minimum length of ", "does not meet maximum length of "
	switch k := k.(type) {
	case *kind.MinLength:
		return counted("minLength", least, k.Want)
	case *kind.MaxLength:
		return counted("maxLength", most, k.Want)
	case *kind.MinItems:
		return counted("minItems", least, k.Want)
	case *kind.MaxItems:
		return counted("maxItems", most, k.Want)
	case *kind.MinProperties:
		return counted("minProperties", "does not meet minimum property length of ", k.Want)
	case *kind.MaxProperties:
		return counted("maxProperties", "does not meet maximum property length of ", k.Want)
	case *kind.Minimum:
		return measured("minimum", "must be greater than or equal to ", k.Want)
	case *kind.Maximum:
		return measured("maximum", "must be less than or equal to ", k.Want)
	case *kind.ExclusiveMinimum:
		return measured("exclusiveMinimum", "must be strictly greater than ", k.Want)
	case *kind.ExclusiveMaximum:
		return measured("exclusiveMaximum", "must be strictly less than ", k.Want)
	case *kind.MultipleOf:
		return measured("multipleOf", "is not a multiple of (divisible by) ", k.Want)
	}
	return "", nil, ""
}

// Property writes a path as JavaScript would reach the value: "instance.list[0].name".
func Property(path []any) string {
	var b strings.Builder
	b.WriteString("instance")
	for _, part := range path {
		switch part := part.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", part)
		case string:
			b.WriteString(member(part))
		}
	}
	return b.String()
}

var (
	plainMember = lazyregexp.New(`^[^\d.\s\[\]][^.\s\[\]]*$`)
	digits      = lazyregexp.New(`^\d+$`)
)

func member(name string) string {
	switch {
	case plainMember.MatchString(name):
		return "." + name
	case digits.MatchString(name):
		return "[" + name + "]"
	}
	return "[" + quoted(name) + "]"
}

func quoted(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// joined lists values as JavaScript turns them into text.
func joined(list []any) string {
	words := make([]string, 0, len(list))
	for _, v := range list {
		switch v.(type) {
		case nil:
			words = append(words, "null")
		case map[string]any:
			words = append(words, "[object Object]")
		default:
			words = append(words, fmt.Sprint(v))
		}
	}
	return strings.Join(words, ",")
}
