package entity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/platform/rawjson"
)

// MarshalJSON writes the entity with its keys in their order; relations and status are last.
func (e Entity) MarshalJSON() ([]byte, error) {
	root := map[string]any{"apiVersion": e.APIVersion, "kind": e.Kind, "metadata": e.Metadata}
	if e.Spec != nil {
		root["spec"] = e.Spec
	}
	body, err := e.Order.Append(make([]byte, 0, 2048), root)
	if err != nil {
		return nil, fmt.Errorf("writing entity %s: %w", e.Ref(), err)
	}
	if e.Relations != nil {
		body, err = appendMember(body, "relations", e.Relations)
	}
	if e.Status != nil && err == nil {
		body, err = appendMember(body, "status", e.Status)
	}
	return body, err
}

// appendMember adds a member to an object that has some.
func appendMember(object []byte, name string, v any) ([]byte, error) {
	value, err := Canonical(v)
	if err != nil {
		return nil, err
	}
	object = append(object[:len(object)-1], `,"`+name+`":`...)
	return append(append(object, value...), '}'), nil
}

// UnmarshalJSON reads an entity and the order of its keys.
func (e *Entity) UnmarshalJSON(document []byte) error {
	if bytes.Equal(bytes.TrimSpace(document), []byte("null")) {
		return nil
	}
	var read Entity
	var order keyorder.ObjectBuilder
	var seen []string
	root := rawjson.ObjectAt(document, 0)
	for m, more := root.Next(); more; m, more = root.Next() {
		name := string(m.Name)
		if !slices.Contains(rootFields, name) {
			continue
		}
		within, err := read.member(name, document[m.Value:m.End])
		if err != nil {
			return fmt.Errorf("reading the %s of an entity: %w", name, err)
		}
		order.Add(name, within, slices.Contains(seen, name))
		seen = append(seen, name)
	}
	if !root.Whole() {
		return errs.New(errs.Invalid, "an entity is an object")
	}
	read.Order = order.Order()
	*e = read
	return nil
}

// member reads one of the root fields.
func (e *Entity) member(name string, value []byte) (*keyorder.Order, error) {
	switch name {
	case "apiVersion":
		return nil, json.Unmarshal(value, &e.APIVersion)
	case "kind":
		return nil, json.Unmarshal(value, &e.Kind)
	case "relations":
		return nil, json.Unmarshal(value, &e.Relations)
	case "status":
		return nil, json.Unmarshal(value, &e.Status)
	}
	var object keyorder.Object
	err := object.UnmarshalJSON(value)
	if name == "spec" {
		e.Spec = object.Map
	} else {
		e.Metadata = object.Map
	}
	return object.Order, err
}
