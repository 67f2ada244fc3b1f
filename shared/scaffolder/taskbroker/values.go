package taskbroker

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/form"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
)

// checkValues holds values against the form of a template.
func checkValues(spec map[string]any, values map[string]any) error {
	broken, err := violations(spec["parameters"], values)
	if err != nil || len(broken) == 0 {
		return err
	}
	return &tasks.FormError{Errors: broken, Cause: errs.New(errs.Invalid, "some values of the form are not valid")}
}

// formError explains a refusal if it is one of the form's values.
func formError(spec map[string]any, values map[string]any, refusal error) error {
	const ofValues = "/input/values"
	fields := errs.Fields(refusal)
	if len(fields) == 0 || !slices.ContainsFunc(fields, func(f errs.Field) bool { return strings.HasPrefix(f.Pointer, ofValues) }) {
		return refusal
	}
	broken, err := violations(spec["parameters"], values)
	if err != nil {
		return refusal
	}
	if len(broken) > 0 {
		return &tasks.FormError{Errors: broken, Cause: refusal}
	}
	for _, f := range fields { // a rule that is no JSON Schema's
		broken = append(broken, valueError(form.Violation{
			Path: parts(strings.TrimPrefix(f.Pointer, ofValues)), Message: f.Message, Instance: map[string]any{}, Rule: "slipway",
		}))
	}
	return &tasks.FormError{Errors: broken, Cause: refusal}
}

// parts reads a JSON pointer (RFC 6901).
func parts(pointer string) []any {
	list := []any{}
	for _, part := range strings.Split(pointer, "/")[1:] {
		list = append(list, strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
	}
	return list
}

func violations(parameters any, values map[string]any) ([]tasks.ValueError, error) {
	var pages []map[string]any
	for _, page := range pagesOf(parameters) {
		schema, ok := page.(map[string]any)
		if !ok {
			return nil, errs.New(errs.Invalid, "a page of the template's form is no object")
		}
		pages = append(pages, schema)
	}
	f, err := form.New(form.Config{Pages: pages})
	if err != nil {
		return nil, err
	}
	found, err := f.Violations(values)
	if err != nil {
		return nil, err
	}
	out := make([]tasks.ValueError, 0, len(found))
	for _, v := range found {
		out = append(out, valueError(v))
	}
	return out, nil
}

func valueError(v form.Violation) tasks.ValueError {
	property := form.Property(v.Path)
	return tasks.ValueError{
		Path: v.Path, Property: property, Message: v.Message, Schema: v.Schema, Instance: v.Instance, Name: v.Rule, Argument: v.Argument,
		Stack: property + " " + v.Message,
	}
}

// checkSecrets holds the secrets against the schema that a template may have for them. What
// is wrong is told without repeating any.
func checkSecrets(spec map[string]any, given map[string]string) error {
	declared, _ := spec["secrets"].(map[string]any)
	schema, ok := declared["schema"].(map[string]any)
	if !ok {
		return nil
	}
	values := map[string]any{}
	for name, value := range given {
		values[name] = value
	}
	broken, err := violations(schema, values)
	if err != nil || len(broken) == 0 {
		return err
	}
	for i := range broken {
		e := &broken[i]
		e.Property, e.Instance = "secrets"+strings.TrimPrefix(e.Property, "instance"), map[string]any{}
		if e.Name == "required" {
			e.Message = fmt.Sprintf("secrets.%v is required", e.Argument)
		} else {
			e.Message = e.Property + " " + e.Message
		}
	}
	return &tasks.FormError{Errors: broken, Cause: errs.New(errs.Invalid, "Secrets validation failed")}
}
