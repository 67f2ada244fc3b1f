package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/rehearsal"
	"github.com/slipwayhq/slipway/shared/scm"
)

// PlannerDeps is what a Planner needs.
type PlannerDeps struct {
	Catalog      Catalog
	Environments Environments
	Sources      Sources
	Rehearser    *rehearsal.Rehearser
	Projects     scm.Projects
	Namespaces   scm.Namespaces
}

// Planner finds out what an operation from a template will do, without doing it.
type Planner struct{ deps PlannerDeps }

var _ operations.Planner = (*Planner)(nil)

// NewPlanner makes a planner.
func NewPlanner(d PlannerDeps) (*Planner, error) {
	if d.Catalog == nil || d.Environments == nil || d.Sources == nil || d.Rehearser == nil || d.Projects == nil || d.Namespaces == nil {
		return nil, errors.New("planning needs a catalog, environments, sources, a rehearser and projects")
	}
	return &Planner{deps: d}, nil
}

// Preview finds out what an operation would do: its type, actor, target, checked input and
// the names of its secrets are those of o, which is not stored anywhere. Invalid or Conflict
// when it could not succeed as things are.
func (p *Planner) Preview(ctx context.Context, o *operations.Operation) (*operations.Preview, error) {
	r, err := p.resolve(ctx, o)
	if err != nil {
		return nil, err
	}
	plan, found, err := p.plan(ctx, o, r)
	if err != nil {
		return nil, err
	}
	if err := found.Err(); err != nil {
		return nil, err
	}
	return &operations.Preview{Plan: plan, Changes: found.Changes, Log: found.Log, Output: found.Output.Map, Resolved: describeResolved(r)}, nil
}

// Plan gives the plan of an operation that is not stored anywhere; see Preview.
func (p *Planner) Plan(ctx context.Context, o *operations.Operation) (*operations.Plan, error) {
	seen, err := p.Preview(ctx, o)
	if err != nil {
		return nil, err
	}
	return seen.Plan, nil
}

// plan rehearses an operation. When a step can't succeed, nothing that has effects begins.
func (p *Planner) plan(ctx context.Context, o *operations.Operation, r resolved) (*operations.Plan, *rehearsal.Result, error) {
	found, err := p.deps.Rehearser.Rehearse(ctx, rehearsal.Request{
		Template: r.Template, Source: r.sourceFor(o), Values: r.Values, User: r.User, Environments: r.Environments, Secrets: o.Secrets, Operation: o.Ref(),
	})
	if err != nil {
		return nil, nil, err
	}
	if found.Failed != "" && len(found.Effects) > 0 {
		return nil, found, found.Err()
	}
	if err := refuseTwins(found.Effects); err != nil {
		return nil, nil, err
	}
	if err := p.refuseTaken(ctx, o.Ref(), found.Effects); err != nil {
		return nil, nil, err
	}
	if err := p.refuseMissing(ctx, found.Effects, found.Changes); err != nil {
		return nil, nil, err
	}
	list, err := appendPipelines(found.Effects, found.Changes)
	if err != nil {
		return nil, nil, err
	}
	plan, err := operations.NewPlan(list)
	return plan, found, err
}

func (p *Planner) resolve(ctx context.Context, o *operations.Operation) (resolved, error) {
	var in CreateAppInput
	if err := json.Unmarshal(o.Input, &in); err != nil {
		return resolved{}, errs.Wrap(errs.Internal, "the operation's input is damaged", err)
	}
	found, err := p.deps.Catalog.Entity(ctx, in.Template)
	if err != nil {
		return resolved{}, fmt.Errorf("reading %s: %w", in.Template, err)
	}
	r := resolved{Values: in.Values}
	if r.Template, err = ReadTemplate(found); err != nil {
		return resolved{}, err
	}
	r.Template.AwaitPipeline = r.Template.AwaitPipeline || o.Type == CreateAppType
	if r.Source, err = p.deps.Sources.Pin(ctx, found.Annotation(entity.AnnotationLocation)); err != nil {
		return resolved{}, fmt.Errorf("pinning the source of %s: %w", in.Template, err)
	}
	if r.Metadata, err = metadataOf(found); err != nil {
		return resolved{}, err
	}
	if r.User, err = UserEntity(ctx, p.deps.Catalog, o.Actor); err != nil {
		return resolved{}, err
	}
	refs, _ := MeantEnvironments(o.Type, in.Values.Map)
	if len(refs) == 0 {
		return r, nil
	}
	r.Environments, err = p.deps.Environments.Resolve(ctx, refs)
	return r, err
}

// UserEntity gives the entity of a person, nil when the catalog has none: templates may
// refer to it, and nobody has to be in the catalog to run one. It has no relations: who runs
// steps can't see them.
func UserEntity(ctx context.Context, catalog Catalog, actor string) (json.RawMessage, error) {
	if !strings.HasPrefix(actor, "user:") {
		return nil, nil
	}
	e, err := catalog.Entity(ctx, actor)
	if errors.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", actor, err)
	}
	e.Relations = nil
	body, err := entity.Canonical(e)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "the entity of the user can't be written as JSON", err)
	}
	return body, nil
}

// refuseTaken refuses projects that are somebody else's already: better before anything is
// made than after.
func (p *Planner) refuseTaken(ctx context.Context, op operations.Ref, list []operations.Effect) error {
	for _, e := range list {
		if e.Kind != effects.ProjectKind {
			continue
		}
		_, err := effects.Project{Projects: p.deps.Projects}.Find(ctx, op, e)
		if err != nil && !errors.Is(err, errs.NotFound) {
			return fmt.Errorf("looking whether %s is free: %w", e.Target, err)
		}
	}
	return nil
}
