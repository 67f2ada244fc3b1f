package draft07

import "errors"

// ErrFuel is what a validation ends with that takes too many steps.
var ErrFuel = errors.New("holding the value against the schema takes too many steps")

// maxFuel is what one validation may spend: a schema applied to a value costs one, a pattern
// the length of the text, and so on.
const maxFuel = 4_000_000

// run is one validation.
type run struct {
	fuel   int
	quiet  int   // more than none: only whether something fails matters
	active []int // by schema: the depth, plus one, of the value that it is being applied to
	regex  func(string) error
}

// Validate gives what is wrong with a value; the error is ErrFuel.
func (s *Schema) Validate(value any) ([]*Failure, error) {
	r := &run{fuel: maxFuel, active: make([]int, s.size), regex: s.regex}
	found := r.apply(s.root, &place{value: value})
	if r.fuel < 0 {
		return nil, ErrFuel
	}
	return found, nil
}

// spend reports whether there is fuel left for so much.
func (r *run) spend(n int) bool {
	r.fuel -= n
	return r.fuel >= 0
}

// apply holds a value against a schema.
func (r *run) apply(n *node, at *place) []*Failure {
	if !r.spend(1) {
		return nil
	}
	if n.fixed {
		if n.fits {
			return nil
		}
		return r.fail(n, at, Failure{Rule: Never})
	}
	before := r.active[n.id]
	if before == at.depth+1 {
		return r.fail(n, at, Failure{Rule: Cycle})
	}
	r.active[n.id] = at.depth + 1
	found := r.hold(n, at)
	r.active[n.id] = before
	return found
}

// hold tries the rules: those that say what kind of value is wanted end it when they fail.
func (r *run) hold(n *node, at *place) []*Failure {
	if n.ref != nil {
		return r.apply(n.ref, at)
	}
	for _, c := range n.first {
		if found := c(r, at); len(found) > 0 {
			return found
		}
	}
	var all []*Failure
	for _, c := range n.rest {
		all = append(all, c(r, at)...)
		if r.fuel < 0 || r.quiet > 0 && len(all) > 0 {
			break
		}
	}
	return all
}

// fits reports whether a value fits, without telling why not.
func (r *run) fits(n *node, at *place) bool {
	r.quiet++
	found := r.apply(n, at)
	r.quiet--
	return len(found) == 0
}

func (r *run) fail(n *node, at *place, f Failure) []*Failure {
	if r.quiet > 0 {
		return []*Failure{{}}
	}
	if !r.spend(4) {
		return nil
	}
	f.Schema, f.Instance, f.at = n.raw, at.value, at
	return []*Failure{&f}
}
