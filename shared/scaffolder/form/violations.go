package form

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scaffolder/form/draft07"
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
		broken, err := p.hold(taken)
		if err != nil {
			return nil, err
		}
		if len(broken) > 0 {
			return violations(broken), nil
		}
	}
	return nil, nil
}

// violations makes a list of the tree of what is broken.
func violations(broken []*draft07.Failure) []Violation {
	var all []Violation
	for _, f := range broken {
		switch f.Rule {
		case "required", "additionalProperties", "dependencies":
			all = append(all, ofMembers(f)...)
			continue
		}
		if rule, argument, message := ruleOf(f); rule != "" {
			all = append(all, violation(f, rule, argument, message))
			continue
		}
		all = append(all, violations(f.Causes)...)
	}
	return all
}

func violation(f *draft07.Failure, rule string, argument any, message string) Violation {
	return Violation{Path: f.Path(), Schema: f.Schema, Instance: f.Instance, Rule: rule, Argument: argument, Message: message}
}

// ofMembers gives one violation for each member that is missing or too many.
func ofMembers(f *draft07.Failure) []Violation {
	var all []Violation
	for _, name := range f.Names {
		argument, message := name, ""
		switch f.Rule {
		case "required":
			message = "requires property " + quoted(name)
		case "additionalProperties":
			message = "is not allowed to have the additional property " + quoted(name)
		default:
			argument = Property(append(f.Path(), f.By))
			message = fmt.Sprintf("property %s not found, required by %s", name, argument)
		}
		all = append(all, violation(f, f.Rule, argument, message))
	}
	return all
}

// branches names the alternatives of which none, or more than one, holds.
func branches(written any) []string {
	list, _ := written.([]any)
	names := make([]string, 0, len(list))
	for i, b := range list {
		branch, _ := b.(map[string]any)
		name := fmt.Sprintf("[subschema %d]", i)
		if title, ok := branch["title"].(string); ok && title != "" {
			name = quoted(title)
		} else if ref, ok := branch["$ref"].(string); ok {
			name = "<" + ref + ">"
		}
		names = append(names, name)
	}
	return names
}

// ruleOf gives the keyword of a rule with its argument and message; "" for what only groups
// others.
func ruleOf(f *draft07.Failure) (string, any, string) {
	switch f.Rule {
	case "anyOf":
		names := branches(f.Argument)
		return f.Rule, names, "is not any of " + strings.Join(names, ",")
	case "oneOf":
		names := branches(f.Argument)
		return f.Rule, names, "is not exactly one from " + strings.Join(names, ",")
	case "contains":
		return f.Rule, f.Argument, "must contain an item matching given schema"
	case "type":
		return f.Rule, f.Argument, "is not of a type(s) " + joined(f.Argument.([]any))
	case "enum":
		return f.Rule, f.Argument, "is not one of enum values: " + joined(f.Argument.([]any))
	case "const":
		return f.Rule, f.Argument, "does not exactly match expected constant: " + joined([]any{f.Argument})
	case "format":
		return f.Rule, f.Argument, "does not conform to the " + quoted(f.Argument.(string)) + " format"
	case "pattern":
		return f.Rule, f.Argument, "does not match pattern " + quoted(f.Argument.(string))
	case "uniqueItems":
		return f.Rule, nil, "contains duplicate item"
	case "not":
		return f.Rule, f.Argument, "is of prohibited type [object Object]"
	case draft07.Never:
		return "not", nil, "is not allowed here"
	case "additionalItems":
		return "items", nil, "additionalItems not permitted"
	case draft07.Cycle:
		return "$ref", nil, "can't be checked: the schema refers to itself"
	}
	if message, measured := sizeMessages(f.Rule); measured {
		return sizeRule(f, message)
	}
	return "", nil, ""
}

func sizeRule(f *draft07.Failure, message string) (string, any, string) {
	if n, counted := f.Argument.(int); counted {
		return f.Rule, n, message + strconv.Itoa(n)
	}
	bound, _ := f.Argument.(float64)
	return f.Rule, json.Number(decimal(bound)), message + decimal(bound)
}

// sizeMessages gives what is said before the limit.
func sizeMessages(rule string) (string, bool) {
	message, ok := map[string]string{
		"minLength":        "does not meet minimum length of ",
		"maxLength":        "does not meet maximum length of ",
		"minItems":         "does not meet minimum length of ",
		"maxItems":         "does not meet maximum length of ",
		"minProperties":    "does not meet minimum property length of ",
		"maxProperties":    "does not meet maximum property length of ",
		"minimum":          "must be greater than or equal to ",
		"maximum":          "must be less than or equal to ",
		"exclusiveMinimum": "must be strictly greater than ",
		"exclusiveMaximum": "must be strictly less than ",
		"multipleOf":       "is not a multiple of (divisible by) ",
	}[rule]
	return message, ok
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
