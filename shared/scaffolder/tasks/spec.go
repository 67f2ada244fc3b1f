package tasks

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
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
)

// Spec is what a task runs (TaskSpecV1beta3).
type Spec struct {
	APIVersion   string          `json:"apiVersion"`
	Steps        []template.Step `json:"steps"`
	Output       map[string]any  `json:"output"`
	Parameters   map[string]any  `json:"parameters"`
	User         User            `json:"user"`
	TemplateInfo TemplateInfo    `json:"templateInfo"`
}

// User is who asked for a task.
type User struct {
	Entity json.RawMessage `json:"entity,omitempty"` // as it was when the task began
	Ref    string          `json:"ref,omitempty"`
}

// TemplateInfo tells which template a task runs.
type TemplateInfo struct {
	EntityRef string      `json:"entityRef"`
	BaseURL   string      `json:"baseUrl,omitempty"` // where its relative URLs begin
	Entity    *EntityInfo `json:"entity,omitempty"`
}

// EntityInfo is the part of an entity that tasks show.
type EntityInfo struct {
	Metadata json.RawMessage `json:"metadata"`
}

// view shows an operation as a task.
func (s *Service) view(ctx context.Context, o *operations.Operation) (*Task, error) {
	spec, err := s.spec(ctx, o)
	if err != nil {
		return nil, err
	}
	return &Task{
		ID: o.ID, Spec: spec, Status: statusOf(o), CreatedAt: Moment(o.Created), LastHeartbeatAt: Moment(o.Updated), CreatedBy: userRef(o.Actor),
	}, nil
}

// userRef gives the ref of a person, "" of a service.
func userRef(actor string) string {
	if strings.HasPrefix(actor, "user:") {
		return actor
	}
	return ""
}

func (s *Service) spec(ctx context.Context, o *operations.Operation) (Spec, error) {
	var in scaffolder.CreateAppInput
	if err := json.Unmarshal(o.Input, &in); err != nil {
		return Spec{}, errs.Wrap(errs.Internal, "the operation's input is damaged", err)
	}
	pinned, err := s.pinned(ctx, o, in.Template)
	if err != nil {
		return Spec{}, err
	}
	spec := Spec{
		APIVersion: template.APIVersion, Steps: []template.Step{}, Output: map[string]any{}, Parameters: in.Values,
		User:         User{Entity: pinned.User, Ref: userRef(o.Actor)},
		TemplateInfo: TemplateInfo{EntityRef: in.Template},
	}
	if pinned.Template != nil {
		spec.Steps = pinned.Template.Steps
	}
	if pinned.Template != nil && pinned.Template.Output != nil {
		spec.Output = pinned.Template.Output
	}
	if spec.Parameters == nil {
		spec.Parameters = map[string]any{}
	}
	return spec, spec.TemplateInfo.describe(pinned.Metadata)
}

// describe adds what the metadata of the template's entity tells.
func (t *TemplateInfo) describe(metadata json.RawMessage) error {
	if metadata == nil {
		return nil
	}
	var m map[string]any
	if err := json.Unmarshal(metadata, &m); err != nil {
		return errs.Wrap(errs.Internal, "the metadata of the task's template is damaged", err)
	}
	t.Entity, t.BaseURL = &EntityInfo{Metadata: metadata}, baseURL(entity.Entity{Metadata: m})
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
func (s *Service) pinned(ctx context.Context, o *operations.Operation, ref string) (scaffolder.Pinned, error) {
	if o.Resolved != nil {
		return scaffolder.PinnedBy(o)
	}
	found, err := s.deps.Catalog.Entity(ctx, ref)
	if errors.Is(err, errs.NotFound) {
		return scaffolder.Pinned{}, nil // gone; the task will say so itself
	}
	if err != nil {
		return scaffolder.Pinned{}, fmt.Errorf("reading %s: %w", ref, err)
	}
	return scaffolder.Unprepared(found)
}
