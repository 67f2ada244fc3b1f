package lint

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/scaffolder/suggest"
)

// inputSchema is what is checked of an action's JSON Schema.
type inputSchema struct {
	Type       any                    `json:"type"` // a text or a list of texts
	Required   []string               `json:"required"`
	Properties map[string]inputSchema `json:"properties"`
	Closed     any                    `json:"additionalProperties"`
	Items      *inputSchema           `json:"items"`
	Enum       []any                  `json:"enum"`
	AnyOf      []inputSchema          `json:"anyOf"`
}

// properties gives the names that a schema knows, sorted, and whether there are no others.
func properties(schema json.RawMessage) (names []string, closed bool) {
	var s inputSchema
	if json.Unmarshal(schema, &s) != nil {
		return nil, schema == nil
	}
	return slices.Sorted(maps.Keys(s.Properties)), s.Closed == false
}

// input checks what a step gives to its action. What is a template can be anything.
func (s *subject) input(step *stepInFile, spec actionSpec) {
	var schema inputSchema
	if json.Unmarshal(spec.Input, &schema) != nil {
		return
	}
	k, n := entry(step.node, "input")
	if k == nil {
		k, _ = entry(step.node, "action")
	}
	if len(schema.AnyOf) > 0 {
		schema = s.meant(schema, n)
	}
	s.against(schema, n, k, step.pointer+"/input", step.action)
}

// meant gives the choice of a schema of which most required names are given.
func (s *subject) meant(schema inputSchema, n *yaml.Node) inputSchema {
	best, most := schema.AnyOf[0], -1
	for _, choice := range schema.AnyOf {
		given := 0
		for _, name := range choice.Required {
			if member(n, name) != nil {
				given++
			}
		}
		if given > most {
			best, most = choice, given
		}
	}
	return best
}

// against checks a value against its schema; shown is where a value is missed.
func (s *subject) against(schema inputSchema, n, shown *yaml.Node, pointer, action string) {
	if src, ok := text(n); ok && strings.Contains(src, "{") {
		return
	}
	if n != nil && !s.fits(schema, n) {
		s.add(Error, at(n), pointer, "", "%s of %s must be %s", inputName(pointer), action, wanted(schema))
		return
	}
	for _, name := range schema.Required {
		if member(n, name) == nil {
			s.add(Error, at(shown), pointer, "", "%s needs %s", action, name)
		}
	}
	if n = resolved(n); n == nil {
		return
	}
	if n.Kind == yaml.MappingNode {
		s.members(schema, n, pointer, action)
	}
	if schema.Items != nil {
		for i, item := range items(n) {
			s.against(*schema.Items, resolved(item), item, pointerTo(pointer, i), action)
		}
	}
}

func (s *subject) members(schema inputSchema, n *yaml.Node, pointer, action string) {
	names := slices.Sorted(maps.Keys(schema.Properties))
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], resolved(n.Content[i+1])
		inner, known := schema.Properties[k.Value]
		switch {
		case known:
			s.against(inner, v, k, pointerTo(pointer, k.Value), action)
		case schema.Closed == false && k.Value != "<<":
			hint := "it takes " + strings.Join(names, ", ")
			if near := suggest.Closest(k.Value, names); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			s.add(Error, at(k), pointerTo(pointer, k.Value), hint, "%s does not take %q", action, k.Value)
		}
	}
}

// fits reports whether a value has the type, and is one of the values, that are wanted.
func (s *subject) fits(schema inputSchema, n *yaml.Node) bool {
	if len(schema.AnyOf) > 0 {
		return slices.ContainsFunc(schema.AnyOf, func(one inputSchema) bool { return s.fits(one, n) })
	}
	if types := typesOf(schema); len(types) > 0 && !slices.Contains(types, kindOf(n)) {
		return false
	}
	var v any
	return len(schema.Enum) == 0 || n.Decode(&v) == nil && slices.Contains(schema.Enum, v)
}

func typesOf(schema inputSchema) []string {
	switch t := schema.Type.(type) {
	case string:
		return []string{t}
	case []any:
		var types []string
		for _, one := range t {
			types = append(types, fmt.Sprint(one))
		}
		return types
	}
	return nil
}

// kindOf gives the JSON type of a node.
func kindOf(n *yaml.Node) string {
	switch n = resolved(n); n.Kind {
	case yaml.MappingNode:
		return "object"
	case yaml.SequenceNode:
		return "array"
	}
	switch n.ShortTag() {
	case "!!bool":
		return "boolean"
	case "!!int", "!!float":
		return "number"
	case "!!null":
		return "null"
	}
	return "string"
}

// wanted says in words what a schema takes.
func wanted(schema inputSchema) string {
	if len(schema.AnyOf) > 0 {
		var choices []string
		for _, one := range schema.AnyOf {
			choices = append(choices, wanted(one))
		}
		return strings.Join(choices, " or ")
	}
	if len(schema.Enum) > 0 {
		return "one of " + strings.Trim(fmt.Sprint(schema.Enum), "[]")
	}
	words := map[string]string{"string": "a text", "boolean": "true or false", "array": "a list", "object": "an object", "number": "a number"}
	var choices []string
	for _, t := range typesOf(schema) {
		choices = append(choices, words[t])
	}
	return strings.Join(choices, " or ")
}

// inputName gives what a pointer names within the input.
func inputName(pointer string) string {
	_, name, found := strings.Cut(pointer, "/input/")
	if !found {
		return "the input"
	}
	return name
}
