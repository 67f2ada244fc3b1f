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
	Line     int    `json:"line,omitempty"`     // from 1, 0 when unknown
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

// findings collects what is wrong with one document.
type findings []Problem

func (f *findings) add(pointer, format string, args ...any) {
	*f = append(*f, Problem{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
}

var rootFields = []string{"apiVersion", "kind", "metadata", "spec", "relations", "status"}

// Validate checks a document against the envelope every entity has and the rules of its
// kind, and gives the entity when nothing is wrong with it. What relations and status say
// in a document is ignored: the catalog makes them.
func Validate(doc map[string]any) (Entity, []Problem) {
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
		validateKind(&f, e)
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

func validateMetadata(f *findings, m map[string]any) {
	if m == nil {
		return
	}
	if !validName(text(m["name"])) {
		f.add("/metadata/name", "must be 1 to 63 letters, digits, and -, _ or . in between")
	}
	if ns, ok := m["namespace"]; ok && !validNamespace(text(ns)) {
		f.add("/metadata/namespace", "must be 1 to 63 lower-case letters, digits, and - in between")
	}
	for _, name := range []string{"title", "description"} {
		if v, ok := m[name]; ok && !isText(v) {
			f.add("/metadata/"+name, "must be a string")
		}
	}
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
		for _, name := range []string{"title", "icon", "type"} {
			if v, ok := link[name]; ok && !isText(v) {
				f.add(at+"/"+name, "must be a string")
			}
		}
	}
}

// validateKind checks the spec against the rules of its kind.
func validateKind(f *findings, e Entity) {
	rule, ok := kinds[e.Kind]
	if !ok {
		f.add("/kind", "%s is not one of the kinds %s", errs.Clip(e.Kind), strings.Join(sortedKeys(kinds), ", "))
		return
	}
	if !slices.Contains(rule.versions, e.APIVersion) {
		f.add("/apiVersion", "must be %s for the kind %s", strings.Join(rule.versions, " or "), e.Kind)
	}
	if e.Spec == nil {
		f.add("/spec", "must be an object")
		return
	}
	for _, name := range rule.required {
		if _, ok := e.Spec[name]; !ok {
			f.add(pointer("/spec", name), "is required for the kind %s", e.Kind)
		}
	}
	for _, name := range sortedKeys(e.Spec) {
		validateSpecField(f, rule, name, e.Spec[name])
	}
	validateRefs(f, rule, e)
	if a, b := caseCollision(e); a != "" {
		f.add("", "the keys %s and %s differ only in case", errs.Clip(a), errs.Clip(b))
	}
}

func validateSpecField(f *findings, rule kindRule, name string, v any) {
	at := pointer("/spec", name)
	switch {
	case slices.Contains(rule.arrays, name):
		if _, ok := v.([]any); !ok {
			f.add(at, "must be a list")
		}
	case slices.Contains(rule.lists, name):
		list, ok := v.([]any)
		if !ok {
			f.add(at, "must be a list of strings")
		}
		for i, item := range list {
			if text(item) == "" {
				f.add(fmt.Sprintf("%s/%d", at, i), "must be a non-empty string")
			}
		}
	case slices.Contains(rule.texts, name), slices.Contains(rule.required, name):
		if text(v) == "" {
			f.add(at, "must be a non-empty string")
		}
	}
}

// validateRefs reports what stands where a ref is expected and is none.
func validateRefs(f *findings, rule kindRule, e Entity) {
	for _, r := range rule.relations {
		for _, name := range texts(e.Spec[r.field]) {
			if name == "" {
				continue
			}
			if _, err := ParseRef(name, Ref{Kind: r.kind, Namespace: e.Namespace()}); err != nil {
				f.add(pointer("/spec", r.field), "%s", err.Error())
			}
		}
	}
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok
}

// pointer appends a member to a JSON pointer (RFC 6901).
func pointer(parent, member string) string {
	return parent + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(errs.Clip(member))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
