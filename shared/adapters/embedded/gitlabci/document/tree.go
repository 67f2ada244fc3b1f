package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Value is nil, bool, int64, float64, string, []Value, *Map or Reference.
type Value = any

// Reference is a !reference tag: the path to the value that takes its place.
type Reference []string

// String prints a reference as GitLab's messages do.
func (r Reference) String() string {
	quoted := make([]string, len(r))
	for i, part := range r {
		quoted[i] = strconv.Quote(part)
	}
	return "!reference [" + strings.Join(quoted, ", ") + "]"
}

// Map is a mapping that keeps the order of its keys. A nil *Map is empty and read only.
type Map struct {
	keys   []string
	values map[string]Value
}

// NewMap makes an empty mapping.
func NewMap() *Map { return &Map{values: make(map[string]Value)} }

// Keys gives the keys in order; the caller must not change them.
func (m *Map) Keys() []string {
	if m == nil {
		return nil
	}
	return m.keys
}

// Len counts the keys.
func (m *Map) Len() int { return len(m.Keys()) }

// Get gives the value of a key, nil when there is none.
func (m *Map) Get(key string) Value {
	if m == nil {
		return nil
	}
	return m.values[key]
}

// Has reports whether the key is there, also with a null value.
func (m *Map) Has(key string) bool {
	if m == nil {
		return false
	}
	_, ok := m.values[key]
	return ok
}

// Set gives a key a value; a new key comes last.
func (m *Map) Set(key string, v Value) {
	if !m.Has(key) {
		m.keys = append(m.keys, key)
	}
	m.values[key] = v
}

// Delete removes a key.
func (m *Map) Delete(key string) {
	if m.Has(key) {
		delete(m.values, key)
		m.keys = slices.DeleteFunc(slices.Clone(m.keys), func(k string) bool { return k == key })
	}
}

// Without gives a copy of the first level that lacks some keys.
func (m *Map) Without(keys ...string) *Map {
	out := NewMap()
	for _, k := range m.Keys() {
		if !slices.Contains(keys, k) {
			out.Set(k, m.values[k])
		}
	}
	return out
}

// Merge gives base with over laid on top: mappings are merged at every level, anything
// else is replaced. Neither argument is changed; unchanged parts are shared.
func Merge(base, over *Map) *Map {
	out := NewMap()
	for _, k := range base.Keys() {
		out.Set(k, base.values[k])
	}
	for _, k := range over.Keys() {
		lower, isMap := out.Get(k).(*Map)
		upper, both := over.values[k].(*Map)
		if isMap && both {
			out.Set(k, Merge(lower, upper))
			continue
		}
		out.Set(k, over.values[k])
	}
	return out
}

// Size counts the nodes of a tree.
func Size(v Value) int {
	n := 1
	switch v := v.(type) {
	case []Value:
		for _, item := range v {
			n += Size(item)
		}
	case *Map:
		for _, k := range v.Keys() {
			n += Size(v.values[k])
		}
	}
	return n
}

// Check reports a tree over the limits of nodes, text or depth. Trees share their parts,
// so a small file can describe a huge one; check before walking it without bounds.
func Check(v Value) error {
	b := &builder{}
	return b.check(v, 0)
}

func (b *builder) check(v Value, depth int) error {
	b.nodes++
	switch v := v.(type) {
	case string:
		b.text += len(v)
	case []Value:
		for _, item := range v {
			if err := b.check(item, depth+1); err != nil {
				return err
			}
		}
	case *Map:
		for _, k := range v.Keys() {
			b.text += len(k)
			if err := b.check(v.values[k], depth+1); err != nil {
				return err
			}
		}
	}
	if b.nodes > MaxNodes || b.text > MaxText || depth > MaxDepth {
		return errTooBig
	}
	return nil
}

// Text gives a scalar as the string that a CI variable gets; ok is false for lists and
// mappings.
func Text(v Value) (s string, ok bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return floatText(v), true
	}
	return "", false
}

// floatText keeps a decimal point, as Ruby does.
func floatText(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.ContainsAny(s, ".nI") {
		s += ".0"
	}
	return s
}

// TypeName names a value's type in messages.
func TypeName(v Value) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case int64, float64:
		return "number"
	case string:
		return "string"
	case []Value:
		return "array"
	case *Map:
		return "hash"
	}
	return fmt.Sprintf("%T", v)
}
