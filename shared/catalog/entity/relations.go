package entity

import (
	"cmp"
	"slices"
	"strings"
)

// Edge is a relation that an entity's spec makes, on itself or, reversed, on its target.
type Edge struct {
	On string // ref of the entity that has the relation
	Relation
}

// Edges gives all relations that e makes, both directions of each. A ref that can't be
// read makes none: validation has reported it where it matters.
func (k *Kinds) Edges(e Entity) []Edge {
	var out []Edge
	self := e.Ref().String()
	for _, rule := range k.byName[e.Kind].Relations {
		for _, target := range rule.targets(e) {
			out = append(out,
				Edge{On: self, Relation: Relation{Type: rule.Type, TargetRef: target}},
				Edge{On: target, Relation: Relation{Type: rule.Reverse, TargetRef: self}})
		}
	}
	return out
}

// targets gives the refs in the rule's field of e's spec.
func (r RelationRule) targets(e Entity) []string {
	var out []string
	for _, name := range texts(e.Spec[r.Field]) {
		ref, err := ParseRef(name, Ref{Kind: r.Kind, Namespace: e.Namespace()})
		if err != nil || (r.Only != "" && !strings.EqualFold(ref.Kind, r.Only)) {
			continue
		}
		out = append(out, ref.String())
	}
	return out
}

// texts gives a string or the strings of a list.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, item := range v {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// SortRelations orders relations by type, then target, each once.
func SortRelations(rs []Relation) []Relation {
	slices.SortFunc(rs, func(a, b Relation) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.TargetRef, b.TargetRef))
	})
	return slices.Compact(rs)
}
