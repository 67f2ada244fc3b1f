package authored

import (
	"maps"
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// arrange gives a value of JSON's types with every object in an order. Only what is in the
// value is in the result: keys that the order lacks come last, sorted, and items of lists
// pair by their place.
func arrange(v any, by descriptor.Order) any {
	switch v := v.(type) {
	case map[string]any:
		return arrangeObject(v, by)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = arrange(item, by.Item(i))
		}
		return list
	}
	return v
}

func arrangeObject(object map[string]any, by descriptor.Order) templating.Object {
	out := make(templating.Object, 0, len(object))
	left := maps.Clone(object)
	for name, within := range by.Members() {
		if value, there := left[name]; there {
			out = append(out, templating.Member{Name: name, Value: arrange(value, within)})
			delete(left, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		out = append(out, templating.Member{Name: name, Value: arrange(left[name], descriptor.Order{})})
	}
	return out
}

// member gives the order within one member of an object.
func member(o descriptor.Order, wanted string) descriptor.Order {
	for name, within := range o.Members() {
		if name == wanted {
			return within
		}
	}
	return descriptor.Order{}
}
