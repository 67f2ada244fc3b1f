package form

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/slipwayhq/slipway/shared/platform/errs"
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
	var against *jsonschema.SchemaValidationError
	var invalid *jsonschema.ValidationError
	var absent *jsonschema.JSONPointerNotFoundError
	switch {
	case errors.As(err, &against) && errors.As(against.Err, &invalid):
		return byPlace(faultsIn(invalid))
	case errors.As(err, &absent):
		_, within, _ := strings.Cut(absent.URL, "#")
		return []errs.Field{{Message: "a $ref leads to #" + within + ", which is not there"}}
	}
	return []errs.Field{{Message: "it can't be compiled"}}
}

// byPlace puts faults in order: rules are tried in any.
func byPlace(faults []errs.Field) []errs.Field {
	slices.SortStableFunc(faults, func(a, b errs.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return faults
}

// faultsIn gives the innermost faults, each once.
func faultsIn(e *jsonschema.ValidationError) []errs.Field {
	at := pointer(e.InstanceLocation)
	switch k := e.ErrorKind.(type) {
	case *kind.AnyOf:
		return []errs.Field{{Pointer: at, Message: wantedOf(e.Causes)}}
	case *kind.PropertyNames:
		return []errs.Field{{Pointer: at, Message: fmt.Sprintf("has the key %q, which %s", k.Property, notRegexp)}}
	}
	if len(e.Causes) == 0 {
		return []errs.Field{{Pointer: at, Message: faultSentence(e.ErrorKind)}}
	}
	var all []errs.Field
	for _, cause := range e.Causes {
		all = append(all, faultsIn(cause)...)
	}
	return all
}

const notRegexp = "is not a regular expression"

func faultSentence(k jsonschema.ErrorKind) string {
	if f, ok := k.(*kind.Format); ok && f.Want == "regex" {
		if f.Err == nil {
			return notRegexp
		}
		return notRegexp + ": " + strings.TrimPrefix(f.Err.Error(), "error parsing regexp: ")
	}
	return sentence(k)
}

// wantedOf says what would have been right: one of some values, or any of some types.
func wantedOf(choices []*jsonschema.ValidationError) string {
	var types []string
	for _, c := range choices {
		for len(c.Causes) == 1 { // what refers to another rule
			c = c.Causes[0]
		}
		switch k := c.ErrorKind.(type) {
		case *kind.Enum:
			return sentence(k)
		case *kind.Type:
			types = append(types, k.Want...)
		}
	}
	if len(types) == 0 {
		return "fits none of the choices"
	}
	return "must be " + typeWords(types)
}
