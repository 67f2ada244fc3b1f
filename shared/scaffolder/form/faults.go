package form

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/form/draft07"
)

// SchemaError says what is wrong with the schema of a page, for whoever wrote the template.
type SchemaError struct {
	Faults []errs.Field // pointers lead into the page's schema
}

func (e *SchemaError) Error() string {
	const most = 3
	var list []string
	for i, f := range e.Faults {
		if i == most {
			list = append(list, fmt.Sprintf("and %d more", len(e.Faults)-most))
			break
		}
		list = append(list, strings.TrimSpace(f.Pointer+" "+f.Message))
	}
	return strings.Join(list, "; ")
}

// schemaError gives what a page's schema that does not compile is refused with.
func schemaError(page int, err error) error {
	found := &SchemaError{Faults: schemaFaults(err)}
	return errs.Wrap(errs.Invalid, fmt.Sprintf("page %d of the form is not valid for JSON Schema draft-07: %s", page+1, found), found)
}

func schemaFaults(err error) []errs.Field {
	var invalid *draft07.InvalidError
	var absent *draft07.AbsentError
	switch {
	case errors.As(err, &invalid):
		return byPlace(faultsIn(invalid.Failures))
	case errors.As(err, &absent):
		return []errs.Field{{Message: absent.Error()}}
	}
	return []errs.Field{{Message: "it can't be compiled"}}
}

// byPlace puts faults in order.
func byPlace(faults []errs.Field) []errs.Field {
	slices.SortStableFunc(faults, func(a, b errs.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return faults
}

// faultsIn gives the innermost faults, each once.
func faultsIn(broken []*draft07.Failure) []errs.Field {
	var all []errs.Field
	for _, f := range broken {
		at := pointer(f.Path())
		switch {
		case f.Rule == "anyOf":
			all = append(all, errs.Field{Pointer: at, Message: wantedOf(f.Causes)})
		case f.Rule == "propertyNames":
			all = append(all, errs.Field{Pointer: at, Message: fmt.Sprintf("has the key %q, which %s", f.Names[0], notRegexp)})
		case len(f.Causes) > 0:
			all = append(all, faultsIn(f.Causes)...)
		default:
			all = append(all, errs.Field{Pointer: at, Message: faultSentence(f)})
		}
	}
	return all
}

const notRegexp = "is not a regular expression"

func faultSentence(f *draft07.Failure) string {
	if f.Rule == "format" && f.Argument == "regex" {
		return notRegexp + ": " + strings.TrimPrefix(f.Reason.Error(), "error parsing regexp: ")
	}
	return sentence(f)
}

// wantedOf says what would have been right: one of some values, or any of some types.
func wantedOf(choices []*draft07.Failure) string {
	var types []any
	for _, c := range choices {
		switch c.Rule {
		case "enum":
			return sentence(c)
		case "type":
			types = append(types, c.Argument.([]any)...)
		}
	}
	if len(types) == 0 {
		return "fits none of the choices"
	}
	return "must be " + typeWords(types)
}
