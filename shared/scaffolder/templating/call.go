package templating

import "slices"

// call calls a macro, global or method.
func (r *run) call(c *call) any {
	where := c.offset()
	f, ok := r.eval(c.callee).(*function)
	if !ok {
		fail(where, "%s is not a function that a template can call", describe(c.callee))
	}
	if f.macro == nil {
		f.accept(where, c.args)
	}
	args := r.evalAll(where, c.args.list)
	keywords := r.keywords(where, c.args)
	if f.macro != nil {
		return r.callMacro(where, f, args, keywords)
	}
	for _, v := range args {
		r.noFunction(where, v)
	}
	return f.call(r, where, args)
}

// callBlock calls a macro whose caller() is the body of the block.
func (r *run) callBlock(s *callStmt) any {
	where := s.call.offset()
	f, ok := r.eval(s.call.callee).(*function)
	if !ok || f.macro == nil || f.site != nil {
		fail(where, "%s is not a macro, and a block can call nothing else", describe(s.call.callee))
	}
	args := r.evalAll(where, s.call.args.list)
	keywords := r.keywords(where, s.call.args)
	if keywords == nil {
		keywords = newObject()
	}
	site := r.place
	keywords.set("caller", &function{name: "caller", macro: s.caller, site: &site})
	return r.callMacro(where, f, args, keywords)
}

// accept checks how a built-in function is called, before anything is worked out for it.
func (f *function) accept(at int, a arguments) {
	switch n := len(a.list); {
	case len(a.names) > 0:
		fail(at, "%s takes no arguments by name", f.name)
	case n < f.least || n > f.most:
		fail(at, "%s does not take %d arguments", f.name, n)
	}
}

// describe names what was called in a message, as far as it is a path of names.
func describe(e expr) string {
	switch e := e.(type) {
	case *nameRef:
		return e.name
	case *member:
		if key, ok := e.key.(*literal); ok {
			if name, ok := key.value.(string); ok {
				return describe(e.object) + "." + shorten(name)
			}
		}
	}
	return "this"
}

// keywords collects name=value arguments in an object, nil when there are none.
func (r *run) keywords(at int, a arguments) *object {
	if len(a.names) == 0 {
		return nil
	}
	r.budget.elements(at, 4*len(a.names))
	o := newObject()
	for i, name := range a.names {
		v := r.eval(a.named[i])
		r.hide(v)
		o.set(name, v)
	}
	return o
}

func (r *run) callMacro(at int, f *function, args []any, keywords *object) any {
	r.budget.alloc(at, 512)
	inner := place{frame: &frame{isolates: true}, region: newRegion(nil), exportsMacros: true}
	if f.site != nil { // a caller sees the variables of its place
		inner = place{frame: f.site.frame.child(true), region: newRegion(f.site.region)}
	}
	var text string
	r.at(inner, func() {
		r.bindParameters(f.macro, args, keywords)
		text = r.capture(f.macro.body)
	})
	return safe(text)
}

// bindParameters gives the parameters their values. Arguments that are too many go on to the
// parameters with a default, in their order.
func (r *run) bindParameters(m *macro, args []any, keywords *object) {
	if keywords == nil {
		keywords = newObject()
	}
	for i := len(m.params); i < len(args) && i-len(m.params) < len(m.optional); i++ {
		keywords.set(m.optional[i-len(m.params)], args[i])
	}
	taken := map[string]bool{}
	for i, name := range m.params {
		v := arg(args, i)
		if i >= len(args) && !taken[name] {
			v, taken[name] = keywords.get(name), true
		}
		r.bindBoth(name, v)
	}
	for i, name := range m.optional {
		v, given := keywords.values[name]
		if !given || taken[name] {
			v = r.eval(m.defaults[i])
		}
		r.place.frame.declare(name, v)
	}
	if caller, given := keywords.values["caller"]; given && !taken["caller"] && !slices.Contains(m.params, "caller") && !slices.Contains(m.optional, "caller") {
		r.place.frame.declare("caller", caller)
	}
}

// manyArguments is how many a function takes that takes any number.
const manyArguments = 1 << 30

// builtin makes a function value of Go code that belongs to the language, with the least and
// the most arguments that it takes.
func builtin(name string, least, most int, call func(r *run, at int, args []any) any) *function {
	return &function{name: name, call: call, least: least, most: most}
}

// arg gives argument i, Undefined when it was not passed.
func arg(args []any, i int) any {
	if i >= 0 && i < len(args) {
		return args[i]
	}
	return Undefined{}
}

// noFunction refuses a value that is a function, or in which one is hidden.
func (r *run) noFunction(at int, v any) {
	if f, ok := v.(*function); ok {
		failHint(at, "call it", "%s is a function, not a value", f.name)
	}
	if !r.hidden {
		return
	}
	r.deeper(at)
	defer r.shallower()
	switch v := v.(type) {
	case *array:
		for _, item := range v.items {
			r.budget.spend(at, 1)
			r.noFunction(at, item)
		}
	case *object:
		for _, item := range v.values {
			r.budget.spend(at, 1)
			r.noFunction(at, item)
		}
	}
}
