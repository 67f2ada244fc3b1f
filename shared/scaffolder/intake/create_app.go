package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
)

// namePattern is what is valid as a project's path in GitLab, an entity's name in the
// catalog and a prefix of resource names in AWS at the same time.
var namePattern = lazyregexp.New(`^[a-z]([a-z0-9-]{0,48}[a-z0-9])?$`)

// CreateApp is the definition of app.create.
type CreateApp struct{ deps Deps }

var _ operations.Definition = (*CreateApp)(nil)

// NewCreateApp makes the definition.
func NewCreateApp(d Deps) (*CreateApp, error) {
	return &CreateApp{deps: d}, d.check()
}

// Type gives "app.create".
func (*CreateApp) Type() string { return scaffolder.CreateAppType }

// Check validates a request to create an application: template, form values, name,
// environments. Everything that is wrong with the values comes back at once.
func (c *CreateApp) Check(ctx context.Context, raw json.RawMessage) (operations.Intent, error) {
	in, err := decode(raw)
	if err != nil {
		return operations.Intent{}, err
	}
	ref, t, err := c.deps.template(ctx, in.Template)
	if err != nil {
		return operations.Intent{}, err
	}
	values, err := c.values(ctx, t, in.Values.Map)
	if err != nil {
		return operations.Intent{}, err
	}
	target := "component:default/" + values["name"].(string)
	if err := c.checkFree(ctx, target); err != nil {
		return operations.Intent{}, err
	}
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: ref, Values: keyorder.Object{Map: values, Order: in.Values.Order}})
	if err != nil {
		return operations.Intent{}, errs.Wrap(errs.Invalid, "the values can't be written as JSON", err)
	}
	return operations.Intent{Target: target, Machine: c.deps.Machine, Input: input}, nil
}

// values validates the form's values and fills in defaults. Form, name and environments
// are all checked, so that one answer names everything that is wrong.
func (c *CreateApp) values(ctx context.Context, t *template.Template, given map[string]any) (map[string]any, error) {
	values, err := fillIn(t, given, false)
	fields := errs.Fields(err)
	if err != nil && len(fields) == 0 {
		return nil, err
	}
	if values == nil {
		values = given
	}
	fields = append(fields, checkName(values, fields)...)
	if !complains(fields, "/environments") {
		more, err := c.deps.checkEnvironments(ctx, c.Type(), values)
		if err != nil {
			return nil, err
		}
		fields = append(fields, more...)
	}
	if len(fields) > 0 {
		return nil, errs.WithFields("the form is not filled in correctly", below("/values", fields))
	}
	return values, nil
}

// checkName checks the name unless the form already complains about it.
func checkName(values map[string]any, already []errs.Field) []errs.Field {
	if complains(already, "/name") {
		return nil
	}
	name, ok := values["name"].(string)
	if !ok {
		return []errs.Field{{Pointer: "/name", Message: "is required: it names the application"}}
	}
	if !namePattern.MatchString(name) {
		return []errs.Field{{Pointer: "/name", Message: "is 1 to 50 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen"}}
	}
	return nil
}

// complains reports whether a field is already among those at fault.
func complains(fields []errs.Field, pointer string) bool {
	return slices.ContainsFunc(fields, func(f errs.Field) bool {
		return f.Pointer == pointer || strings.HasPrefix(f.Pointer, pointer+"/")
	})
}

func (c *CreateApp) checkFree(ctx context.Context, target string) error {
	_, err := c.deps.Catalog.Entity(ctx, target)
	switch {
	case err == nil:
		return errs.New(errs.Conflict, target+" is already in the catalog")
	case errors.Is(err, errs.NotFound):
		return nil
	}
	return fmt.Errorf("looking for %s: %w", target, err)
}
