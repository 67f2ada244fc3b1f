// Package keyorder owns the order in which somebody wrote the keys of a JSON document, kept
// beside the Go maps that the document is decoded into: maps have none, and whoever wrote a
// form, a step's input or a descriptor meant one.
//
// It knows nothing of what the documents are about. An Order tells about keys only: it may
// be used for a value that has changed since. Keys that it does not know come last, sorted,
// and keys that are gone are passed over, so that nothing ever gets lost or comes back by it.
//
// Flow: Decode (or a With of each member, by whoever parses another format) → values and
// their Order → Append.
package keyorder

import (
	"iter"
	"maps"
	"slices"
)

// Order is the order of the keys of a JSON value: of the value itself when it is an object,
// and of everything in it. nil is that of sorted keys all the way down, which most documents
// that a program wrote have. An Order is never changed once it is made.
type Order struct {
	keys    []string          // of an object; nil when they are sorted
	members map[string]*Order // those that are not nil
	items   []*Order          // of a list, up to the last that is not nil
}

// Equal reports whether two orders are the same. (go-cmp asks it, too.)
func (o *Order) Equal(other *Order) bool {
	if o == nil || other == nil {
		return o == other
	}
	return slices.Equal(o.keys, other.keys) && maps.EqualFunc(o.members, other.members, (*Order).Equal) &&
		slices.EqualFunc(o.items, other.items, (*Order).Equal)
}

// Member gives the order within a member of an object.
func (o *Order) Member(name string) *Order {
	if o == nil {
		return nil
	}
	return o.members[name]
}

// Item gives the order within an item of a list.
func (o *Order) Item(i int) *Order {
	if o == nil || i >= len(o.items) {
		return nil
	}
	return o.items[i]
}

// Keys gives the keys of an object in their order.
func (o *Order) Keys(object map[string]any) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range o.sorted(object) {
			if !yield(name) {
				return
			}
		}
	}
}

func (o *Order) sorted(object map[string]any) []string {
	out := make([]string, 0, len(object))
	if o != nil {
		for _, name := range o.keys {
			if _, there := object[name]; there {
				out = append(out, name)
			}
		}
	}
	if known := len(out); known < len(object) {
		out = slices.AppendSeq(out, others(object, out))
		slices.Sort(out[known:])
	}
	return out
}

// few keys are looked through in less time than a set of them is made.
const few = 16

// others gives the keys of an object that are not among those known.
func others(object map[string]any, known []string) iter.Seq[string] {
	isKnown := func(name string) bool { return slices.Contains(known, name) }
	if len(known) > few {
		set := make(map[string]bool, len(known))
		for _, name := range known {
			set[name] = true
		}
		isKnown = func(name string) bool { return set[name] }
	}
	return func(yield func(string) bool) {
		for name := range object {
			if !isKnown(name) && !yield(name) {
				return
			}
		}
	}
}

// First gives the order with some keys in front of all others.
func (o *Order) First(object map[string]any, keys ...string) *Order {
	rest := slices.DeleteFunc(o.sorted(object), func(name string) bool { return slices.Contains(keys, name) })
	out := Order{keys: slices.Concat(keys, rest)}
	if o != nil {
		out.members = o.members
	}
	return out.orNil()
}

// With gives the order with another one within a member.
func (o *Order) With(name string, within *Order) *Order {
	if within == nil && o.Member(name) == nil {
		return o
	}
	out := Order{}
	if o != nil {
		out = *o
	}
	out.members = maps.Clone(out.members)
	if within == nil {
		delete(out.members, name)
	} else if out.members == nil {
		out.members = map[string]*Order{name: within}
	} else {
		out.members[name] = within
	}
	return out.orNil()
}

// OfObject makes the order of an object from its keys as they are written, and those within
// its members; it keeps both.
func OfObject(keys []string, members map[string]*Order) *Order {
	return (&Order{keys: keys, members: members}).orNil()
}

// OfList makes the order of a list from those within its items; it keeps them.
func OfList(items []*Order) *Order {
	return (&Order{items: items}).orNil()
}

// orNil drops what says no more than nil does, so that equal orders look the same.
func (o *Order) orNil() *Order {
	if slices.IsSorted(o.keys) {
		o.keys = nil
	}
	for len(o.items) > 0 && o.items[len(o.items)-1] == nil {
		o.items = o.items[:len(o.items)-1]
	}
	if len(o.keys) == 0 && len(o.members) == 0 && len(o.items) == 0 {
		return nil
	}
	return o
}
