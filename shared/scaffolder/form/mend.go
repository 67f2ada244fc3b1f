package form

import (
	"maps"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// mend puts right where names of members are wrong: the validator keeps the place of such an
// error in a slice that it goes on to write into. What is left true of it is its length.
func mend(e *jsonschema.ValidationError, values any) {
	if name, ok := e.ErrorKind.(*kind.PropertyNames); ok {
		if at, found := placeOf(values, name.Property, e.InstanceLocation, len(e.InstanceLocation)); found {
			e.InstanceLocation = at
		}
	}
	for _, cause := range e.Causes {
		mend(cause, values)
	}
}

// placeOf gives the path to an object that has a member, so many levels down: the one that
// is supposed if it is one, else the first.
func placeOf(value any, member string, supposed []string, depth int) ([]string, bool) {
	object, isObject := value.(map[string]any)
	if depth == 0 {
		_, has := object[member]
		return nil, has
	}
	names, below := slices.Sorted(maps.Keys(object)), func(name string) any { return object[name] }
	if list, isList := value.([]any); isList && !isObject {
		names = nil
		for i := range list {
			names = append(names, strconv.Itoa(i))
		}
		below = func(name string) any { i, _ := strconv.Atoi(name); return list[i] }
	}
	if i := slices.Index(names, supposed[0]); i > 0 {
		names = append([]string{supposed[0]}, slices.Delete(names, i, i+1)...)
	}
	for _, name := range names {
		if rest, found := placeOf(below(name), member, supposed[1:], depth-1); found {
			return append([]string{name}, rest...), true
		}
	}
	return nil, false
}
