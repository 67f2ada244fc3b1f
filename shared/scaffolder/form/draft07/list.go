package draft07

// lists reads the rules about lists: uniqueItems, items, additionalItems, contains.
func (c *compiler) lists(n *node, s map[string]any) {
	if s["uniqueItems"] == true {
		n.rest = append(n.rest, unique(n))
	}
	if items, there := s["items"]; there {
		if _, several := items.([]any); several {
			c.tuple(n, c.list(items), s)
		} else {
			n.rest = append(n.rest, each(c.node(items), 0))
		}
	}
	if wanted, there := s["contains"]; there {
		n.rest = append(n.rest, contains(n, c.node(wanted), wanted))
	}
}

func unique(n *node) check {
	return func(r *run, at *place) []*Failure {
		list, _ := at.value.([]any)
		seen := make(map[string]int, len(list))
		for i, item := range list {
			key, within := r.key(item)
			if !within || !r.spend(1) {
				return nil
			}
			if before, repeated := seen[key]; repeated {
				return r.fail(n, at, Failure{Rule: "uniqueItems", Pair: []int{before, i}})
			}
			seen[key] = i
		}
		return nil
	}
}

// each holds all entries from one on against a schema.
func each(item *node, from int) check {
	return func(r *run, at *place) []*Failure {
		list, _ := at.value.([]any)
		var all []*Failure
		for i := from; i < len(list) && !r.enough(all); i++ {
			all = append(all, r.apply(item, at.below(i, list[i]))...)
		}
		return all
	}
}

// tuple reads a list of schemas, one for each entry, and what holds for the entries behind.
func (c *compiler) tuple(n *node, items []*node, s map[string]any) {
	n.rest = append(n.rest, func(r *run, at *place) []*Failure {
		list, _ := at.value.([]any)
		var all []*Failure
		for i := 0; i < min(len(list), len(items)) && !r.enough(all); i++ {
			all = append(all, r.apply(items[i], at.below(i, list[i]))...)
		}
		return all
	})
	switch more := s["additionalItems"]; more {
	case nil, true:
	case false:
		n.rest = append(n.rest, func(r *run, at *place) []*Failure {
			if entries(at.value) <= len(items) {
				return nil
			}
			return r.fail(n, at, Failure{Rule: "additionalItems", Argument: false})
		})
	default:
		n.rest = append(n.rest, each(c.node(more), len(items)))
	}
}

func contains(n, wanted *node, argument any) check {
	return func(r *run, at *place) []*Failure {
		list, is := at.value.([]any)
		if !is {
			return nil
		}
		var causes []*Failure
		for i, item := range list {
			found := r.apply(wanted, at.below(i, item))
			if len(found) == 0 {
				return nil
			}
			causes = append(causes, gather(found))
		}
		return r.fail(n, at, Failure{Rule: "contains", Argument: argument, Causes: causes})
	}
}

// enough reports whether there is no sense in looking further.
func (r *run) enough(found []*Failure) bool {
	return r.fuel < 0 || r.quiet > 0 && len(found) > 0
}
