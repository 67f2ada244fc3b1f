package entity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// Kinds are the kinds of entities that a catalog takes. They are never changed once made.
type Kinds struct {
	byName map[string]Kind
	names  []string // sorted
}

// builtinKinds is what Builtin gives out.
var builtinKinds = newKinds(builtin)

// Builtin gives the kinds that every catalog takes.
func Builtin() *Kinds { return builtinKinds }

func newKinds(all []Kind) *Kinds {
	k := &Kinds{byName: make(map[string]Kind, len(all))}
	for _, kind := range all {
		k.byName[kind.Name] = kind
	}
	k.names = sortedKeys(k.byName)
	return k
}

// Names gives the names of the kinds in order.
func (k *Kinds) Names() []string { return slices.Clone(k.names) }

// maxCustomKinds bounds what a platform declares.
const maxCustomKinds = 100

// With gives the kinds together with custom ones. Invalid, naming every mistake, when a
// declaration is wrong or takes the name of another kind: two names that differ only in
// case make the same refs.
func (k *Kinds) With(custom []Kind) (*Kinds, error) {
	var f findings
	if len(custom) > maxCustomKinds {
		f.add("", "there are more than %d kinds", maxCustomKinds)
		custom = nil
	}
	all := make([]Kind, 0, len(k.names)+len(custom))
	taken := map[string]string{}
	for _, name := range k.names {
		all, taken[strings.ToLower(name)] = append(all, k.byName[name]), name
	}
	for i, kind := range custom {
		at := fmt.Sprintf("/kinds/%d", i)
		if other := taken[strings.ToLower(kind.Name)]; other != "" {
			f.add(at+"/kind", "there is a kind %s already", other)
		}
		taken[strings.ToLower(kind.Name)] = kind.Name
		kind.check(&f, at)
		all = append(all, kind)
	}
	if len(f) > 0 {
		return nil, errs.WithFields("the declared kinds are not valid", f.fields())
	}
	return newKinds(all), nil
}

func (f findings) fields() []errs.Field {
	out := make([]errs.Field, 0, len(f))
	for _, p := range f {
		out = append(out, errs.Field{Pointer: p.Pointer, Message: p.Message})
	}
	return out
}

// relationPattern is what relations are called.
var relationPattern = lazyregexp.New(`^[a-zA-Z]\w{0,62}$`)

func (k Kind) check(f *findings, at string) {
	if !kindPattern.MatchString(k.Name) {
		f.add(at+"/kind", "must be the name of a kind: letters and digits")
	}
	if len(k.APIVersions) == 0 {
		f.add(at+"/apiVersions", "must name at least one API version")
	}
	for i, v := range k.APIVersions {
		if !apiVersionPattern.MatchString(v) {
			f.add(fmt.Sprintf("%s/apiVersions/%d", at, i), "must be an API version such as example.com/v1")
		}
	}
	checkFields(f, at, k.Fields, 0)
	for i, v := range k.Variants {
		inner := fmt.Sprintf("%s/variants/%d", at, i)
		if v.Type == "" {
			f.add(inner+"/type", "must be a value of spec.type")
		}
		checkFields(f, inner, v.Fields, 0)
	}
	for i, r := range k.Relations {
		r.check(f, fmt.Sprintf("%s/relations/%d", at, i), k)
	}
}

// maxFieldDepth bounds how deep declarations of fields are nested.
const maxFieldDepth = 8

func checkFields(f *findings, at string, all []Field, depth int) {
	if depth > maxFieldDepth {
		f.add(at, "is nested deeper than %d levels", maxFieldDepth)
		return
	}
	seen := map[string]bool{}
	for i, field := range all {
		inner := fmt.Sprintf("%s/fields/%d", at, i)
		switch {
		case field.Name == "":
			f.add(inner+"/name", "must be the name of a field")
		case seen[field.Name]:
			f.add(inner+"/name", "there is a field of that name already")
		}
		seen[field.Name] = true
		if !field.Type.known() {
			f.add(inner+"/type", "must be one of %s", strings.Join(fieldTypes(), ", "))
		}
		if field.Rest != "" && !field.Rest.known() {
			f.add(inner+"/rest", "must be one of %s", strings.Join(fieldTypes(), ", "))
		}
		if len(field.Values) > 0 && field.Type != Text && field.Type != String {
			f.add(inner+"/values", "only a text has values to choose from")
		}
		if len(field.Fields) > 0 && !slices.Contains([]FieldType{Object, Objects, List}, field.Type) {
			f.add(inner+"/fields", "only objects and lists of objects have fields")
		}
		checkFields(f, inner, field.Fields, depth+1)
	}
}

func (r RelationRule) check(f *findings, at string, k Kind) {
	for _, t := range []struct{ name, value string }{{"type", r.Type}, {"reverse", r.Reverse}} {
		if !relationPattern.MatchString(t.value) {
			f.add(at+"/"+t.name, "must be the name of a relation: letters, digits and _")
		}
	}
	for _, t := range []struct{ name, value string }{{"defaultKind", r.Kind}, {"onlyKind", r.Only}} {
		if t.value != "" && !kindPattern.MatchString(t.value) {
			f.add(at+"/"+t.name, "must be the name of a kind: letters and digits")
		}
	}
	named := func(x Field) bool { return x.Name == r.Field && (x.Type == Text || x.Type == Texts) }
	inVariant := func(v Variant) bool { return slices.ContainsFunc(v.Fields, named) }
	if !slices.ContainsFunc(k.Fields, named) && !slices.ContainsFunc(k.Variants, inVariant) {
		f.add(at+"/field", "must be one of the kind's fields of the type text or texts")
	}
}

func fieldTypes() []string {
	return []string{string(Text), string(String), string(Boolean), string(Number), string(Condition), string(Texts), string(Strings),
		string(List), string(Object), string(Objects), string(Anything)}
}

func (t FieldType) known() bool { return slices.Contains(fieldTypes(), string(t)) }

// fields gives those that apply to a spec.
func (k Kind) fields(spec map[string]any) []Field {
	for _, v := range k.Variants {
		if v.Type == text(spec["type"]) {
			return v.Fields
		}
	}
	return k.Fields
}

// Digest tells sets of kinds apart: "" for the built-in ones.
func (k *Kinds) Digest() string {
	if len(k.names) == len(builtin) {
		return ""
	}
	all := make([]Kind, 0, len(k.names))
	for _, name := range k.names {
		all = append(all, k.byName[name])
	}
	digest, err := Digest(all)
	if err != nil {
		return "?" // declarations are plain data, which always has a JSON form
	}
	return digest
}
