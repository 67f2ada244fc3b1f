package entity

import (
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Problem is one thing wrong with a descriptor.
type Problem struct {
	Target   string `json:"target,omitempty"`   // the file, as its location names it
	Document int    `json:"document,omitempty"` // from 1, in order of the file
	Line     int    `json:"line,omitempty"`     // of the field in the file, from 1; 0 when unknown
	Column   int    `json:"column,omitempty"`   // likewise, in characters
	Ref      string `json:"ref,omitempty"`      // of the entity, where it has got that far
	Pointer  string `json:"pointer,omitempty"`  // JSON pointer into the document
	Message  string `json:"message"`
}

// String gives the problem as one line for people.
func (p Problem) String() string {
	var where []string
	if p.Ref != "" {
		where = append(where, p.Ref)
	}
	if p.Line > 0 {
		where = append(where, fmt.Sprintf("line %d", p.Line))
	}
	if p.Pointer != "" {
		where = append(where, p.Pointer)
	}
	if len(where) == 0 {
		return p.Message
	}
	return strings.Join(where, ", ") + ": " + p.Message
}

// MaxProblems is how many problems of one document are told. Validate gives one more when
// there are more.
const MaxProblems = 50

// findings collects what is wrong with one document.
type findings []Problem

func (f *findings) add(pointer, format string, args ...any) {
	if len(*f) > MaxProblems {
		return
	}
	*f = append(*f, Problem{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
}

var rootFields = []string{"apiVersion", "kind", "metadata", "spec", "relations", "status"}

// Validate checks a document against the envelope every entity has and the rules of its
// kind, and gives the entity when nothing is wrong with it. What relations and status say
// in a document is ignored: the catalog makes them.
func (k *Kinds) Validate(doc map[string]any) (Entity, []Problem) {
	var f findings
	e := Entity{APIVersion: text(doc["apiVersion"]), Kind: text(doc["kind"])}
	for _, name := range sortedKeys(doc) {
		if !slices.Contains(rootFields, name) {
			f.add(pointer("", name), "is not a field of an entity")
		}
	}
	if !apiVersionPattern.MatchString(e.APIVersion) {
		f.add("/apiVersion", "must be an API version such as backstage.io/v1alpha1")
	}
	if !kindPattern.MatchString(e.Kind) {
		f.add("/kind", "must be the name of a kind: letters and digits")
	}
	e.Metadata = object(&f, doc, "metadata", true)
	e.Spec = object(&f, doc, "spec", false)
	validateMetadata(&f, e.Metadata)
	if len(f) == 0 {
		k.validateKind(&f, e)
	}
	if len(f) > 0 {
		return Entity{}, f
	}
	return e, nil
}

func object(f *findings, doc map[string]any, name string, required bool) map[string]any {
	v, present := doc[name]
	if !present && !required {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		f.add("/"+name, "must be an object")
	}
	return m
}

// describing and linking are the fields of any metadata, and of each link in it.
var (
	describing = fields(optional(Text, "title"), optional(String, "description"))
	linking    = optional(Text, "title", "icon", "type")
)

func validateMetadata(f *findings, m map[string]any) {
	if m == nil {
		return
	}
	if !validName(text(m["name"])) {
		f.add("/metadata/name", "must be 1 to 63 letters, digits, and -, _ or . in between")
	}
	if ns, ok := m["namespace"]; ok && !validLabel(text(ns)) {
		f.add("/metadata/namespace", "must be 1 to 63 lower-case letters, digits, and - in between")
	}
	validateFields(f, "/metadata", m, describing)
	validateMap(f, "labels", m["labels"], func(v string) bool { return v == "" || validName(v) },
		"must be empty or 1 to 63 letters, digits, and -, _ or . in between")
	validateMap(f, "annotations", m["annotations"], func(string) bool { return true }, "")
	validateTags(f, m["tags"])
	validateLinks(f, m["links"])
}

// validateMap checks labels and annotations. Harmonix' templates write null for an empty
// map, so null is one.
func validateMap(f *findings, name string, v any, valid func(string) bool, rule string) {
	m, ok := v.(map[string]any)
	if !ok {
		if v != nil {
			f.add("/metadata/"+name, "must be an object of strings")
		}
		return
	}
	for _, key := range sortedKeys(m) {
		at := pointer("/metadata/"+name, key)
		if !validQualifiedName(key) {
			f.add(at, "the key must be [prefix/]name with a DNS name as prefix and a name of 1 to 63 letters, digits, -, _ or .")
		}
		if s, ok := m[key].(string); !ok {
			f.add(at, "must be a string")
		} else if !valid(s) {
			f.add(at, "%s", rule)
		}
	}
}

func validQualifiedName(key string) bool {
	prefix, name, ok := strings.Cut(key, "/")
	if !ok {
		return validName(key)
	}
	return len(prefix) <= 253 && domainPattern.MatchString(prefix) && validName(name)
}

func validateTags(f *findings, v any) {
	tags, ok := v.([]any)
	if !ok && v != nil {
		f.add("/metadata/tags", "must be a list of strings")
	}
	for i, tag := range tags {
		if s := text(tag); len(s) > maxNameBytes || !tagPattern.MatchString(s) {
			f.add(fmt.Sprintf("/metadata/tags/%d", i), "must be 1 to 63 of a-z, 0-9, + and #, with - in between")
		}
	}
}

func validateLinks(f *findings, v any) {
	links, ok := v.([]any)
	if !ok && v != nil {
		f.add("/metadata/links", "must be a list of objects")
	}
	for i, item := range links {
		link, ok := item.(map[string]any)
		at := fmt.Sprintf("/metadata/links/%d", i)
		if !ok {
			f.add(at, "must be an object")
			continue
		}
		if u, err := url.Parse(text(link["url"])); err != nil || u.Scheme == "" || strings.EqualFold(u.Scheme, "javascript") {
			f.add(at+"/url", "must be an absolute URL")
		}
		validateFields(f, at, link, linking)
	}
}

// pointer appends a member to a JSON pointer (RFC 6901).
func pointer(parent, member string) string { return parent + "/" + PointerToken(member) }

// PointerToken gives the name of a member as it stands in the pointers of problems: a long
// one is clipped.
func PointerToken(member string) string { return pointerEscapes.Replace(errs.Clip(member)) }

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
