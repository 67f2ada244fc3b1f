package entity

import (
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// DefaultNamespace is the namespace of an entity that names none.
const DefaultNamespace = "default"

// Ref names an entity. Two refs that differ only in case name the same entity.
type Ref struct{ Kind, Namespace, Name string }

// String gives the canonical form, "kind:namespace/name" in lower case.
func (r Ref) String() string {
	return strings.ToLower(r.Kind + ":" + r.Namespace + "/" + r.Name)
}

// ParseRef reads "[kind:][namespace/]name"; what the text leaves out comes from defaults.
// Invalid when a part is missing from both or holds what no ref can.
func ParseRef(text string, defaults Ref) (Ref, error) {
	ref, rest := defaults, text
	if kind, after, ok := strings.Cut(rest, ":"); ok {
		ref.Kind, rest = kind, after
	}
	if namespace, after, ok := strings.Cut(rest, "/"); ok {
		ref.Namespace, rest = namespace, after
	}
	ref.Name = rest
	if ref.Namespace == "" && !strings.Contains(text, "/") {
		ref.Namespace = DefaultNamespace
	}
	if !kindPattern.MatchString(ref.Kind) || !validNamespace(ref.Namespace) || !validName(ref.Name) {
		return Ref{}, errs.New(errs.Invalid, fmt.Sprintf("%q is not an entity ref of the form [kind:][namespace/]name", errs.Clip(text)))
	}
	return ref, nil
}

// ParseFullRef reads a ref that names its kind; the namespace may be left out.
func ParseFullRef(text string) (Ref, error) { return ParseRef(text, Ref{}) }

// LooseRef names a document that may be no entity, for messages; "" when it says too little.
func LooseRef(doc map[string]any) string {
	meta, _ := doc["metadata"].(map[string]any)
	e := Entity{Kind: text(doc["kind"]), Metadata: meta}
	if !kindPattern.MatchString(e.Kind) || !validName(e.Name()) || !validNamespace(e.Namespace()) {
		return ""
	}
	return e.Ref().String()
}

// Missing is the error for an entity that is not there, in Backstage's words.
func Missing(r Ref) error {
	return errs.New(errs.NotFound, fmt.Sprintf("No entity named '%s' found, with kind '%s' in namespace '%s'",
		strings.ToLower(r.Name), strings.ToLower(r.Kind), strings.ToLower(r.Namespace)))
}

// NoSuch is the error for a ref that names no entity, in Backstage's words.
func NoSuch(ref string) error {
	return errs.New(errs.NotFound, "No such entity "+errs.Clip(ref))
}
