package scaffolder

import (
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
)

// CreateAppType is the operation type that creates an application from a template.
const CreateAppType = tasks.CreateApp

// RunTemplateType is the operation type that runs any template, as Backstage's tasks do: it
// names no application and reserves none.
const RunTemplateType = tasks.RunTemplate

// CreateAppInput is the input of an app.create or a template.run operation.
type CreateAppInput struct {
	// Template is the ref of the template; the kind and the namespace may be left out.
	Template string `json:"template"`
	// Values are the form's values. Of app.create, "name" names the application;
	// "environments", if the template asks for it, lists refs of environments.
	Values keyorder.Object `json:"values"`
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

// MentionedEnvironments gives the environments that the values of a template.run name. The
// template may mean something else by "environments": they count when every one is the ref
// of an AWSEnvironment, kind and all.
func MentionedEnvironments(values map[string]any) []string {
	refs, fields := EnvironmentRefs(values)
	if len(fields) > 0 {
		return nil
	}
	for _, ref := range refs {
		if kind, _, found := strings.Cut(ref, ":"); !found || !strings.EqualFold(kind, "awsenvironment") {
			return nil
		}
	}
	return refs
}
