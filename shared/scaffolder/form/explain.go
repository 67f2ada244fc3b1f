package form

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// explain turns a failed validation into fields with words for people. Submitted values
// are never repeated: they may be secrets.
func explain(e *jsonschema.ValidationError) []errs.Field {
	at := pointer(e.InstanceLocation)
	switch k := e.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf:
		return explainChoice(e, at)
	case *kind.Required:
		return missing(at, k.Missing, "is required")
	case *kind.Dependency:
		return missing(at, k.Missing, fmt.Sprintf("is required when %q is given", k.Prop))
	case *kind.AdditionalProperties:
		return missing(at, k.Properties, "is not a value that this template asks for")
	case *kind.PropertyNames:
		return missing(at, []string{k.Property}, "has a name that is not allowed")
	}
	if len(e.Causes) == 0 {
		return []errs.Field{{Pointer: at, Message: sentence(e.ErrorKind)}}
	}
	var all []errs.Field
	for _, cause := range e.Causes {
		all = append(all, explain(cause)...)
	}
	return all
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
func explainChoice(e *jsonschema.ValidationError, at string) []errs.Field {
	var meant []*jsonschema.ValidationError
	for _, branch := range e.Causes {
		if !conditionFails(branch) {
			meant = append(meant, branch)
		}
	}
	if len(meant) == 1 {
		return explain(meant[0])
	}
	if one, ok := e.ErrorKind.(*kind.OneOf); ok && len(one.Subschemas) > 1 {
		return []errs.Field{{Pointer: at, Message: "fits more than one of the choices; it must fit exactly one"}}
	}
	return []errs.Field{{Pointer: at, Message: "fits none of the choices"}}
}

func conditionFails(e *jsonschema.ValidationError) bool {
	switch e.ErrorKind.(type) {
	case *kind.Const, *kind.Enum:
		return true
	}
	for _, cause := range e.Causes {
		if conditionFails(cause) {
			return true
		}
	}
	return false
}

// sentence says what one rule wants.
func sentence(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "must be " + typeWords(k.Want)
	case *kind.Enum:
		return "must be one of " + options(k.Want)
	case *kind.Const:
		return "must be " + options([]any{k.Want})
	case *kind.Format:
		return "must be a valid " + formatWord(k.Want)
	case *kind.Pattern:
		return "must match the pattern " + k.Want
	case *kind.FalseSchema, *kind.Not:
		return "is not allowed here"
	case *kind.UniqueItems:
		return fmt.Sprintf("must not repeat entries: %d and %d are the same", k.Duplicates[0]+1, k.Duplicates[1]+1)
	case *kind.Contains:
		return "lacks a required entry"
	case *kind.RefCycle:
		return "can't be checked: the template's schema refers to itself"
	}
	return sizeSentence(k)
}

func sizeSentence(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinLength:
		return "must have at least " + count(k.Want, "character")
	case *kind.MaxLength:
		return "must have at most " + count(k.Want, "character")
	case *kind.MinItems:
		return "must have at least " + count(k.Want, "entry")
	case *kind.MaxItems:
		return "must have at most " + count(k.Want, "entry")
	case *kind.MinProperties:
		return "must have at least " + count(k.Want, "key")
	case *kind.MaxProperties:
		return "must have at most " + count(k.Want, "key")
	case *kind.Minimum:
		return "must be " + decimal(k.Want) + " or more"
	case *kind.Maximum:
		return "must be " + decimal(k.Want) + " or less"
	case *kind.ExclusiveMinimum:
		return "must be more than " + decimal(k.Want)
	case *kind.ExclusiveMaximum:
		return "must be less than " + decimal(k.Want)
	case *kind.MultipleOf:
		return "must be a multiple of " + decimal(k.Want)
	case *kind.AdditionalItems:
		return "has more entries than are allowed"
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

func decimal(n *big.Rat) string {
	f, _ := n.Float64()
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func typeWords(types []string) string {
	words := make([]string, 0, len(types))
	for _, t := range types {
		words = append(words, typeWord(t))
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

func pointer(location []string) string {
	var b strings.Builder
	for _, part := range location {
		b.WriteString("/" + escape(part))
	}
	return b.String()
}
