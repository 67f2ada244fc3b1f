package entity

import (
	"slices"
	"strconv"
	"strings"
)

// collision are two members of one object whose names differ only in case: a filter could
// not tell them apart.
type collision struct {
	first, second string
	within        []string // the way to the object, from the inside out
}

func (c *collision) pointer() string {
	at := ""
	for _, name := range slices.Backward(c.within) {
		at = pointer(at, name)
	}
	return pointer(at, c.second)
}

func caseCollision(e Entity) *collision {
	c := collisionIn(e.Metadata)
	if c != nil {
		c.within = append(c.within, "metadata")
		return c
	}
	if c = collisionIn(e.Spec); c != nil {
		c.within = append(c.within, "spec")
	}
	return c
}

func collisionIn(v any) *collision {
	switch v := v.(type) {
	case map[string]any:
		seen := make(map[string]string, len(v))
		for _, k := range sortedKeys(v) {
			if first, taken := seen[strings.ToLower(k)]; taken {
				return &collision{first: first, second: k}
			}
			seen[strings.ToLower(k)] = k
			if c := collisionIn(v[k]); c != nil {
				c.within = append(c.within, k)
				return c
			}
		}
	case []any:
		for i, item := range v {
			if c := collisionIn(item); c != nil {
				c.within = append(c.within, strconv.Itoa(i))
				return c
			}
		}
	}
	return nil
}
