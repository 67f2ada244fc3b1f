// Package intake owns the definition of the operation type "app.create": it checks what is
// asked for, before anything is stored. Template, form values, name and environments are
// checked together, so that one answer names everything that is wrong. What happens then
// is the tasks' business (package scaffolder).
package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/form"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
)

// namePattern is what is valid as a project's path in GitLab, an entity's name in the
// catalog and a prefix of resource names in AWS at the same time.
var namePattern = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,48}[a-z0-9])?$`)

// CreateApp is the definition of app.create.
type CreateApp struct{ deps Deps }

// Deps is what CreateApp needs.
type Deps struct {
	Catalog      scaffolder.Catalog
	Environments scaffolder.Environments
	Machine      string // name of the state machine
}

var _ operations.Definition = (*CreateApp)(nil)

// New makes the definition.
func New(d Deps) (*CreateApp, error) {
	if d.Catalog == nil || d.Environments == nil || d.Machine == "" {
		return nil, errors.New("app.create needs a catalog, environments and the name of its state machine")
	}
	return &CreateApp{deps: d}, nil
}

// Type gives "app.create".
func (*CreateApp) Type() string { return scaffolder.CreateAppType }

// Check validates a request to create an application: template, form values, name,
// environments. Everything that is wrong with the values comes back at once.
func (c *CreateApp) Check(ctx context.Context, raw json.RawMessage) (operations.Intent, error) {
	in, err := decodeCreateApp(raw)
	if err != nil {
		return operations.Intent{}, err
	}
	ref, t, err := c.template(ctx, in.Template)
	if err != nil {
		return operations.Intent{}, err
	}
	values, err := c.values(ctx, t, in.Values)
	if err != nil {
		return operations.Intent{}, err
	}
	target := "component:default/" + values["name"].(string)
	if err := c.checkFree(ctx, target); err != nil {
		return operations.Intent{}, err
	}
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: ref, Values: values})
	if err != nil {
		return operations.Intent{}, errs.Wrap(errs.Invalid, "the values can't be written as JSON", err)
	}
	return operations.Intent{Target: target, Machine: c.deps.Machine, Input: input}, nil
}

func decodeCreateApp(raw json.RawMessage) (scaffolder.CreateAppInput, error) {
	var in scaffolder.CreateAppInput
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return in, errs.WithFields("the request is not valid", []errs.Field{{Pointer: "", Message: "is an object with template and values"}})
	}
	if in.Template == "" {
		return in, errs.WithFields("the request is not valid", []errs.Field{{Pointer: "/template", Message: "is required"}})
	}
	if in.Values == nil {
		in.Values = map[string]any{}
	}
	return in, nil
}

// template finds a template and makes sure that all its actions exist.
func (c *CreateApp) template(ctx context.Context, name string) (string, *template.Template, error) {
	bad := func(message string) (string, *template.Template, error) {
		return "", nil, errs.WithFields("the request is not valid", []errs.Field{{Pointer: "/template", Message: message}})
	}
	ref, err := entity.ParseRef(name, entity.Ref{Kind: "template"})
	if err != nil || !strings.EqualFold(ref.Kind, "template") {
		return bad("is not the ref of a template")
	}
	found, err := c.deps.Catalog.Entity(ctx, ref.String())
	if errors.Is(err, errs.NotFound) {
		return bad(fmt.Sprintf("there is no %s in the catalog", ref))
	}
	if err != nil {
		return "", nil, fmt.Errorf("reading %s: %w", ref, err)
	}
	t, err := scaffolder.ReadTemplate(found)
	if err != nil {
		return bad("can't be used: " + errs.Explain(err))
	}
	return ref.String(), t, nil
}

// values validates the form's values and fills in defaults. Form, name and environments
// are all checked, so that one answer names everything that is wrong.
func (c *CreateApp) values(ctx context.Context, t *template.Template, given map[string]any) (map[string]any, error) {
	pages := make([]map[string]any, len(t.Pages))
	for i, p := range t.Pages {
		pages[i] = p.Schema
	}
	f, err := form.New(form.Config{Pages: pages})
	if err != nil {
		return nil, fmt.Errorf("reading the form: %w", err)
	}
	values, err := f.Validate(given)
	fields := errs.Fields(err)
	if err != nil && len(fields) == 0 {
		return nil, err
	}
	if values == nil {
		values = given
	}
	fields = append(fields, checkName(values, fields)...)
	more, err := c.checkEnvironments(ctx, values, fields)
	if err != nil {
		return nil, err
	}
	if fields = append(fields, more...); len(fields) > 0 {
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

func (c *CreateApp) checkEnvironments(ctx context.Context, values map[string]any, already []errs.Field) ([]errs.Field, error) {
	if complains(already, "/environments") {
		return nil, nil
	}
	refs, fields := scaffolder.EnvironmentRefs(values)
	if len(refs) == 0 || len(fields) > 0 {
		return fields, nil
	}
	_, err := c.deps.Environments.Resolve(ctx, refs)
	if errors.Is(err, errs.Invalid) {
		if fields := errs.Fields(err); len(fields) > 0 {
			return below("/environments", fields), nil
		}
		return []errs.Field{{Pointer: "/environments", Message: errs.Message(err)}}, nil
	}
	return nil, err
}

// below puts pointers under a prefix.
func below(prefix string, fields []errs.Field) []errs.Field {
	out := make([]errs.Field, len(fields))
	for i, f := range fields {
		out[i] = errs.Field{Pointer: prefix + f.Pointer, Message: f.Message}
	}
	return out
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
