package scaffolder

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
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
		r, err := t.resolve(ctx, o)
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
		return describeResolved(r), nil
	})
}

func (t *Tasks) resolve(ctx context.Context, o *operations.Operation) (resolved, error) {
	var in CreateAppInput
	if err := json.Unmarshal(o.Input, &in); err != nil {
		return resolved{}, errs.Wrap(errs.Internal, "the operation's input is damaged", err)
	}
	found, err := t.deps.Catalog.Entity(ctx, in.Template)
	if err != nil {
		return resolved{}, fmt.Errorf("reading %s: %w", in.Template, err)
	}
	r := resolved{Values: in.Values}
	if r.Template, err = ReadTemplate(found); err != nil {
		return resolved{}, err
	}
	if r.Source, err = t.deps.Sources.Pin(ctx, found.Annotation(entity.AnnotationLocation)); err != nil {
		return resolved{}, fmt.Errorf("pinning the source of %s: %w", in.Template, err)
	}
	refs := MentionedEnvironments(in.Values)
	if o.Type == CreateAppType {
		refs, _ = EnvironmentRefs(in.Values)
	}
	if len(refs) == 0 {
		return r, nil
	}
	r.Environments, err = t.deps.Environments.Resolve(ctx, refs)
	return r, err
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
