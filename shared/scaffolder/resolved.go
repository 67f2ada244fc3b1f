package scaffolder

import (
	"encoding/json"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
)

// resolved is what an input stood for when the operation was prepared. Later changes to
// the template or the environments don't reach an operation that has begun.
type resolved struct {
	Template     *template.Template         `json:"template"`
	Source       actions.Source             `json:"source"`
	Environments []environments.Environment `json:"environments"`
	Values       map[string]any             `json:"values"`
}

func readResolved(o *operations.Operation) (resolved, error) {
	var r resolved
	if o.Resolved == nil {
		return r, errs.New(errs.Internal, "the operation was not prepared")
	}
	if err := json.Unmarshal(o.Resolved, &r); err != nil {
		return r, errs.Wrap(errs.Internal, "what the operation was resolved to is damaged", err)
	}
	return r, nil
}

// ReadTemplate reads a template whose actions all exist.
func ReadTemplate(e entity.Entity) (*template.Template, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "the template can't be written as JSON", err)
	}
	return template.Parse(body, template.Config{Actions: actions.Known})
}
