package entity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// validateKind checks the spec against the rules of its kind.
func (k *Kinds) validateKind(f *findings, e Entity) {
	kind, ok := k.byName[e.Kind]
	if !ok {
		f.add("/kind", "%s is not one of the kinds %s", errs.Clip(e.Kind), strings.Join(k.names, ", "))
		return
	}
	if !slices.Contains(kind.APIVersions, e.APIVersion) {
		f.add("/apiVersion", "must be %s for the kind %s", strings.Join(kind.APIVersions, " or "), e.Kind)
	}
	if e.Spec == nil {
		f.add("/spec", "must be an object")
		return
	}
	validateFields(f, "/spec", e.Spec, kind.fields(e.Spec))
	kind.validateRefs(f, e)
	if c := caseCollision(e); c != nil {
		f.add(c.pointer(), "the keys %s and %s differ only in case", errs.Clip(c.first), errs.Clip(c.second))
	}
}

// validateFields checks the declared members of an object.
func validateFields(f *findings, at string, object map[string]any, declared []Field) {
	for _, field := range declared {
		v, ok := object[field.Name]
		inner := pointer(at, field.Name)
		switch {
		case ok:
			field.validate(f, inner, v)
		case field.Required:
			f.add(inner, "is required")
		}
	}
}

func (d Field) validate(f *findings, at string, v any) {
	if text, ok := v.(string); ok && len(d.Values) > 0 && !slices.Contains(d.Values, text) {
		f.add(at, "must be %s", strings.Join(d.Values, " or "))
		return
	}
	if !d.Type.validate(f, at, v) {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		d.validateObject(f, at, v)
	case []any:
		if d.Filled && len(v) == 0 {
			f.add(at, "must hold at least one")
		}
		for i, item := range v {
			d.validateItem(f, fmt.Sprintf("%s/%d", at, i), item)
		}
	}
}

func (d Field) validateObject(f *findings, at string, v map[string]any) {
	validateFields(f, at, v, d.Fields)
	if d.Rest == "" {
		return
	}
	for _, name := range sortedKeys(v) {
		if !slices.ContainsFunc(d.Fields, func(x Field) bool { return x.Name == name }) {
			Field{Type: d.Rest}.validate(f, pointer(at, name), v[name])
		}
	}
}

// validateItem checks an item of a list of objects.
func (d Field) validateItem(f *findings, at string, item any) {
	object, ok := item.(map[string]any)
	switch {
	case ok:
		d.validateObject(f, at, object)
	case len(d.Fields) > 0 || d.Type == Objects:
		f.add(at, "must be an object")
	}
}

// shapes are what the values of a type must be, in words.
var shapes = map[FieldType]string{
	Text: "a non-empty string", String: "a string", Boolean: "true or false", Number: "a number", Condition: "a string, true or false",
	Texts: "a list of strings", Strings: "a list of strings", List: "a list", Object: "an object", Objects: "an object or a list of objects",
}

// validate reports whether v has the type; what is wrong with it is added to f.
func (t FieldType) validate(f *findings, at string, v any) bool {
	if t == Anything {
		return true
	}
	if !t.fits(v) {
		f.add(at, "must be %s", shapes[t])
		return false
	}
	if list, ok := v.([]any); ok && (t == Texts || t == Strings) {
		item := map[FieldType]FieldType{Texts: Text, Strings: String}[t]
		for i, x := range list {
			item.validate(f, fmt.Sprintf("%s/%d", at, i), x)
		}
	}
	return true
}

func (t FieldType) fits(v any) bool {
	switch v := v.(type) {
	case string:
		return t == String || t == Condition || t == Text && v != ""
	case bool:
		return t == Boolean || t == Condition
	case float64:
		return t == Number
	case []any:
		return t == Texts || t == Strings || t == List || t == Objects
	case map[string]any:
		return t == Object || t == Objects
	}
	return false
}

// validateRefs reports what stands where a ref is expected and is none.
func (k Kind) validateRefs(f *findings, e Entity) {
	for _, r := range k.Relations {
		at := pointer("/spec", r.Field)
		report := func(at, name string) {
			if name == "" {
				return // which the field's type has reported
			}
			if _, err := ParseRef(name, Ref{Kind: r.Kind, Namespace: e.Namespace()}); err != nil {
				f.add(at, "%s", err.Error())
			}
		}
		switch v := e.Spec[r.Field].(type) {
		case string:
			report(at, v)
		case []any:
			for i, item := range v {
				report(fmt.Sprintf("%s/%d", at, i), text(item))
			}
		}
	}
}
