package form

import (
	"fmt"
	"slices"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/form/draft07"
)

// maxSchemaDepth bounds every walk over a schema, references followed.
const maxSchemaDepth = 64

// resolve follows a $ref within the page.
func resolve(root map[string]any, schema any) map[string]any {
	s, _ := schema.(map[string]any)
	for range maxSchemaDepth {
		ref, ok := s["$ref"].(string)
		if !ok {
			return s
		}
		target, _ := draft07.Lookup(root, ref)
		s, _ = target.(map[string]any)
	}
	return nil
}

// inPlace gives the schemas that apply to the very value that schema applies to.
func inPlace(schema map[string]any) []any {
	var list []any
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		branches, _ := schema[key].([]any)
		list = append(list, branches...)
	}
	for _, key := range []string{"if", "then", "else", "not"} {
		if s, there := schema[key]; there {
			list = append(list, s)
		}
	}
	dependencies, _ := schema["dependencies"].(map[string]any)
	for _, s := range dependencies {
		list = append(list, s)
	}
	return list
}

// collectNames finds the names of all values that a page may ask for, also those that
// only show after another choice.
func collectNames(root, schema map[string]any, names map[string]bool, level int) {
	if level > maxSchemaDepth {
		return
	}
	schema = resolve(root, schema)
	properties, _ := schema["properties"].(map[string]any)
	for name := range properties {
		names[name] = true
	}
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if s, ok := name.(string); ok {
			names[s] = true // required without a schema: any value will do
		}
	}
	for _, s := range inPlace(schema) {
		if sub, ok := s.(map[string]any); ok {
			collectNames(root, sub, names, level+1)
		}
	}
}

// fill puts defaults where values are missing, into nested objects, too, and for values
// that show only because of another one (dependencies).
func fill(root, schema, values map[string]any, level int) {
	if level > maxSchemaDepth {
		return
	}
	schema = resolve(root, schema)
	properties, _ := schema["properties"].(map[string]any)
	for name, p := range properties {
		property := resolve(root, p)
		if _, there := values[name]; !there {
			if byDefault, has := property["default"]; has {
				values[name] = clone(byDefault)
			}
		}
		if object, ok := values[name].(map[string]any); ok {
			fill(root, property, object, level+1)
		}
	}
	all, _ := schema["allOf"].([]any)
	for _, s := range all {
		if sub, ok := s.(map[string]any); ok {
			fill(root, sub, values, level+1)
		}
	}
	dependencies, _ := schema["dependencies"].(map[string]any)
	for name, d := range dependencies {
		if sub, ok := d.(map[string]any); ok && values[name] != nil {
			fillDependent(root, resolve(root, sub), values, name, level+1)
		}
	}
}

// fillDependent fills in what a dependency adds: the branch whose condition on the value
// of name holds.
func fillDependent(root, schema, values map[string]any, name string, level int) {
	fill(root, schema, values, level)
	branches, _ := schema["oneOf"].([]any)
	for _, b := range branches {
		branch := resolve(root, b)
		properties, _ := branch["properties"].(map[string]any)
		if chosen(resolve(root, properties[name]), values[name]) {
			fill(root, branch, values, level)
		}
	}
}

// chosen reports whether a branch's condition (enum or const) names this value.
func chosen(condition map[string]any, value any) bool {
	if !scalar(value) {
		return false
	}
	if wanted, there := condition["const"]; there {
		return scalar(wanted) && wanted == value
	}
	options, _ := condition["enum"].([]any)
	return slices.ContainsFunc(options, func(o any) bool { return scalar(o) && o == value })
}

func scalar(v any) bool {
	switch v.(type) {
	case string, float64, bool:
		return true
	}
	return false
}

// clone copies a default, so that filling in below it does not change the schema.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, item := range v {
			m[k] = clone(item)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = clone(item)
		}
		return list
	}
	return v
}

// maxCost is how many schemas may apply when every branch of a page is tried and every
// recursion is followed as deep as values can be nested. References can double the number
// with every line of a schema, so it is counted before anything is done with it.
const maxCost = 20_000

func checkCost(schema map[string]any) error {
	c := coster{root: schema, open: map[string]int{}}
	c.walk(schema)
	if c.total > maxCost {
		return errs.New(errs.TooLarge, fmt.Sprintf("the schema is too large: more than %d rules would have to be tried", maxCost))
	}
	return nil
}

type coster struct {
	root  map[string]any
	total int
	open  map[string]int // how often a $ref is being followed within itself
}

func (c *coster) walk(v any) {
	if c.total++; c.total > maxCost {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			c.follow(ref)
		}
		for _, item := range v {
			c.walk(item)
		}
	case []any:
		for _, item := range v {
			c.walk(item)
		}
	}
}

func (c *coster) follow(ref string) {
	if c.open[ref] >= MaxDepth {
		return
	}
	target, _ := draft07.Lookup(c.root, ref)
	c.open[ref]++
	c.walk(target)
	c.open[ref]--
}
