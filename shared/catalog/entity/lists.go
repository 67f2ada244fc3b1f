package entity

import (
	"slices"
	"strings"
)

// SortLists gives a copy of a spec with the lists that name other entities in order, as
// Backstage keeps them.
func (k *Kinds) SortLists(kind string, spec map[string]any) map[string]any {
	out := make(map[string]any, len(spec))
	for name, v := range spec {
		out[name] = v
	}
	for _, r := range k.byName[kind].Relations {
		list, ok := out[r.Field].([]any)
		if !ok {
			continue
		}
		list = slices.Clone(list)
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(text(a), text(b)) })
		out[r.Field] = list
	}
	return out
}
