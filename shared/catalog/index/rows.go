package index

import (
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// The longest key and value that can be searched for. A longer key is not indexed; of a
// longer value only its existence is.
const (
	maxKeyBytes   = 200
	maxValueRunes = 200
)

// row is one thing an entity can be found by. null marks a value that exists but never
// equals anything.
type row struct {
	key   string // lower case
	value string // lower case; what comparisons use
	shown string // as written; what facets show
	null  bool
}

// rowsOf flattens an entity as Backstage's search table does: objects by dotted paths,
// lists without index, each string of a list also as path.item=true.
func rowsOf(e entity.Entity) []row {
	var b rowBuilder
	b.add("apiversion", e.APIVersion)
	b.add("kind", e.Kind)
	for k, v := range e.Metadata {
		if k != "etag" && k != "namespace" {
			b.walk("metadata."+k, v)
		}
	}
	b.add("metadata.namespace", e.Namespace())
	for k, v := range e.Spec {
		b.walk("spec."+k, v)
	}
	for _, r := range e.Relations {
		b.add("relations."+r.Type, r.TargetRef)
	}
	slices.SortFunc(b.rows, func(a, b row) int {
		if a.key != b.key {
			return strings.Compare(a.key, b.key)
		}
		return strings.Compare(a.shown, b.shown)
	})
	return slices.Compact(b.rows)
}

type rowBuilder struct{ rows []row }

func (b *rowBuilder) walk(path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			b.walk(path+"."+k, item)
		}
	case []any:
		for _, item := range v {
			b.walk(path, item)
			if s, ok := item.(string); ok {
				b.add(path+"."+s, "true")
			}
		}
	case nil:
		b.put(row{key: path, null: true})
	case string:
		b.add(path, v)
	default:
		b.add(path, entity.ScalarText(v))
	}
}

func (b *rowBuilder) add(key, value string) {
	if len([]rune(value)) > maxValueRunes {
		b.put(row{key: key, null: true})
		return
	}
	b.put(row{key: key, value: strings.ToLower(value), shown: value})
}

func (b *rowBuilder) put(r row) {
	r.key = strings.ToLower(r.key)
	if len(r.key) <= maxKeyBytes {
		b.rows = append(b.rows, r)
	}
}

// find gives the rows with a key, which must be in lower case.
func find(rows []row, key string) []row {
	i, found := slices.BinarySearchFunc(rows, key, func(r row, k string) int { return strings.Compare(r.key, k) })
	if !found {
		return nil
	}
	end := i
	for end < len(rows) && rows[end].key == key {
		end++
	}
	return rows[i:end]
}
