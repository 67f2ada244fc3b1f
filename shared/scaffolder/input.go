package scaffolder

import (
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// CreateAppType is the operation type that creates an application from a template.
const CreateAppType = "app.create"

// CreateAppInput is the input of an app.create operation.
type CreateAppInput struct {
	// Template is the ref of the template; the kind and the namespace may be left out.
	Template string `json:"template"`
	// Values are the form's values. "name" names the application; "environments", if the
	// template asks for it, lists refs of environments.
	Values map[string]any `json:"values"`
}

// EnvironmentRefs reads the environments that a form asks for.
func EnvironmentRefs(values map[string]any) ([]string, []errs.Field) {
	list, ok := values["environments"].([]any)
	if values["environments"] == nil {
		return nil, nil
	}
	if !ok {
		return nil, []errs.Field{{Pointer: "/environments", Message: "is a list of environments"}}
	}
	var refs []string
	var fields []errs.Field
	for i, v := range list {
		ref, ok := v.(string)
		if !ok {
			fields = append(fields, errs.Field{Pointer: fmt.Sprintf("/environments/%d", i), Message: "is the ref of an environment"})
			continue
		}
		refs = append(refs, ref)
	}
	return refs, fields
}
