package request

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Schema is what Backstage's OpenAPI document demands of a JSON value, as far as its
// routes have need of it.
type Schema struct {
	kind     string // "object", "array", "string", "number" or "integer"
	required []string
	members  []Member // in the order they are checked in
	closed   bool     // no other members
	others   []Schema // one: what each member is like that is not among members
	items    []Schema // one: what each item is like
	allowed  []string // of a string
}

// Member is what is demanded of the member of an object that has the name.
type Member struct {
	name string
	Schema
}

// Text is any string.
func Text() Schema { return Schema{kind: "string"} }

// OneOf is one of some strings.
func OneOf(words ...string) Schema { return Schema{kind: "string", allowed: words} }

// Number is any number.
func Number() Schema { return Schema{kind: "number"} }

// List is any list of what is like item.
func List(item Schema) Schema { return Schema{kind: "array", items: []Schema{item}} }

// Texts is any list of strings.
func Texts() Schema { return List(Text()) }

// Object is any object, as long as the members named here are as they are to be. They are
// looked at in that order.
func Object(members ...Member) Schema { return Schema{kind: "object", members: members} }

// Has says how a member of an object is to be, if it is there.
func Has(name string, s Schema) Member { return Member{name, s} }

// TextsByName is any object whose members are strings.
func TextsByName() Schema { return Schema{kind: "object", others: []Schema{Text()}} }

// Requiring gives the schema of an object that must have the members of these names.
func (s Schema) Requiring(names ...string) Schema {
	s.required = names
	return s
}

// Only gives the schema of an object that must not have other members.
func (s Schema) Only() Schema {
	s.closed = true
	return s
}

// Fault is the first thing wrong with a value: where, what, and what it is about.
type Fault struct{ At, Message, Param string }

// below puts a fault of a part of a value to where that part is; nil stays nil.
func (f *Fault) below(name string) *Fault {
	if f != nil {
		f.At = "/" + name + f.At
	}
	return f
}

// Check looks for the first fault of the value at a place.
func (s Schema) Check(at string, v any) *Fault {
	f := s.fault(v)
	if f != nil {
		f.At = at + f.At
	}
	return f
}

// fault looks for the first fault in the order in which Ajv, Backstage's validator, does:
// the type, what is missing, what is too much, then the members. Its place begins at v.
func (s Schema) fault(v any) *Fault {
	if !s.fits(v) {
		return &Fault{"", "must be " + s.kind, "type: " + s.kind}
	}
	switch v := v.(type) {
	case map[string]any:
		return s.faultOfObject(v)
	case []any:
		for i, item := range v {
			if len(s.items) == 0 {
				break
			}
			if f := s.items[0].fault(item); f != nil {
				return f.below(strconv.Itoa(i))
			}
		}
	case string:
		if s.allowed != nil && !slices.Contains(s.allowed, v) {
			return &Fault{"", "must be equal to one of the allowed values: " + strings.Join(s.allowed, ", "), ""}
		}
	}
	return nil
}

func (s Schema) faultOfObject(m map[string]any) *Fault {
	for _, name := range s.required {
		if _, ok := m[name]; !ok {
			return &Fault{"", "must have required property '" + name + "'", "missingProperty: " + name}
		}
	}
	if s.closed {
		for name := range m {
			if !slices.ContainsFunc(s.members, func(known Member) bool { return known.name == name }) {
				return &Fault{"", "must NOT have additional properties", "additionalProperty: " + errs.Clip(name)}
			}
		}
	}
	for _, member := range s.members {
		v, ok := m[member.name]
		if !ok {
			continue
		}
		if f := member.fault(v); f != nil {
			return f.below(member.name)
		}
	}
	return s.faultOfOthers(m)
}

func (s Schema) faultOfOthers(m map[string]any) *Fault {
	if len(s.others) == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if slices.ContainsFunc(s.members, func(known Member) bool { return known.name == name }) {
			continue
		}
		if f := s.others[0].fault(m[name]); f != nil {
			return f.below(errs.Clip(name))
		}
	}
	return nil
}

func (s Schema) fits(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return s.kind == "object"
	case []any:
		return s.kind == "array"
	case string:
		return s.kind == "string"
	case float64:
		return s.kind == "number" || s.kind == "integer" && v == float64(int64(v))
	}
	return false
}
