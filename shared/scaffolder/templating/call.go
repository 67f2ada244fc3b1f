package templating

import "slices"

// callWith calls a macro, global or method. caller is the body of a {% call %}, or nil.
func (r *run) callWith(c *call, caller *function) any {
	where := c.offset()
	f, ok := r.eval(c.callee).(*function)
	if !ok {
		fail(where, "%s is not a function that a template can call", describe(c.callee))
	}
	args := r.evalAll(where, c.args.list)
	keywords := r.keywords(where, c.args)
	if f.macro != nil {
		return r.callMacro(where, f, args, keywords, caller)
	}
	if keywords != nil {
		args = append(args, keywords)
	}
	return f.call(r, where, args)
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
	o.keywords = true
	for i, name := range a.names {
		o.set(name, r.eval(a.named[i]))
	}
	return o
}

// macroValue makes the value of a macro. A caller sees the variables of its place.
func (r *run) macroValue(m *macro, scope *frame) *function {
	return &function{name: m.name, macro: m, scope: scope}
}

func (r *run) callMacro(at int, f *function, args []any, keywords *object, caller *function) any {
	r.budget.alloc(at, 256)
	inner := &frame{isolates: true}
	if f.scope != nil {
		inner = f.scope.child(true)
	}
	var text string
	r.inFrame(inner, func() {
		if caller != nil {
			inner.declare("caller", caller)
		}
		r.bindParameters(f.macro, inner, args, keywords)
		text = r.capture(f.macro.body)
	})
	return safe(text)
}

func (r *run) bindParameters(m *macro, inner *frame, args []any, keywords *object) {
	for i, name := range m.params {
		var v any = Undefined{}
		given := false
		if keywords != nil {
			v, given = keywords.values[name]
		}
		switch {
		case given:
		case i < len(args):
			v = args[i]
		case m.defaults[i] != nil:
			v = r.eval(m.defaults[i])
		default:
			v = Undefined{}
		}
		inner.declare(name, v)
	}
	if keywords != nil && slices.Contains(keywords.keys, "caller") {
		inner.declare("caller", keywords.values["caller"])
	}
}

// builtin makes a function value of Go code that belongs to the language.
func builtin(name string, call func(r *run, at int, args []any) any) *function {
	return &function{name: name, call: call}
}

// arg gives argument i, Undefined when it was not passed.
func arg(args []any, i int) any {
	if i < len(args) {
		return args[i]
	}
	return Undefined{}
}
