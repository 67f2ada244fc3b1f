package form

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/form/draft07"
)

// explain turns what is broken into fields with words for people. Submitted values are
// never repeated: they may be secrets.
func explain(broken []*draft07.Failure) []errs.Field {
	var all []errs.Field
	for _, f := range broken {
		all = append(all, explainOne(f)...)
	}
	return all
}

func explainOne(f *draft07.Failure) []errs.Field {
	at := pointer(f.Path())
	switch f.Rule {
	case "oneOf", "anyOf":
		return explainChoice(f, at)
	case "required":
		return missing(at, f.Names, "is required")
	case "dependencies":
		return missing(at, f.Names, fmt.Sprintf("is required when %q is given", f.By))
	case "additionalProperties":
		return missing(at, f.Names, "is not a value that this template asks for")
	case "propertyNames":
		return missing(at, f.Names, "has a name that is not allowed")
	}
	if len(f.Causes) > 0 {
		return explain(f.Causes)
	}
	return []errs.Field{{Pointer: at, Message: sentence(f)}}
}

func missing(at string, names []string, message string) []errs.Field {
	fields := make([]errs.Field, 0, len(names))
	for _, name := range names {
		fields = append(fields, errs.Field{Pointer: at + "/" + escape(name), Message: message})
	}
	return fields
}

// explainChoice picks the branch that was meant: the only one whose conditions (const,
// enum) hold. Its problems are what the user must solve.
func explainChoice(f *draft07.Failure, at string) []errs.Field {
	var meant []*draft07.Failure
	for _, branch := range f.Causes {
		if !conditionFails(branch) {
			meant = append(meant, branch)
		}
	}
	switch {
	case len(meant) == 1:
		return explainOne(meant[0])
	case f.Pair != nil:
		return []errs.Field{{Pointer: at, Message: "fits more than one of the choices; it must fit exactly one"}}
	}
	return []errs.Field{{Pointer: at, Message: "fits none of the choices"}}
}

func conditionFails(f *draft07.Failure) bool {
	return f.Rule == "const" || f.Rule == "enum" || slices.ContainsFunc(f.Causes, conditionFails)
}

// sentence says what one rule wants.
func sentence(f *draft07.Failure) string {
	switch f.Rule {
	case "type":
		return "must be " + typeWords(f.Argument.([]any))
	case "enum":
		return "must be one of " + options(f.Argument.([]any))
	case "const":
		return "must be " + options([]any{f.Argument})
	case "format":
		return "must be a valid " + formatWord(f.Argument.(string))
	case "pattern":
		return "must match the pattern " + f.Argument.(string)
	case draft07.Never, "not":
		return "is not allowed here"
	case "uniqueItems":
		return fmt.Sprintf("must not repeat entries: %d and %d are the same", f.Pair[0]+1, f.Pair[1]+1)
	case "contains":
		return "lacks a required entry"
	case "additionalItems":
		return "has more entries than are allowed"
	case draft07.Cycle:
		return "can't be checked: the template's schema refers to itself"
	}
	return sizeSentence(f)
}

func sizeSentence(f *draft07.Failure) string {
	n, _ := f.Argument.(int)
	bound, _ := f.Argument.(float64)
	switch f.Rule {
	case "minLength":
		return "must have at least " + count(n, "character")
	case "maxLength":
		return "must have at most " + count(n, "character")
	case "minItems":
		return "must have at least " + count(n, "entry")
	case "maxItems":
		return "must have at most " + count(n, "entry")
	case "minProperties":
		return "must have at least " + count(n, "key")
	case "maxProperties":
		return "must have at most " + count(n, "key")
	case "minimum":
		return "must be " + decimal(bound) + " or more"
	case "maximum":
		return "must be " + decimal(bound) + " or less"
	case "exclusiveMinimum":
		return "must be more than " + decimal(bound)
	case "exclusiveMaximum":
		return "must be less than " + decimal(bound)
	case "multipleOf":
		return "must be a multiple of " + decimal(bound)
	}
	return "is not valid"
}

func count(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "ry"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	default:
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

func decimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func typeWords(types []any) string {
	words := make([]string, 0, len(types))
	for _, t := range types {
		words = append(words, typeWord(fmt.Sprint(t)))
	}
	return strings.Join(words, " or ")
}

func typeWord(t string) string {
	switch t {
	case "string":
		return "text"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "boolean":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object"
	}
	return t
}

func formatWord(format string) string {
	switch format {
	case "email", "idn-email":
		return "e-mail address"
	case "uri", "uri-reference", "iri":
		return "URL"
	case "date-time":
		return "date and time such as 2026-01-31T12:00:00Z"
	case "date":
		return "date such as 2026-01-31"
	case "ipv4", "ipv6":
		return "IP address"
	}
	return format
}

// options lists what is allowed, cut off when there is a lot of it.
func options(list []any) string {
	const most = 20
	words := make([]string, 0, most)
	for i, v := range list {
		if i == most {
			words = append(words, "…")
			break
		}
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, ", ")
}

func pointer(path []any) string {
	var b strings.Builder
	for _, part := range path {
		b.WriteString("/" + escape(fmt.Sprint(part)))
	}
	return b.String()
}
