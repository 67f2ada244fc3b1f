package keyorder

import "encoding/json"

// ObjectBuilder collects the order of an object while it is read.
type ObjectBuilder struct {
	keys    []string
	members map[string]*Order
}

// Add takes in the next member of the object; again when there was one of the same name.
func (b *ObjectBuilder) Add(name string, within *Order, again bool) {
	if !again {
		b.keys = append(b.keys, name)
	}
	b.Set(name, within)
}

// Set takes in the order within a member, in place of what was known of it.
func (b *ObjectBuilder) Set(name string, within *Order) {
	switch {
	case within == nil:
		delete(b.members, name)
	case b.members == nil:
		b.members = map[string]*Order{name: within}
	default:
		b.members[name] = within
	}
}

// Order gives the order.
func (b *ObjectBuilder) Order() *Order { return OfObject(b.keys, b.members) }

// Object is a JSON object whose keys keep their order when it is written and read.
type Object struct {
	Map   map[string]any
	Order *Order
}

// MarshalJSON writes the object; no Map is an empty one.
func (o Object) MarshalJSON() ([]byte, error) {
	if o.Map == nil {
		return []byte("{}"), nil
	}
	return o.Order.Append(nil, o.Map)
}

// UnmarshalJSON reads an object; null leaves no Map.
func (o *Object) UnmarshalJSON(document []byte) error {
	v, order, err := Decode(document)
	if err != nil {
		return err
	}
	values, ok := v.(map[string]any)
	if !ok && v != nil {
		return json.Unmarshal(document, &values) // which says what else it is
	}
	*o = Object{Map: values, Order: order}
	return nil
}
