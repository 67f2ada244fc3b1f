package taskbroker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

const untitled = "Please enter the following information"

// Form gives the form of a template. Frontends show its fields in the order of the keys,
// which is the author's.
func (b *Broker) Form(ctx context.Context, ref entity.Ref) (*tasks.Form, error) {
	e, err := b.template(ctx, ref)
	if err != nil {
		return nil, err
	}
	metadata, spec, err := asWritten(e)
	if err != nil {
		return nil, err
	}
	f := &tasks.Form{
		Title: e.Name(), Presentation: spec.Get("presentation"), Options: metadata.Get("ui:options"), Steps: []tasks.FormPage{},
		FormDecorators: spec.Get("formDecorators"),
	}
	if title, ok := metadata.Get("title").(string); ok {
		f.Title = title
	}
	f.Description, _ = metadata.Get("description").(string)
	if f.FormDecorators == nil {
		f.FormDecorators = spec.Get("EXPERIMENTAL_formDecorators")
	}
	for _, page := range pagesOf(spec.Get("parameters")) {
		f.Steps = append(f.Steps, formPage(page))
	}
	return f, nil
}

// asWritten gives the metadata and the spec of a template with their keys in their order.
func asWritten(e entity.Entity) (metadata, spec templating.Object, err error) {
	body, err := e.MarshalJSON()
	if err != nil {
		return nil, nil, errs.Wrap(errs.Internal, "the template can't be written as JSON", err)
	}
	v, err := templating.ParseJSON(body)
	if err != nil {
		return nil, nil, errs.Wrap(errs.Internal, "the template can't be read again", err)
	}
	root, _ := v.(templating.Object)
	metadata, _ = root.Get("metadata").(templating.Object)
	spec, _ = root.Get("spec").(templating.Object)
	return metadata, spec, nil
}

// pagesOf gives the pages of a template's form: there may be one, or a list of them.
func pagesOf(parameters any) []any {
	switch p := parameters.(type) {
	case nil:
		return nil
	case []any:
		return p
	}
	return []any{parameters}
}

func formPage(page any) tasks.FormPage {
	schema, _ := page.(templating.Object)
	p := tasks.FormPage{Title: untitled, Schema: page}
	if title, ok := schema.Get("title").(string); ok {
		p.Title = title
	}
	if description, ok := schema.Get("description").(string); ok {
		p.Description = &description
	}
	return p
}

// template finds the entity of a template.
func (b *Broker) template(ctx context.Context, ref entity.Ref) (entity.Entity, error) {
	if !strings.EqualFold(ref.Kind, template.Kind) {
		return entity.Entity{}, errs.New(errs.Invalid, "Invalid kind, only 'Template' kind is supported")
	}
	e, err := b.deps.Catalog.Entity(ctx, ref.String())
	if errors.Is(err, errs.NotFound) || errors.Is(err, errs.Invalid) { // nothing can have such a name
		return e, errs.Wrap(errs.NotFound, fmt.Sprintf("Template %s not found", errs.Clip(ref.String())), err)
	}
	if err != nil {
		return e, fmt.Errorf("reading %s: %w", ref, err)
	}
	if e.APIVersion != template.APIVersion {
		return e, errs.New(errs.Invalid, "Unsupported apiVersion field in schema entity, "+errs.Clip(e.APIVersion))
	}
	return e, nil
}
