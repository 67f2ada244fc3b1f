package intake

import (
	"errors"

	"github.com/slipwayhq/slipway/shared/operations"
)

// Definitions gives the types of operations that come from templates.
func Definitions(d Deps) ([]operations.Definition, error) {
	createApp, err1 := NewCreateApp(d)
	runTemplate, err2 := NewRunTemplate(d)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return []operations.Definition{createApp, runTemplate}, nil
}
