package taskbroker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
)

// shownSteps gives the steps of a template as they are shown.
func shownSteps(steps []template.Step) []tasks.Step {
	list := make([]tasks.Step, 0, len(steps))
	for _, s := range steps {
		list = append(list, tasks.Step(s))
	}
	return list
}

// view shows an operation as a task.
func (b *Broker) view(ctx context.Context, o *operations.Operation) (*tasks.Task, error) {
	spec, err := b.spec(ctx, o)
	if err != nil {
		return nil, err
	}
	return &tasks.Task{
		ID: o.ID, Spec: spec, Status: tasks.StatusOf(o), CreatedAt: tasks.Moment(o.Created), LastHeartbeatAt: tasks.Moment(o.Updated), CreatedBy: userRef(o.Actor),
	}, nil
}

// userRef gives the ref of a person, "" of a service.
func userRef(actor string) string {
	if strings.HasPrefix(actor, "user:") {
		return actor
	}
	return ""
}

func (b *Broker) spec(ctx context.Context, o *operations.Operation) (tasks.Spec, error) {
	var in scaffolder.CreateAppInput
	if err := json.Unmarshal(o.Input, &in); err != nil {
		return tasks.Spec{}, errs.Wrap(errs.Internal, "the operation's input is damaged", err)
	}
	pinned, err := b.pinned(ctx, o, in.Template)
	if err != nil {
		return tasks.Spec{}, err
	}
	spec := tasks.Spec{
		APIVersion: template.APIVersion, Steps: []tasks.Step{}, Parameters: in.Values,
		User:         tasks.User{Entity: pinned.User, Ref: userRef(o.Actor)},
		TemplateInfo: tasks.TemplateInfo{EntityRef: in.Template},
	}
	if pinned.Template != nil {
		spec.Steps, spec.Output = shownSteps(pinned.Template.Steps), pinned.Template.Output
	}
	return spec, describe(&spec.TemplateInfo, pinned.Metadata)
}

// describe adds what the metadata of the template's entity tells.
func describe(t *tasks.TemplateInfo, metadata json.RawMessage) error {
	if metadata == nil {
		return nil
	}
	var m map[string]any
	if err := json.Unmarshal(metadata, &m); err != nil {
		return errs.Wrap(errs.Internal, "the metadata of the task's template is damaged", err)
	}
	t.Entity, t.BaseURL = &tasks.EntityInfo{Metadata: metadata}, baseURL(entity.Entity{Metadata: m})
	return nil
}

// baseURL gives the URL that a template was read from, "" when there is none.
func baseURL(e entity.Entity) string {
	location := e.Annotation(entity.AnnotationSourceLocation)
	if location == "" {
		location = e.Annotation(entity.AnnotationLocation)
	}
	kind, target, _ := strings.Cut(location, ":")
	switch kind {
	case "url":
		return target
	case "file":
		return "file://" + target
	}
	return ""
}

// pinned gives what the operation was prepared with. Before that it is what the catalog has
// now, which is what the operation is going to be prepared with unless somebody changes it.
func (b *Broker) pinned(ctx context.Context, o *operations.Operation, ref string) (scaffolder.Pinned, error) {
	if o.Resolved != nil {
		return scaffolder.PinnedBy(o)
	}
	found, err := b.deps.Catalog.Entity(ctx, ref)
	if errors.Is(err, errs.NotFound) {
		return scaffolder.Pinned{}, nil // gone; the task will say so itself
	}
	if err != nil {
		return scaffolder.Pinned{}, fmt.Errorf("reading %s: %w", ref, err)
	}
	return scaffolder.Unprepared(found)
}
