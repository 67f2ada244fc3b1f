package entity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Projection keeps some fields of entities.
type Projection struct{ paths []string }

// ParseFields reads the comma-separated paths of the fields parameter. Paths are
// case-sensitive, keys may hold dots, and lists have no inner paths.
func ParseFields(values []string) (*Projection, error) {
	var p Projection
	for _, v := range values {
		for _, path := range strings.Split(v, ",") {
			path = strings.TrimSpace(path)
			if strings.Contains(path, "[") {
				return nil, errs.New(errs.Invalid, fmt.Sprintf("Invalid field %q, array type fields are not supported", errs.Clip(path)))
			}
			if path != "" && !slices.Contains(p.paths, path) {
				p.paths = append(p.paths, path)
			}
		}
	}
	if len(p.paths) == 0 {
		return nil, nil
	}
	return &p, nil
}

// Apply gives the kept fields of an entity; all of them when p is nil.
func (p *Projection) Apply(e Entity) any {
	if p == nil {
		return e
	}
	whole := map[string]any{"apiVersion": e.APIVersion, "kind": e.Kind, "metadata": e.Metadata, "relations": e.Relations}
	if e.Spec != nil {
		whole["spec"] = e.Spec
	}
	out := map[string]any{}
	for _, path := range p.paths {
		keep(out, whole, path)
	}
	return out
}

// keep copies what a path leads to. A key may hold dots, so every cut of the path is
// tried, the shortest key first.
func keep(out, from map[string]any, path string) bool {
	if v, ok := from[path]; ok {
		out[path] = v
		return true
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		inner, ok := from[path[:i]].(map[string]any)
		if !ok {
			continue
		}
		below, had := out[path[:i]].(map[string]any)
		if !had {
			below = map[string]any{}
		}
		if keep(below, inner, path[i+1:]) {
			out[path[:i]] = below
			return true
		}
	}
	return false
}
