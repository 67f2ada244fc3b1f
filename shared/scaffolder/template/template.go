package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// APIVersion and Kind are what a software template says it is.
const (
	APIVersion = "scaffolder.backstage.io/v1beta3"
	Kind       = "Template"
)

// AnnotationPipeline says what an operation has to do with the pipelines of the projects that
// a template makes. With "await" it starts each itself, exactly once, and is complete when
// they have passed: the pipelines are part of what is made. Without it GitLab starts them on
// the first commit, as on any, and what becomes of them is the project's own affair.
const AnnotationPipeline = "slipway/pipeline"

const awaitPipeline = "await"

// Limits of one template.
const (
	maxBytes = 1 << 20
	maxSteps = 200
	maxPages = 50
)

// Template is a software template.
type Template struct {
	Name        string          `json:"name"`
	Namespace   string          `json:"namespace"` // "default" when the entity names none
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	Tags        []string        `json:"tags,omitempty"`
	Type        string          `json:"type"`            // spec.type
	Owner       string          `json:"owner,omitempty"` // spec.owner, an entity reference or ""
	Pages       []Page          `json:"pages"`
	Steps       []Step          `json:"steps"`
	Output      keyorder.Object `json:"output,omitzero"` // rendered when all steps are done
	// AwaitPipeline says that its author has asked for it, see AnnotationPipeline.
	AwaitPipeline bool `json:"awaitPipeline,omitempty"`
}

// Ref gives the ref of the template's entity.
func (t *Template) Ref() string {
	return strings.ToLower(Kind + ":" + t.Namespace + "/" + t.Name)
}

// Page is one page of the form: a JSON Schema of type object.
type Page struct {
	Title       string         `json:"title,omitempty"`
	Description string         `json:"description,omitempty"`
	Schema      map[string]any `json:"schema"` // without title and description, otherwise as written
}

// Step is one call of an action.
type Step struct {
	ID     string          `json:"id"`
	Name   string          `json:"name"` // what users see; the action when not given
	Action string          `json:"action"`
	Input  keyorder.Object `json:"input,omitzero"`
	If     any             `json:"if,omitempty"`   // nil: always; otherwise a boolean or a template
	Each   any             `json:"each,omitempty"` // nil: once; otherwise a list, an object or a template that gives one
}

// Conditional reports whether it takes more than the step before it for this one to run.
func (s Step) Conditional() bool { return s.If != nil && s.If != true }

// ordered is a value whose objects keep the order of their keys, which templates show.
type ordered struct{ value any }

// UnmarshalJSON reads the value.
func (o *ordered) UnmarshalJSON(document []byte) (err error) {
	o.value, err = templating.ParseJSON(document)
	return err
}

// UnmarshalJSON reads a step.
func (s *Step) UnmarshalJSON(document []byte) error {
	type plain Step
	var raw struct {
		plain
		If   ordered `json:"if"`
		Each ordered `json:"each"`
	}
	if err := json.Unmarshal(document, &raw); err != nil {
		return err
	}
	*s = Step(raw.plain)
	s.If, s.Each = raw.If.value, raw.Each.value
	return nil
}

// Config tells Parse what else exists.
type Config struct {
	// Actions reports whether an action is registered; nil accepts every name. Steps with a
	// condition may call others: templates for several hosts have steps for each.
	Actions func(id string) bool
}

// entity is the part of the format that is read. Everything else in the document is for
// others.
type entity struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name        string         `json:"name"`
		Namespace   string         `json:"namespace"`
		Title       string         `json:"title"`
		Description string         `json:"description"`
		Tags        []string       `json:"tags"`
		Annotations map[string]any `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Type       string          `json:"type"`
		Owner      string          `json:"owner"`
		Parameters json.RawMessage `json:"parameters"`
		Steps      []Step          `json:"steps"`
		Output     keyorder.Object `json:"output"`
	} `json:"spec"`
}

// Parse reads a template from the JSON of a catalog entity. The error is Invalid and
// names every field at fault by its JSON pointer.
func Parse(document []byte, c Config) (*Template, error) {
	t, fields, err := Read(document, c)
	if err != nil {
		return nil, err
	}
	if len(fields) > 0 {
		return nil, errs.WithFields(fmt.Sprintf("template %s is not valid", shown(t.Name)), fields)
	}
	return t, nil
}

// Read is Parse for whoever goes on with a template that is not valid: it gives what could
// be read, and the fields at fault.
func Read(document []byte, c Config) (*Template, []errs.Field, error) {
	if len(document) > maxBytes {
		return nil, nil, errs.New(errs.TooLarge, fmt.Sprintf("the template is larger than %d KiB", maxBytes>>10))
	}
	var e entity
	if err := json.Unmarshal(document, &e); err != nil {
		return nil, nil, decodingError(err)
	}
	t := e.template()
	p := &problems{}
	p.header(e)
	t.Pages = p.pages(e.Spec.Parameters)
	p.steps(t, c)
	return t, p.fields, nil
}

func (e entity) template() *Template {
	t := &Template{
		Name: e.Metadata.Name, Namespace: e.Metadata.Namespace, Title: e.Metadata.Title,
		Description: e.Metadata.Description, Tags: e.Metadata.Tags,
		Type: e.Spec.Type, Owner: e.Spec.Owner, Output: e.Spec.Output, AwaitPipeline: e.Metadata.Annotations[AnnotationPipeline] == awaitPipeline,
	}
	if t.Namespace == "" {
		t.Namespace = "default"
	}
	if t.Title == "" {
		t.Title = t.Name
	}
	for i, s := range e.Spec.Steps {
		if s.ID == "" {
			s.ID = fmt.Sprintf("step-%d", i+1) // as Backstage numbers steps without id
		}
		if s.Name == "" {
			s.Name = s.Action
		}
		t.Steps = append(t.Steps, s)
	}
	return t
}

// decodingError points at the value of the wrong type, as far as it is known.
func decodingError(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return errs.Wrap(errs.Invalid, "the template is not valid JSON", err)
	}
	pointer := "/" + strings.ReplaceAll(strings.ReplaceAll(wrong.Field, "plain.", ""), ".", "/") // plain is a step's own type
	return errs.WithFields("the template is not valid", []errs.Field{{
		Pointer: pointer, Message: fmt.Sprintf("must be %s, not %s", goTypeName(wrong.Type.Kind().String()), wrong.Value),
	}})
}

func goTypeName(kind string) string {
	switch kind {
	case "slice":
		return "a list"
	case "map", "struct":
		return "an object"
	}
	return "a " + kind
}

var safeName = lazyregexp.New(`^[A-Za-z0-9._-]{1,63}$`)

// shown keeps arbitrary input out of messages.
func shown(name string) string {
	if safeName.MatchString(name) {
		return name
	}
	return "(unnamed)"
}

// StepIDs gives the ids of the steps in their order.
func (t *Template) StepIDs() []string {
	ids := make([]string, 0, len(t.Steps))
	for _, s := range t.Steps {
		ids = append(ids, s.ID)
	}
	return slices.Clip(ids)
}
