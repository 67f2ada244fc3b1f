package intake

import (
	"context"
	"encoding/json"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder"
)

// RunTemplate is the definition of template.run: any template with any values that its form
// takes. What it is about is the template, which many operations may run at the same time;
// two that make the same repository are kept apart by the repository's own mark.
type RunTemplate struct{ deps Deps }

var _ operations.Definition = (*RunTemplate)(nil)

// NewRunTemplate makes the definition.
func NewRunTemplate(d Deps) (*RunTemplate, error) { return &RunTemplate{deps: d}, d.check() }

// Type gives "template.run".
func (*RunTemplate) Type() string { return scaffolder.RunTemplateType }

// Check validates a request to run a template: template, form values, and environments if
// the values name any. Values that no page asks for are taken as they are.
func (c *RunTemplate) Check(ctx context.Context, raw json.RawMessage) (operations.Intent, error) {
	in, err := decode(raw)
	if err != nil {
		return operations.Intent{}, err
	}
	ref, t, err := c.deps.template(ctx, in.Template)
	if err != nil {
		return operations.Intent{}, err
	}
	values, err := fillIn(t, in.Values.Map, true)
	fields := errs.Fields(err)
	if err != nil && len(fields) == 0 {
		return operations.Intent{}, err
	}
	if len(fields) == 0 {
		if fields, err = c.deps.checkEnvironments(ctx, c.Type(), values); err != nil {
			return operations.Intent{}, err
		}
	}
	if len(fields) > 0 {
		return operations.Intent{}, errs.WithFields("the form is not filled in correctly", below("/values", fields))
	}
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: ref, Values: keyorder.Object{Map: values, Order: in.Values.Order}})
	if err != nil {
		return operations.Intent{}, errs.Wrap(errs.Invalid, "the values can't be written as JSON", err)
	}
	return operations.Intent{Target: ref, Machine: c.deps.Machine, Input: input, Shared: true}, nil
}
