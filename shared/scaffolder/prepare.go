package scaffolder

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// prepare pins what the operation will work from.
func (t *Tasks) prepare(ctx context.Context, o *operations.Operation, _ call) (any, error) {
	o, err := t.deps.Operations.Begin(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	return none{}, t.step(ctx, o, "resolve", "Resolve template and environments", func() (string, error) {
		r, err := t.deps.Planner.resolve(ctx, o)
		if err != nil {
			return "", err
		}
		body, err := json.Marshal(r)
		if err != nil {
			return "", errs.Wrap(errs.Internal, "what the operation was resolved to can't be written as JSON", err)
		}
		recorded, err := t.deps.Operations.SetResolved(ctx, o.ID, body)
		if err != nil {
			return "", fmt.Errorf("recording what the operation was resolved to: %w", err)
		}
		if r, err = readResolved(recorded); err != nil { // an earlier attempt's, if there was one
			return "", err
		}
		if err := t.deps.Operations.Say(ctx, o.ID, "", fmt.Sprintf("Starting up task with %d steps", len(r.Template.Steps))); err != nil {
			return "", err
		}
		return describeResolved(r), nil
	})
}

func describeResolved(r resolved) string {
	names := make([]string, len(r.Environments))
	for i, e := range r.Environments {
		names[i] = describeEnvironment(e)
	}
	text := fmt.Sprintf("%s at %.8s", r.Source.Path, r.Source.Commit)
	if len(names) > 0 {
		text += "; " + strings.Join(names, " → ")
	}
	return text
}

func describeEnvironment(e environments.Environment) string {
	accounts := make([]string, len(e.Providers))
	for i, p := range e.Providers {
		accounts[i] = p.Account
	}
	return fmt.Sprintf("%s (%s)", e.Name, strings.Join(accounts, ", "))
}
