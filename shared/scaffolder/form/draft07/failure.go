package draft07

import "slices"

// Rules that are no keywords.
const (
	Group = ""       // failures that belong together, such as those of one branch
	Never = "false"  // a schema that no value fits
	Cycle = "$cycle" // a schema that refers to itself without going deeper into the value
)

// Failure is a rule that a value breaks.
type Failure struct {
	Rule     string // its keyword, or one of those above
	Argument any    // what stands behind the keyword; of "type" always a list, of counts an int
	Schema   any    // that the rule is part of
	Instance any    // the value

	// Names are those of members: missing ("required", "dependencies"), not allowed
	// ("additionalProperties"), or the one that is wrong ("propertyNames").
	Names []string
	// By is the member that asks for others ("dependencies").
	By string
	// Pair are the two that make a rule fail: entries that are equal ("uniqueItems"),
	// branches that both fit ("oneOf"; nil when none does).
	Pair []int
	// Reason is why a text is not of a format.
	Reason error
	// Causes are the failures of branches ("anyOf", "oneOf"), of entries ("contains"), of a
	// name ("propertyNames") or of a group.
	Causes []*Failure

	at *place
}

// Path leads to the value: names (string) and indexes (int). Of a member's name, it leads to
// the object.
func (f *Failure) Path() []any {
	path := []any{}
	for p := f.at; p != nil && p.parent != nil; p = p.parent {
		if p.part != nil {
			path = append(path, p.part)
		}
	}
	slices.Reverse(path)
	return path
}

// place is a value and where it is.
type place struct {
	parent *place
	part   any // name or index in parent; nil at the top and for the name of a member
	value  any
	depth  int
}

func (p *place) below(part, value any) *place {
	return &place{parent: p, part: part, value: value, depth: p.depth + 1}
}

// gather makes one failure of those of a branch.
func gather(list []*Failure) *Failure {
	if len(list) == 1 {
		return list[0]
	}
	return &Failure{Rule: Group, Causes: list, at: list[0].at}
}
