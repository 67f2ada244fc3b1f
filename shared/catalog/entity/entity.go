package entity

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

// The annotations that ingestion sets
// (https://backstage.io/docs/features/software-catalog/well-known-annotations).
const (
	AnnotationLocation       = "backstage.io/managed-by-location"
	AnnotationOriginLocation = "backstage.io/managed-by-origin-location"
	AnnotationSourceLocation = "backstage.io/source-location"
	AnnotationViewURL        = "backstage.io/view-url"
	AnnotationEditURL        = "backstage.io/edit-url"
	AnnotationProjectSlug    = "gitlab.com/project-slug"
	AnnotationInstance       = "gitlab.com/instance"
)

// Entity is one entry of the catalog. Its values are JSON's: string, float64, bool, nil,
// []any and map[string]any. An Entity that was handed out is shared: never modify it.
type Entity struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   map[string]any `json:"metadata"`
	Spec       map[string]any `json:"spec,omitzero"`
	// Relations are derived by the index; a stored entity has none.
	Relations []Relation `json:"relations,omitzero"`
	// Status tells what is wrong with the entity's source since it was last valid.
	Status *Status `json:"status,omitzero"`
	// Order is how the author ordered the keys of the document. It is part of what an entity
	// says: forms and loops in templates show it. What is written as JSON has it.
	Order *keyorder.Order `json:"-"`
}

// Status is what an entity shows of how it is doing.
type Status struct {
	Items []StatusItem `json:"items"`
}

// StatusItem is one thing to know about an entity, in Backstage's form.
type StatusItem struct {
	Type    string      `json:"type"`
	Level   string      `json:"level"` // "info", "warning" or "error"
	Message string      `json:"message"`
	Error   StatusError `json:"error"`
}

// StatusError is the error behind a StatusItem.
type StatusError struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// ProcessingStatus is the type of the items that ingestion makes.
const ProcessingStatus = "backstage.io/catalog-processing"

// Faulty gives the status of an entity whose source has become invalid; nil when there is
// no problem.
func Faulty(problems []Problem) *Status {
	if len(problems) == 0 {
		return nil
	}
	s := &Status{}
	for _, p := range problems {
		message := p.String()
		s.Items = append(s.Items, StatusItem{Type: ProcessingStatus, Level: "error",
			Message: "InputError: " + message, Error: StatusError{Name: "InputError", Message: message}})
	}
	return s
}

// Relation is one edge from an entity to another, which need not exist.
type Relation struct {
	Type      string `json:"type"`
	TargetRef string `json:"targetRef"`
}

// Ref gives the name of the entity.
func (e Entity) Ref() Ref {
	return Ref{Kind: e.Kind, Namespace: e.Namespace(), Name: e.Name()}
}

// Name gives metadata.name.
func (e Entity) Name() string { return text(e.Metadata["name"]) }

// Namespace gives metadata.namespace, or the default one.
func (e Entity) Namespace() string {
	if ns := text(e.Metadata["namespace"]); ns != "" {
		return ns
	}
	return DefaultNamespace
}

// UID gives metadata.uid.
func (e Entity) UID() string { return text(e.Metadata["uid"]) }

// ETag gives metadata.etag: it changes whenever the entity as shown changes.
func (e Entity) ETag() string { return text(e.Metadata["etag"]) }

// Annotation gives the value of an annotation, "" when there is none.
func (e Entity) Annotation(name string) string {
	all, _ := e.Metadata["annotations"].(map[string]any)
	return text(all[name])
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// Digest gives a hex SHA-1 over the canonical JSON of v. It tells contents apart; it
// protects nothing.
func Digest(v any) (string, error) {
	body, err := Canonical(v)
	if err != nil {
		return "", err
	}
	sum := sha1.Sum(body)
	return hex.EncodeToString(sum[:]), nil
}

// Canonical gives JSON without HTML escapes, and with sorted keys but for entities, which
// have an order: equal values, equal bytes.
func Canonical(v any) ([]byte, error) {
	if e, ok := v.(Entity); ok {
		return e.MarshalJSON()
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("writing canonical JSON: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// With gives a copy of the entity with one more field of its metadata.
func (e Entity) With(field, value string) Entity {
	meta := make(map[string]any, len(e.Metadata)+1)
	for k, v := range e.Metadata {
		meta[k] = v
	}
	meta[field] = value
	e.Metadata = meta
	return e
}

// Without gives a copy of the entity without a field of its metadata.
func (e Entity) Without(field string) Entity {
	e.Metadata = maps.Clone(e.Metadata)
	delete(e.Metadata, field)
	return e
}

// SpecText gives a field of the spec that is text, "" when it is not.
func (e Entity) SpecText(field string) string { return text(e.Spec[field]) }

// SpecTexts gives the text, or the texts of the list, in a field of the spec.
func (e Entity) SpecTexts(field string) []string { return texts(e.Spec[field]) }
