package entity

import (
	"slices"
	"strings"
)

// SortLists gives a copy of a spec with its lists of refs in order, as Backstage keeps them.
func SortLists(kind string, spec map[string]any) map[string]any {
	out := make(map[string]any, len(spec))
	for k, v := range spec {
		out[k] = v
	}
	for _, name := range sortedLists {
		list, ok := out[name].([]any)
		if !ok || !slices.Contains(kinds[kind].lists, name) {
			continue
		}
		list = slices.Clone(list)
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(text(a), text(b)) })
		out[name] = list
	}
	return out
}
