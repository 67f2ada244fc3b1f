package draft07

// choices reads the rules that are made of schemas for the very same value.
func (c *compiler) choices(n *node, s map[string]any) {
	if rejected, there := s["not"]; there {
		n.rest = append(n.rest, not(n, c.node(rejected), rejected))
	}
	for _, branch := range c.list(s["allOf"]) {
		n.rest = append(n.rest, func(r *run, at *place) []*Failure { return r.apply(branch, at) })
	}
	if branches, there := s["anyOf"]; there {
		n.rest = append(n.rest, anyOf(n, c.list(branches), branches))
	}
	if branches, there := s["oneOf"]; there {
		n.rest = append(n.rest, oneOf(n, c.list(branches), branches))
	}
	if condition, there := s["if"]; there {
		n.rest = append(n.rest, conditional(c.node(condition), c.optional(s, "then"), c.optional(s, "else")))
	}
}

// optional gives the schema behind a keyword, nil when there is none.
func (c *compiler) optional(s map[string]any, keyword string) *node {
	if raw, there := s[keyword]; there {
		return c.node(raw)
	}
	return nil
}

func not(n, rejected *node, argument any) check {
	return func(r *run, at *place) []*Failure {
		if !r.fits(rejected, at) {
			return nil
		}
		return r.fail(n, at, Failure{Rule: "not", Argument: argument})
	}
}

func anyOf(n *node, branches []*node, argument any) check {
	return func(r *run, at *place) []*Failure {
		var causes []*Failure
		for _, branch := range branches {
			found := r.apply(branch, at)
			if len(found) == 0 {
				return nil
			}
			causes = append(causes, gather(found))
		}
		return r.fail(n, at, Failure{Rule: "anyOf", Argument: argument, Causes: causes})
	}
}

func oneOf(n *node, branches []*node, argument any) check {
	return func(r *run, at *place) []*Failure {
		var causes []*Failure
		fitting := -1
		for i, branch := range branches {
			if fitting >= 0 {
				if r.fits(branch, at) {
					return r.fail(n, at, Failure{Rule: "oneOf", Argument: argument, Pair: []int{fitting, i}})
				}
				continue
			}
			if found := r.apply(branch, at); len(found) > 0 {
				causes = append(causes, gather(found))
			} else {
				fitting = i
			}
		}
		if fitting >= 0 {
			return nil
		}
		return r.fail(n, at, Failure{Rule: "oneOf", Argument: argument, Causes: causes})
	}
}

func conditional(condition, then, otherwise *node) check {
	return func(r *run, at *place) []*Failure {
		follow := otherwise
		if r.fits(condition, at) {
			follow = then
		}
		if follow == nil {
			return nil
		}
		return r.apply(follow, at)
	}
}
