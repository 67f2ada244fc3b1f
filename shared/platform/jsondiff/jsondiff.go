// Package jsondiff owns telling two JSON values apart: the operations that turn one into the
// other, in the form of JSON Patch (RFC 6902) cut down to add, remove and replace, and with
// the values that were there before.
//
// It knows values as encoding/json decodes them into any, and nothing of what they mean. The
// operations are correct when applied one after the other; they are not the fewest possible:
// lists are compared by position once what they begin and end with alike is set aside.
package jsondiff

import (
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

// Kind is what an operation does.
type Kind string

// The kinds of operations, as RFC 6902 defines them.
const (
	Add     Kind = "add"
	Remove  Kind = "remove"
	Replace Kind = "replace"
)

// Op is one operation. From is what was there before, except with Add; Value what is there
// afterwards, except with Remove. Either may be a pointer to nil: JSON's null.
type Op struct {
	Op    Kind   `json:"op"`
	Path  string `json:"path"` // JSON pointer (RFC 6901), "" for the whole value
	From  *any   `json:"from,omitempty"`
	Value *any   `json:"value,omitempty"`
}

// Diff gives the operations that turn from into to, none when they are equal.
func Diff(from, to any) []Op {
	d := differ{ops: []Op{}}
	d.compare(from, to)
	return d.ops
}

// Added gives the operation that makes a value where there was none.
func Added(v any) []Op { return []Op{{Op: Add, Value: &v}} }

// Removed gives the operation that takes out the whole of a value.
func Removed(v any) []Op { return []Op{{Op: Remove, From: &v}} }

type differ struct {
	path []string
	ops  []Op
}

func (d *differ) add(step string, v any) {
	d.ops = append(d.ops, Op{Op: Add, Path: d.pointer(step), Value: &v})
}

func (d *differ) remove(step string, v any) {
	d.ops = append(d.ops, Op{Op: Remove, Path: d.pointer(step), From: &v})
}

func (d *differ) pointer(step string) string {
	return strictjson.Pointer(append(slices.Clone(d.path), step)...)
}

// at compares one step further down.
func (d *differ) at(step string, from, to any) {
	d.path = append(d.path, step)
	d.compare(from, to)
	d.path = d.path[:len(d.path)-1]
}

func (d *differ) compare(from, to any) {
	if a, ok := from.(map[string]any); ok {
		if b, ok := to.(map[string]any); ok {
			d.objects(a, b)
			return
		}
	}
	if a, ok := from.([]any); ok {
		if b, ok := to.([]any); ok {
			d.lists(a, b)
			return
		}
	}
	if !reflect.DeepEqual(from, to) {
		d.ops = append(d.ops, Op{Op: Replace, Path: strictjson.Pointer(d.path...), From: &from, Value: &to})
	}
}

func (d *differ) objects(from, to map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(from)) {
		if v, ok := to[name]; ok {
			d.at(name, from[name], v)
		} else {
			d.remove(name, from[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(to)) {
		if _, ok := from[name]; !ok {
			d.add(name, to[name])
		}
	}
}

// lists sets aside what both begin and end with, and compares the rest by position. The
// places of a list move with each operation on it, so the last ones are removed first.
func (d *differ) lists(from, to []any) {
	begin := 0
	for begin < len(from) && begin < len(to) && reflect.DeepEqual(from[begin], to[begin]) {
		begin++
	}
	a, b := from[begin:], to[begin:]
	for len(a) > 0 && len(b) > 0 && reflect.DeepEqual(a[len(a)-1], b[len(b)-1]) {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	both := min(len(a), len(b))
	for i := range both {
		d.at(strconv.Itoa(begin+i), a[i], b[i])
	}
	for i := len(a) - 1; i >= both; i-- {
		d.remove(strconv.Itoa(begin+i), a[i])
	}
	for i := both; i < len(b); i++ {
		d.add(strconv.Itoa(begin+i), b[i])
	}
}
