package scaffolder

import (
	"encoding/json"
	"errors"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
)

// resolved is what an input stood for when the operation was prepared. Later changes to
// the template or the environments don't reach an operation that has begun.
type resolved struct {
	Template     *template.Template         `json:"template"`
	Source       actions.Source             `json:"source"`
	Environments []environments.Environment `json:"environments"`
	Values       keyorder.Object            `json:"values"`
	Metadata     json.RawMessage            `json:"metadata,omitempty"` // of the template's entity
	User         json.RawMessage            `json:"user,omitempty"`     // entity of who asked, if the catalog has one
}

// sourceFor gives the template's place as an operation reads its files.
func (r resolved) sourceFor(o *operations.Operation) actions.Source {
	from := r.Source
	from.Operation = o.ID
	return from
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

// Pinned is what an operation was prepared with, for whoever shows it.
type Pinned struct {
	Template *template.Template
	Metadata json.RawMessage // of the template's entity
	User     json.RawMessage // entity of who asked; nil when the catalog had none
}

// PinnedBy gives what an operation was prepared with.
func PinnedBy(o *operations.Operation) (Pinned, error) {
	r, err := readResolved(o)
	return Pinned{Template: r.Template, Metadata: r.Metadata, User: r.User}, err
}

// metadataOf gives what operations keep of a template's entity.
func metadataOf(e entity.Entity) (json.RawMessage, error) {
	body, err := e.Order.Member("metadata").Append(nil, e.Metadata)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "the metadata of the template can't be written as JSON", err)
	}
	return body, nil
}

// Unprepared gives what an operation from a template would be prepared with now.
func Unprepared(e entity.Entity) (Pinned, error) {
	metadata, err := metadataOf(e)
	if err != nil {
		return Pinned{}, err
	}
	t, err := ReadTemplate(e)
	if errors.Is(err, errs.Invalid) {
		return Pinned{Metadata: metadata}, nil // it can't be run; what it is called can be shown
	}
	return Pinned{Template: t, Metadata: metadata}, err
}
