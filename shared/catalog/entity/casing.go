package entity

import "strings"

// caseCollision finds two members of one object whose names differ only in case: a filter
// could not tell them apart.
func caseCollision(e Entity) (a, b string) {
	if a, b = collisionIn(e.Metadata); a != "" {
		return a, b
	}
	return collisionIn(e.Spec)
}

func collisionIn(v any) (a, b string) {
	switch v := v.(type) {
	case map[string]any:
		seen := make(map[string]string, len(v))
		for _, k := range sortedKeys(v) {
			if first, taken := seen[strings.ToLower(k)]; taken {
				return first, k
			}
			seen[strings.ToLower(k)] = k
			if a, b = collisionIn(v[k]); a != "" {
				return a, b
			}
		}
	case []any:
		for _, item := range v {
			if a, b = collisionIn(item); a != "" {
				return a, b
			}
		}
	}
	return "", ""
}
