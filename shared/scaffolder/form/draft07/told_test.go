package draft07_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/slipwayhq/slipway/shared/scaffolder/form/draft07"
)

// told gives the failures of the outermost rules as a set of "/path rule".
func told(found []*draft07.Failure) map[string]bool {
	set := map[string]bool{}
	for _, f := range found {
		var path strings.Builder
		for _, part := range f.Path() {
			fmt.Fprintf(&path, "/%v", part)
		}
		rule := f.Rule
		if len(f.Names) > 0 {
			rule += fmt.Sprint(slices.Sorted(slices.Values(f.Names)), f.By)
		}
		set[path.String()+" "+rule] = true
	}
	return set
}

// rules gives what the library tells in the same form. The places of wrong names are left
// out: it overwrites them.
func rules(ok bool, e *jsonschema.ValidationError) map[string]bool {
	set := map[string]bool{}
	if !ok {
		return set
	}
	rule, names := "", []string(nil)
	switch k := e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		for _, cause := range e.Causes {
			maps.Copy(set, rules(true, cause))
		}
		return set
	case *kind.PropertyNames:
		return set
	case *kind.Required:
		rule, names = "required", k.Missing
	case *kind.Dependency:
		set[at(e)+" dependencies"+fmt.Sprint(slices.Sorted(slices.Values(k.Missing)), k.Prop)] = true
		return set
	case *kind.AdditionalProperties:
		rule, names = "additionalProperties", k.Properties
	case *kind.FalseSchema:
		rule = draft07.Never
	case *kind.RefCycle:
		rule = draft07.Cycle
	case *kind.Not:
		rule = "not"
	default:
		rule = k.KeywordPath()[0]
	}
	if names != nil {
		rule += fmt.Sprint(slices.Sorted(slices.Values(names)))
	}
	set[at(e)+" "+rule] = true
	return set
}

func at(e *jsonschema.ValidationError) string {
	var path strings.Builder
	for _, part := range e.InstanceLocation {
		path.WriteString("/" + part)
	}
	return path.String()
}

// within reports whether two tell the same, but for wrong names.
func within(theirs, ours map[string]bool) bool {
	for line := range ours {
		if !theirs[line] && !strings.Contains(line, " propertyNames") {
			return false
		}
	}
	for line := range theirs {
		if !ours[line] {
			return false
		}
	}
	return true
}
