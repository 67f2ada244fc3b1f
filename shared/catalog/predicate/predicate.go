package predicate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Node is one node of a predicate: All, Any, Not, Exists, Equals or HasPrefix. Keys,
// values and prefixes are in lower case: nothing depends on case.
type Node interface{ node() }

type (
	// All holds when each of its nodes does; an empty one always.
	All []Node
	// Any holds when one of its nodes does; an empty one never.
	Any []Node
	// Not holds when its node does not.
	Not struct{ Node }
	// Exists holds when the entity has the key, or with Want false when it has not.
	Exists struct {
		Key  string
		Want bool
	}
	// Equals holds when one of the entity's values under the key is one of Values.
	Equals struct {
		Key    string
		Values []string
	}
	// HasPrefix holds when one of the entity's values under the key begins with Prefix.
	HasPrefix struct{ Key, Prefix string }
)

func (All) node()       {}
func (Any) node()       {}
func (Not) node()       {}
func (Exists) node()    {}
func (Equals) node()    {}
func (HasPrefix) node() {}

// The limits of a predicate.
const (
	maxFilterTerms    = 1000
	maxPredicateDepth = 16
)

// ParseFilter reads the values of the filter parameter; see FilterQuery.
func ParseFilter(values []string) (Node, error) {
	query, err := FilterQuery(values)
	if err != nil || query == nil {
		return nil, err
	}
	return Parse(query)
}

// FilterQuery turns the values of the filter parameter into a predicate's JSON form: each
// value is a set of comma-separated statements that must all hold, and one set is enough.
// The same key repeated in a set means any of its values. nil when there is no statement.
func FilterQuery(values []string) (map[string]any, error) {
	var sets []any
	for _, v := range values {
		set, err := filterSet(v)
		if err != nil {
			return nil, err
		}
		if len(set) > 0 {
			sets = append(sets, map[string]any{"$all": set})
		}
	}
	switch len(sets) {
	case 0:
		return nil, nil
	case 1:
		return sets[0].(map[string]any), nil
	}
	return map[string]any{"$any": sets}, nil
}

// statement is what a set of a filter says about one key.
type statement struct {
	key    string
	values []any // none: the key exists
}

func (s statement) query() map[string]any {
	switch {
	case strings.HasPrefix(s.key, "$"): // no entity has such a key; in a predicate it is an operator
		return map[string]any{"$any": []any{}}
	case len(s.values) == 0:
		return map[string]any{s.key: map[string]any{"$exists": true}}
	case len(s.values) == 1:
		return map[string]any{s.key: s.values[0]}
	}
	return map[string]any{s.key: map[string]any{"$in": s.values}}
}

func filterSet(text string) ([]any, error) {
	var order []*statement
	byKey := map[string]*statement{}
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		key, value, hasValue := strings.Cut(part, "=")
		if key = strings.ToLower(strings.TrimSpace(key)); key == "" {
			return nil, errs.New(errs.Invalid,
				fmt.Sprintf("Invalid filter, '%s' is not a valid statement (expected a string on the form a=b or a= or a)", errs.Clip(part)))
		}
		if byKey[key] == nil {
			byKey[key] = &statement{key: key}
			order = append(order, byKey[key])
		}
		if hasValue {
			byKey[key].values = append(byKey[key].values, strings.TrimSpace(value))
		}
	}
	set := make([]any, 0, len(order))
	for _, s := range order {
		set = append(set, s.query())
	}
	return set, nil
}

// Parse reads a predicate in its JSON form, decoded. Invalid when it is none.
func Parse(v any) (Node, error) {
	p := parser{}
	return p.parse(v, 0)
}

type parser struct{ terms int }

func invalidQuery(format string, args ...any) error {
	return errs.New(errs.Invalid, "Invalid query: Validation error: "+fmt.Sprintf(format, args...))
}

func (p *parser) parse(v any, depth int) (Node, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, invalidQuery("expected an object")
	}
	if depth > maxPredicateDepth {
		return nil, invalidQuery("nested deeper than %d levels", maxPredicateDepth)
	}
	var all All
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if p.terms++; p.terms > maxFilterTerms {
			return nil, invalidQuery("more than %d statements", maxFilterTerms)
		}
		part, err := p.member(key, m[key], depth)
		if err != nil {
			return nil, err
		}
		all = append(all, part)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

func (p *parser) member(key string, v any, depth int) (Node, error) {
	switch key {
	case "$all", "$any":
		list, ok := v.([]any)
		if !ok {
			return nil, invalidQuery("%s must be a list", key)
		}
		parts := make([]Node, 0, len(list))
		for _, item := range list {
			part, err := p.parse(item, depth+1)
			if err != nil {
				return nil, err
			}
			parts = append(parts, part)
		}
		if key == "$all" {
			return All(parts), nil
		}
		return Any(parts), nil
	case "$not":
		part, err := p.parse(v, depth+1)
		if err != nil {
			return nil, err
		}
		return Not{part}, nil
	}
	if strings.HasPrefix(key, "$") {
		return nil, invalidQuery("%s is not an operator", errs.Clip(key))
	}
	return p.field(key, v)
}

// field reads what must hold for one key: a value, or one operator.
func (p *parser) field(key string, v any) (Node, error) {
	lower := strings.ToLower(key)
	if value, ok := primitive(v); ok {
		return Equals{Key: lower, Values: []string{value}}, nil
	}
	m, ok := v.(map[string]any)
	if !ok || len(m) != 1 {
		return nil, invalidQuery("%s must be a value or one operator", errs.Clip(key))
	}
	if want, ok := m["$exists"].(bool); ok {
		return Exists{Key: lower, Want: want}, nil
	}
	if prefix, ok := m["$hasPrefix"].(string); ok {
		return HasPrefix{Key: lower, Prefix: strings.ToLower(prefix)}, nil
	}
	if list, ok := m["$in"].([]any); ok {
		return p.in(key, list)
	}
	if inner, ok := m["$contains"]; ok {
		return p.contains(key, inner)
	}
	return nil, invalidQuery("%s has no known operator", errs.Clip(key))
}

func (p *parser) in(key string, list []any) (Node, error) {
	var values []string
	for _, item := range list {
		value, ok := primitive(item)
		if p.terms++; !ok || p.terms > maxFilterTerms {
			return nil, invalidQuery("%s.$in must be a list of at most %d values", errs.Clip(key), maxFilterTerms)
		}
		values = append(values, value)
	}
	return Equals{Key: strings.ToLower(key), Values: values}, nil
}

// contains asks for an element of a list: a value, or for relations also an object.
func (p *parser) contains(key string, inner any) (Node, error) {
	if value, ok := primitive(inner); ok {
		return Equals{Key: strings.ToLower(key), Values: []string{value}}, nil
	}
	m, ok := inner.(map[string]any)
	kind, hasKind := m["type"].(string)
	if !ok || !hasKind || !strings.EqualFold(key, "relations") {
		return nil, invalidQuery("%s.$contains must be a value, or for relations an object with a type", errs.Clip(key))
	}
	at := "relations." + strings.ToLower(kind)
	target, given := m["targetRef"]
	if !given {
		return Exists{Key: at, Want: true}, nil
	}
	return p.field(at, target)
}

// primitive gives a JSON value as the text it is compared by.
func primitive(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return strings.ToLower(v), true
	case float64, bool:
		return entity.ScalarText(v), true
	}
	return "", false
}
