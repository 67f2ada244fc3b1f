package catalog

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
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

// digest gives a hex SHA-1 over the canonical JSON of v. It tells contents apart; it
// protects nothing.
func digest(v any) (string, error) {
	body, err := canonical(v)
	if err != nil {
		return "", err
	}
	sum := sha1.Sum(body)
	return hex.EncodeToString(sum[:]), nil
}

// canonical gives JSON with sorted keys and without HTML escapes: equal values, equal bytes.
func canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("writing canonical JSON: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// with gives a copy of the entity with one more field of its metadata.
func (e Entity) with(field, value string) Entity {
	meta := make(map[string]any, len(e.Metadata)+1)
	for k, v := range e.Metadata {
		meta[k] = v
	}
	meta[field] = value
	e.Metadata = meta
	return e
}
