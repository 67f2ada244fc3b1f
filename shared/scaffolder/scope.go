package scaffolder

import (
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scaffolder/script"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

type step = template.Step

// newScope gives the scope of the step that an operation is at.
func newScope(o *operations.Operation, r resolved) *script.Scope {
	sc := script.NewScope(script.Context{Task: o.ID, User: o.Actor, UserEntity: r.User, Values: r.Values, Environments: r.Environments, Secrets: operations.StandIns(o.Secrets)})
	for i := range o.Steps {
		id, ofTemplate := strings.CutPrefix(o.Steps[i].ID, stepKey(""))
		if !ofTemplate {
			continue
		}
		if o.Steps[i].Status == operations.StepFailed {
			sc.Fail()
		} else if outputs, err := templating.ParseJSON(o.Steps[i].Output); err == nil {
			sc.SetOutput(id, outputs)
		}
	}
	return sc
}
