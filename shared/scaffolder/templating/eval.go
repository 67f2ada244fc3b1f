package templating

import "math"

// eval works out an expression.
func (r *run) eval(e expr) any {
	r.budget.spend(e.offset(), 1)
	r.deeper(e.offset())
	defer r.shallower()
	switch e := e.(type) {
	case *literal:
		return e.value
	case *nameRef:
		return r.lookup(e.offset(), e.name)
	case *regexLit:
		return r.compile(e.offset(), e.pattern, e.flags)
	case *arrayLit:
		items := r.evalAll(e.offset(), e.items)
		r.hide(items...)
		return &array{items}
	case *objectLit:
		return r.makeObject(e)
	case *sequence:
		items := r.evalAll(e.offset(), e.items)
		for _, v := range items[:len(items)-1] {
			r.noFunction(e.offset(), v)
		}
		return items[len(items)-1]
	case *conditional:
		if truthy(r.eval(e.test)) {
			return r.eval(e.then)
		}
		return r.eval(e.otherwise)
	case *unary:
		return r.unary(e)
	case *binary:
		return r.binary(e)
	}
	return r.access(e)
}

// access works out what reads or calls something.
func (r *run) access(e expr) any {
	switch e := e.(type) {
	case *member:
		object := r.eval(e.object)
		return r.memberOf(e.key.offset(), object, r.eval(e.key))
	case *sliceOf:
		return r.slice(e)
	case *call:
		return r.call(e)
	case *filterCall:
		return r.applyFilter(e, r.eval(e.input))
	case *testCall:
		return r.applyTest(e) != e.negate
	}
	panic("templating: an expression that eval does not know")
}

func (r *run) evalAll(at int, list []expr) []any {
	r.budget.elements(at, len(list))
	values := make([]any, len(list))
	for i, e := range list {
		values[i] = r.eval(e)
	}
	return values
}

func (r *run) makeObject(e *objectLit) any {
	r.budget.elements(e.offset(), 4*len(e.keys))
	o := newObject()
	for i, k := range e.keys {
		v := r.eval(e.values[i])
		r.hide(v)
		o.set(r.str(k.offset(), r.eval(k)), v)
	}
	return o
}

// hide notes that a value has been put into a list or an object.
func (r *run) hide(values ...any) {
	for _, v := range values {
		if _, ok := v.(*function); ok {
			r.hidden = true
		}
	}
}

func (r *run) unary(e *unary) any {
	v := r.eval(e.operand)
	switch e.op {
	case "!":
		return !truthy(v)
	case "-":
		return -r.num(e.offset(), v)
	case "//":
		return math.Floor(r.num(e.offset(), v))
	}
	return r.num(e.offset(), v)
}

func (r *run) binary(e *binary) any {
	left := r.eval(e.left)
	switch e.op {
	case "||":
		if truthy(left) {
			return left
		}
		return r.eval(e.right)
	case "&&":
		if !truthy(left) {
			return left
		}
		return r.eval(e.right)
	}
	right := r.eval(e.right)
	switch e.op {
	case "+":
		return r.add(e.offset(), left, right)
	case "in":
		return r.contains(e.offset(), left, right)
	case "==", "!=", "===", "!==", "<", ">", "<=", ">=":
		return r.compare(e.offset(), e.op, left, right)
	}
	a, b := r.num(e.offset(), left), r.num(e.offset(), right)
	if e.op == "**" {
		r.budget.spend(e.offset(), powerCost(b))
	}
	return arithmetic(e.op, a, b)
}

func (r *run) compare(at int, op string, a, b any) bool {
	switch op {
	case "==":
		return r.looseEqual(at, a, b)
	case "!=":
		return !r.looseEqual(at, a, b)
	case "===":
		return r.strictEqual(a, b)
	case "!==":
		return !r.strictEqual(a, b)
	}
	c, ordered := r.order(at, a, b)
	if !ordered {
		return false
	}
	switch op {
	case "<":
		return c < 0
	case ">":
		return c > 0
	case "<=":
		return c <= 0
	}
	return c >= 0
}

// add is JavaScript's +: text when either side is text, a sum otherwise.
func (r *run) add(at int, a, b any) any {
	a, b = r.plain(at, a), r.plain(at, b)
	_, aText := a.(string)
	_, bText := b.(string)
	if !aText && !bText {
		return r.num(at, a) + r.num(at, b)
	}
	x, y := r.str(at, a), r.str(at, b)
	r.budget.text(at, int64(len(x))+int64(len(y)))
	return whole(x + y)
}

func arithmetic(op string, a, b float64) any {
	switch op {
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	case "%":
		return math.Mod(a, b)
	}
	return power(a, b)
}

func (r *run) contains(at int, key, in any) bool {
	switch in := in.(type) {
	case string:
		return r.find(at, in, r.str(at, key)) >= 0
	case safe: // an object with these two members, in Nunjucks
		name := r.str(at, key)
		return name == "length" || name == "val"
	case *array:
		return r.indexIn(at, in.items, key) >= 0
	case *object:
		_, there := in.values[r.str(at, key)]
		return there
	}
	fail(at, `the right side of "in" must be text, a list or an object, not %s`, typeName(in))
	return false
}

func (r *run) indexIn(at int, items []any, wanted any) int {
	for i, item := range items {
		r.budget.spend(at, 1+r.textCost(item))
		if r.strictEqual(item, wanted) {
			return i
		}
	}
	return -1
}

func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case safe:
		return string(v), true
	}
	return "", false
}

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case Undefined:
		return "undefined"
	case bool:
		return "a boolean"
	case float64:
		return "a number"
	case string, safe:
		return "text"
	case *array:
		return "a list"
	case *function:
		return "a function"
	case *pattern:
		return "a regular expression"
	}
	return "an object"
}

// memberOf reads a member of a value. What does not exist is Undefined, also on null.
func (r *run) memberOf(at int, holder, key any) any {
	r.budget.spend(at, 1)
	name := ""
	switch k := key.(type) {
	case float64:
		if list, ok := holder.(*array); ok {
			return listItem(list, k)
		}
		name = numberText(k)
	default:
		name = r.str(at, key)
	}
	if reserved(name) {
		return Undefined{}
	}
	switch o := holder.(type) {
	case *object:
		if v, there := o.values[name]; there {
			return v
		}
	case *array:
		if name == "length" {
			return float64(len(o.items))
		}
		if i, ok := indexText(name); ok {
			return listItem(o, i)
		}
	case string, safe:
		return r.textMember(at, holder, name)
	case *function:
		if v, there := o.members[name]; there {
			return v
		}
	}
	return r.method(holder, name)
}

func listItem(list *array, i float64) any {
	if i < 0 || i >= float64(len(list.items)) || i != math.Trunc(i) {
		return Undefined{}
	}
	return list.items[int(i)]
}

// indexText reads a key such as "12", which reads the same element as the number.
func indexText(s string) (float64, bool) {
	if len(s) == 0 || len(s) > 10 || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n := 0.0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + float64(s[i]-'0')
	}
	return n, n < math.MaxUint32
}

func (r *run) textMember(at int, v any, name string) any {
	s, _ := textOf(v)
	if name == "length" {
		r.budget.spend(at, int64(len(s))/64)
		return float64(length16(s))
	}
	if _, marked := v.(safe); marked && name == "val" {
		return s
	}
	if i, ok := indexText(name); ok {
		r.budget.spend(at, int64(len(s))/64)
		if c := cut(s, int(i), int(i)+1); c != "" {
			return c
		}
		return Undefined{}
	}
	return r.method(s, name)
}

// slice is Python's list[start:stop:step] as Nunjucks' Jinja compatibility does it, which
// counts and compares in JavaScript's way whatever the bounds are.
func (r *run) slice(e *sliceOf) any {
	where := e.offset()
	object := r.eval(e.object)
	r.noFunction(where, object)
	if !truthy(object) {
		object = &array{}
	}
	length := r.memberOf(where, object, "length")
	start, stop, step := r.bound(e.start), r.bound(e.stop), any(1.0)
	if e.step != nil {
		step = r.eval(e.step)
	}
	n := r.num(where, step)
	if n == 0 || math.IsNaN(n) || math.IsInf(n, 0) {
		fail(where, "a slice's step must be a number other than 0")
	}
	down := r.compare(where, "<", step, 0.0)
	if start == nil && down {
		start = r.num(where, length) - 1
	} else if start == nil {
		start = 0.0
	}
	if stop == nil && down {
		stop = -1.0
	} else if stop == nil {
		stop = length
	} else if r.compare(where, "<", stop, 0.0) {
		stop = r.add(where, stop, length)
	}
	if r.compare(where, "<", start, 0.0) {
		start = r.add(where, start, length)
	}
	return r.steps(where, object, start, stop, step, length)
}

// bound works out a bound of a slice, nil where there is none.
func (r *run) bound(e expr) any {
	if e == nil {
		return nil
	}
	return r.eval(e)
}

func (r *run) steps(at int, object, start, stop, step, length any) any {
	out := &array{}
	up, down := r.compare(at, ">", step, 0.0), r.compare(at, "<", step, 0.0)
	for i := start; !r.compare(at, "<", i, 0.0) && !r.compare(at, ">", i, length); i = r.add(at, i, step) {
		if up && r.compare(at, ">=", i, stop) || down && r.compare(at, "<=", i, stop) {
			break
		}
		r.budget.elements(at, 2)
		v := r.memberOf(at, object, i)
		if _, method := v.(*function); method {
			v = Undefined{}
		}
		out.items = append(out.items, v)
	}
	return out
}
