package draft07

import (
	"maps"
	"slices"
)

func sortedNames[V any](object map[string]V) []string {
	return slices.Sorted(maps.Keys(object))
}

// objects reads the rules about objects: required, dependencies, their members, and the
// names of these.
func (c *compiler) objects(n *node, s map[string]any) {
	if written, there := s["required"]; there {
		names := texts(written)
		n.rest = append(n.rest, func(r *run, at *place) []*Failure {
			missing := r.missing(at.value, names)
			if len(missing) == 0 {
				return nil
			}
			return r.fail(n, at, Failure{Rule: "required", Argument: written, Names: missing})
		})
	}
	dependencies, _ := s["dependencies"].(map[string]any)
	for _, name := range sortedNames(dependencies) {
		c.dependency(n, name, dependencies[name])
	}
	c.members(n, s)
	if rule, there := s["propertyNames"]; there {
		n.rest = append(n.rest, names(n, c.node(rule), rule))
	}
}

func texts(list any) []string {
	written, _ := list.([]any)
	all := make([]string, 0, len(written))
	for _, item := range written {
		if text, is := item.(string); is {
			all = append(all, text)
		}
	}
	return all
}

// missing gives the names that an object lacks.
func (r *run) missing(value any, names []string) []string {
	object, is := value.(map[string]any)
	if !is || !r.spend(len(names)/8) {
		return nil
	}
	var missing []string
	for _, name := range names {
		if _, there := object[name]; !there {
			missing = append(missing, name)
		}
	}
	return missing
}

// dependency reads what must be there, or hold for the object, beside a member.
func (c *compiler) dependency(n *node, by string, written any) {
	var also *node
	names := texts(written)
	if _, isList := written.([]any); !isList {
		also = c.node(written)
	}
	n.rest = append(n.rest, func(r *run, at *place) []*Failure {
		object, _ := at.value.(map[string]any)
		if _, there := object[by]; !there {
			return nil
		}
		if also != nil {
			return r.apply(also, at)
		}
		missing := r.missing(object, names)
		if len(missing) == 0 {
			return nil
		}
		return r.fail(n, at, Failure{Rule: "dependencies", By: by, Names: missing})
	})
}

// memberRules are those about the values of members.
type memberRules struct {
	named    map[string]*node
	matching []matching // by the source of the pattern
	closed   bool       // no others
	others   *node      // nil: whatever they are
}

type matching struct {
	pattern Pattern
	rule    *node
}

func (c *compiler) members(n *node, s map[string]any) {
	rules := memberRules{named: map[string]*node{}}
	properties, _ := s["properties"].(map[string]any)
	for _, name := range sortedNames(properties) {
		rules.named[name] = c.node(properties[name])
	}
	patterns, _ := s["patternProperties"].(map[string]any)
	for _, source := range sortedNames(patterns) {
		pattern, err := c.pattern(source)
		if err != nil {
			c.wrong = err // which the meta-schema has found before
			return
		}
		rules.matching = append(rules.matching, matching{pattern, c.node(patterns[source])})
	}
	switch others := s["additionalProperties"]; others {
	case nil, true:
	case false:
		rules.closed = true
	default:
		rules.others = c.node(others)
	}
	if len(rules.named)+len(rules.matching) > 0 || rules.closed || rules.others != nil {
		n.rest = append(n.rest, rules.check(n))
	}
}

func (m memberRules) check(n *node) check {
	return func(r *run, at *place) []*Failure {
		object, _ := at.value.(map[string]any)
		var all []*Failure
		var surplus []string
		for _, name := range sortedNames(object) {
			if r.enough(all) || !r.spend(1) {
				return all
			}
			found, meant := m.member(r, at.below(name, object[name]), name)
			if all = append(all, found...); !meant && m.closed {
				surplus = append(surplus, name)
			}
		}
		if len(surplus) > 0 {
			all = append(all, r.fail(n, at, Failure{Rule: "additionalProperties", Names: surplus})...)
		}
		return all
	}
}

// member holds one member against the rules that mean it, if any does.
func (m memberRules) member(r *run, at *place, name string) (found []*Failure, meant bool) {
	if rule := m.named[name]; rule != nil {
		found, meant = r.apply(rule, at), true
	}
	for _, p := range m.matching {
		if r.spend(1+len(name)) && p.pattern.MatchString(name) {
			found, meant = append(found, r.apply(p.rule, at)...), true
		}
	}
	if !meant && m.others != nil {
		return r.apply(m.others, at), true
	}
	return found, meant
}

// names holds the names of members against a schema, each as a value in the object's place.
func names(n, rule *node, argument any) check {
	return func(r *run, at *place) []*Failure {
		object, _ := at.value.(map[string]any)
		var all []*Failure
		for _, name := range sortedNames(object) {
			if r.enough(all) {
				break
			}
			if found := r.apply(rule, at.below(nil, name)); len(found) > 0 {
				all = append(all, r.fail(n, at, Failure{Rule: "propertyNames", Argument: argument, Names: []string{name}, Causes: found})...)
			}
		}
		return all
	}
}
