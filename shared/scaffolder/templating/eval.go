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
		return &array{r.evalAll(e.offset(), e.items)}
	case *objectLit:
		return r.makeObject(e)
	case *sequence:
		items := r.evalAll(e.offset(), e.items)
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
		return r.callWith(e, nil)
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
		o.set(r.str(k.offset(), r.eval(k)), r.eval(e.values[i]))
	}
	return o
}

func (r *run) unary(e *unary) any {
	v := r.eval(e.operand)
	switch e.op {
	case "!":
		return !truthy(v)
	case "-":
		return -r.num(e.offset(), v)
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
	return arithmetic(e.op, r.num(e.offset(), left), r.num(e.offset(), right))
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
	return x + y
}

func arithmetic(op string, a, b float64) any {
	switch op {
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	case "//":
		return math.Floor(a / b)
	case "%":
		return math.Mod(a, b)
	}
	if math.IsNaN(b) || math.Abs(a) == 1 && math.IsInf(b, 0) {
		return math.NaN() // where Math.pow differs from C's pow
	}
	return math.Pow(a, b)
}

func (r *run) contains(at int, key, in any) bool {
	if text, ok := textOf(in); ok {
		return r.find(at, text, r.str(at, key)) >= 0
	}
	switch in := in.(type) {
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
	if name == "constructor" || name == "__proto__" {
		fail(at, "the name %q is reserved", name)
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
	if len(s) == 0 || len(s) > 9 || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n := 0.0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + float64(c-'0')
	}
	return n, true
}

func (r *run) textMember(at int, v any, name string) any {
	s, _ := textOf(v)
	if name == "length" {
		r.budget.spend(at, int64(len(s))/64)
		return float64(length16(s))
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

// slice is Python's list[start:stop:step] as Nunjucks' Jinja compatibility does it.
func (r *run) slice(e *sliceOf) any {
	where := e.offset()
	object := r.eval(e.object)
	bound := func(x expr, otherwise float64) float64 {
		if x == nil {
			return otherwise
		}
		return r.num(where, r.eval(x))
	}
	n := 0.0
	if truthy(object) {
		n = math.NaN()
		if length, ok := r.memberOf(where, object, "length").(float64); ok {
			n = length
		}
	}
	step := bound(e.step, 1)
	if step == 0 || math.IsNaN(step) {
		fail(where, "a slice's step must be a number other than 0")
	}
	first, last := 0.0, n
	if step < 0 {
		first, last = n-1, -1
	}
	start, stop := bound(e.start, first), bound(e.stop, last)
	if e.stop != nil && stop < 0 {
		stop += n
	}
	if start < 0 {
		start += n
	}
	out := &array{}
	for i := start; !(i < 0) && !(i > n); i += step { // n is no number for what has no length
		if step > 0 && i >= stop || step < 0 && i <= stop {
			break
		}
		r.budget.elements(where, 2)
		out.items = append(out.items, r.memberOf(where, object, i))
	}
	return out
}
