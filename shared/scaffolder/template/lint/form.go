package lint

import (
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/scaffolder/form"
	"github.com/slipwayhq/slipway/shared/scaffolder/suggest"
)

// required finds values that pages demand and have no field for.
func (s *subject) required(pages []map[string]any) {
	fields := make([]map[string]any, len(pages))
	for i, page := range pages {
		fields[i] = maps.Clone(page)
		delete(fields[i], "required") // which asks for a name in a way of its own
	}
	asking, err := form.New(form.Config{Pages: fields})
	if err != nil {
		return
	}
	for i, page := range pages {
		names, _ := page["required"].([]any)
		for j, v := range names {
			if name, _ := v.(string); !asking.AsksFor(name) {
				s.fieldless(name, pointerTo(s.pagePointer(i)+"/required", j))
			}
		}
	}
}

func (s *subject) fieldless(name, pointer string) {
	hint := ""
	if near := suggest.Closest(name, s.asked); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	s.add(Warning, at(s.locate(pointer)), pointer, hint, "%q is required, but the form has no field for it", name)
}

// choices finds defaults that are none of the values to choose from, and names of values
// that are too many or too few.
func (s *subject) choices(n *yaml.Node, pointer string) {
	n = resolved(n)
	if n == nil {
		return
	}
	for i, item := range items(n) {
		s.choices(item, pointerTo(pointer, i))
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	s.choice(n, pointer)
	for i := 0; i+1 < len(n.Content); i += 2 {
		s.choices(n.Content[i+1], pointerTo(pointer, n.Content[i].Value))
	}
}

func (s *subject) choice(n *yaml.Node, pointer string) {
	enum := items(member(n, "enum"))
	if len(enum) == 0 {
		return
	}
	if k, given := entry(n, "default"); given != nil && !slices.ContainsFunc(enum, func(one *yaml.Node) bool { return same(resolved(one), given) }) {
		s.add(Warning, at(k), pointer+"/default", "", "the default is none of the values of enum")
	}
	if k, names := entry(n, "enumNames"); names != nil && len(items(names)) != len(enum) {
		s.add(Warning, at(k), pointer+"/enumNames", "", "enum has %d values, enumNames %d", len(enum), len(items(names)))
	}
}

// same reports whether two nodes hold the same plain value; anything else is not told apart.
func same(a, b *yaml.Node) bool {
	var x, y float64
	switch {
	case kindOf(a) != kindOf(b):
		return false
	case kindOf(a) == "number":
		return a.Decode(&x) == nil && b.Decode(&y) == nil && x == y
	}
	return a.Kind != yaml.ScalarNode || a.Value == b.Value
}
