package templating

// What counts as a list differs between filters, in ways that templates have come to rely
// on: Nunjucks' filters loop over whatever has a length.

// arrayLike gives the elements of a list, the characters of a text, as many undefined
// elements as the length of an object says, and nothing of anything else.
func (r *run) arrayLike(at int, v any) []any {
	switch v := v.(type) {
	case *array:
		return v.items
	case *object:
		n, _ := v.get("length").(float64)
		count := max(clampInt(n), 0)
		r.budget.elements(at, count)
		items := make([]any, count)
		for i := range items {
			items[i] = Undefined{}
		}
		return items
	}
	if s, ok := textOf(v); ok {
		return r.charList(at, s).items
	}
	return nil
}

// sequence is arrayLike of a value that must be there.
func (r *run) sequence(at int, v any) []any {
	if v == nil || isUndefined(v) {
		fail(at, "this filter works on a list, not on %s", typeName(v))
	}
	return r.arrayLike(at, v)
}

// listOnly gives the elements of a list and takes nothing else for one.
func (r *run) listOnly(at int, v any) []any {
	a, ok := v.(*array)
	if !ok {
		fail(at, "this filter works on a list, not on %s", typeName(v))
	}
	return a.items
}

// elementOf gives a member of a list's element, which must be there.
func (r *run) elementOf(at int, item, key any) any {
	if item == nil || isUndefined(item) {
		fail(at, "an element of the list is %s, which has no members", typeName(item))
	}
	return r.memberOf(at, item, key)
}

// named gives an argument by its name among the keyword arguments, or by its position.
func named(args []any, i int, name string) any {
	if n := len(args); n > 0 {
		if k, ok := args[n-1].(*object); ok && k.keywords {
			if v, there := k.values[name]; there {
				return v
			}
			args = args[:n-1]
		}
	}
	return arg(args, i)
}
