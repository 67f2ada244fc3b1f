package scaffolder

import (
	"fmt"
	"slices"
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

// MeantEnvironments gives the environments that the values of an operation of a type name, and
// what is wrong with how they are named. Those of app.create name them as "environments". A
// template of template.run may mean something else by that: they count when every one is the
// ref of an AWSEnvironment, kind and all, and nothing is wrong otherwise.
func MeantEnvironments(operation string, values map[string]any) ([]string, []errs.Field) {
	refs, fields := environmentRefs(values["environments"])
	if operation == CreateAppType {
		return refs, fields
	}
	if len(fields) > 0 || slices.ContainsFunc(refs, notAWSEnvironment) {
		return nil, nil
	}
	return refs, nil
}

func environmentRefs(named any) (refs []string, fields []errs.Field) {
	list, ok := named.([]any)
	if named != nil && !ok {
		return nil, []errs.Field{{Pointer: "/environments", Message: "is a list of environments"}}
	}
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

func notAWSEnvironment(ref string) bool {
	kind, _, found := strings.Cut(ref, ":")
	return !found || !strings.EqualFold(kind, "awsenvironment")
}
