package tasks

import (
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

// Request asks for a run of a template.
type Request struct {
	Template string // ref; kind and namespace may be left out
	Values   keyorder.Object
	Secrets  map[string]string
}

// Form is what a frontend asks a person before it runs a template
// (TemplateParameterSchema).
type Form struct {
	Title          string     `json:"title"`
	Presentation   any        `json:"presentation,omitempty"`
	Description    string     `json:"description,omitempty"`
	Options        any        `json:"ui:options,omitempty"`
	Steps          []FormPage `json:"steps"`
	FormDecorators any        `json:"formDecorators,omitempty"`
}

// FormPage is one page of a form.
type FormPage struct {
	Title       string  `json:"title"`
	Description *string `json:"description,omitempty"`
	Schema      any     `json:"schema"` // JSON Schema with hints for frontends, as the template has it
}

// FormError says what is wrong with the values of a form, in the form in which Backstage's
// backend says it.
type FormError struct {
	Errors []ValueError
	Cause  error // the refusal that this explains
}

// ValueError is one rule that a value breaks (ValidationError of jsonschema from npm).
type ValueError struct {
	Path     []any  `json:"path"`
	Property string `json:"property"` // "instance.name"
	Message  string `json:"message"`
	Schema   any    `json:"schema,omitempty"`
	Instance any    `json:"instance"`
	Name     string `json:"name"`
	Argument any    `json:"argument,omitempty"`
	Stack    string `json:"stack"`
}

// Error tells how many values are at fault; which, clients read in Errors.
func (e *FormError) Error() string {
	return fmt.Sprintf("%d values of the form are not valid", len(e.Errors))
}

// Unwrap gives the refusal that this explains.
func (e *FormError) Unwrap() error { return e.Cause }

// Suggestion is one thing that a field of a form offers.
type Suggestion struct {
	Title string `json:"title,omitempty"`
	ID    string `json:"id"`
}
