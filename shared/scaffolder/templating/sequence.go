package templating

import (
	"math"
	"strconv"
)

// What counts as a list differs between filters, in ways that templates have come to rely
// on: Nunjucks' filters loop over whatever has a length.

// arrayLike gives the elements of a list, the characters of a text, the members "0", "1" … of
// an object as far as its length says, and nothing of anything else.
func (r *run) arrayLike(at int, v any) []any {
	switch v := v.(type) {
	case *array:
		return v.items
	case *object:
		n := r.num(at, v.get("length"))
		if !(n > 0) { // NaN, too
			return nil
		}
		count := clampInt(math.Ceil(n))
		r.budget.elements(at, count)
		items := make([]any, count)
		for i := range items {
			items[i] = v.get(strconv.Itoa(i))
		}
		return items
	}
	if s, ok := textOf(v); ok {
		return r.charList(at, s).items
	}
	return nil
}

// mapped is arrayLike for what goes over a list with JavaScript's map, which does not take every
// number for a length.
func (r *run) mapped(at int, v any) []any {
	if o, ok := v.(*object); ok {
		n, isNumber := o.get("length").(float64)
		if isNumber && !math.IsNaN(n) && (n < 0 || n != math.Trunc(n) || n > math.MaxUint32) {
			fail(at, "%s is no length of a list", numberText(n))
		}
	}
	return r.arrayLike(at, v)
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

// elementOf gives a member of a list's element, which must be there. Methods are no members.
func (r *run) elementOf(at int, item, key any) any {
	if item == nil || isUndefined(item) {
		fail(at, "an element of the list is %s, which has no members", typeName(item))
	}
	v := r.memberOf(at, item, key)
	if _, method := v.(*function); method {
		return Undefined{}
	}
	return v
}
