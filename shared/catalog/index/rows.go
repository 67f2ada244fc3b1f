package index

import (
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// The longest key and value that can be searched for. A longer key is not indexed; of a
// longer value only its existence is.
const (
	maxKeyBytes   = 200
	maxValueRunes = 200
)

// relationsKey begins the keys of the rows that relations make.
const relationsKey = "relations."

// emit takes one thing an entity can be found by: a path with the case it was written in, and
// a value. null marks a value that exists but never equals anything. The path is good for the
// call alone.
type emit func(path []byte, value string, null bool)

// flatten gives what an entity can be found by as Backstage's search table does: objects by
// dotted paths, lists without index, each string of a list also as path.item=true. Relations
// are not among it.
func flatten(e entity.Entity, emit emit) {
	f := flattener{emit: emit, path: make([]byte, 0, 128)}
	f.add([]byte("apiversion"), e.APIVersion)
	f.add([]byte("kind"), e.Kind)
	for k, v := range e.Metadata {
		if k != "etag" && k != "namespace" {
			f.member("metadata", k, v)
		}
	}
	f.add([]byte("metadata.namespace"), e.Namespace())
	for k, v := range e.Spec {
		f.member("spec", k, v)
	}
}

type flattener struct {
	path []byte
	emit emit
}

func (f *flattener) member(root, key string, v any) {
	f.path = append(append(append(f.path[:0], root...), '.'), key...)
	f.walk(v)
}

func (f *flattener) walk(v any) {
	switch v := v.(type) {
	case map[string]any:
		n := len(f.path)
		for k, item := range v {
			f.path = append(append(f.path, '.'), k...)
			f.walk(item)
			f.path = f.path[:n]
		}
	case []any:
		for _, item := range v {
			f.walk(item)
			if s, ok := item.(string); ok {
				n := len(f.path)
				f.path = append(append(f.path, '.'), s...)
				f.add(f.path, "true")
				f.path = f.path[:n]
			}
		}
	case nil:
		f.emit(f.path, "", true)
	case string:
		f.add(f.path, v)
	default:
		f.add(f.path, entity.ScalarText(v))
	}
}

func (f *flattener) add(path []byte, value string) {
	if len(value) > maxValueRunes && utf8.RuneCountInString(value) > maxValueRunes {
		f.emit(path, "", true)
		return
	}
	f.emit(path, value, false)
}

// keyOf gives the form of a path that it is found by, false when it is too long.
func keyOf(path []byte) (string, bool) {
	key := strings.ToLower(string(path))
	return key, len(key) <= maxKeyBytes
}
