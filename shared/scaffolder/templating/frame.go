package templating

// frame holds the variables of one scope. A set inside a loop changes a variable of an
// outer frame when there is one of that name; a frame that isolates keeps such writes in.
type frame struct {
	vars     map[string]any
	parent   *frame
	isolates bool
}

func (f *frame) child(isolates bool) *frame { return &frame{parent: f, isolates: isolates} }

// absent is an undefined variable that hides others of its name: what a loop binds is
// meant inside of it, even where there is no value for it.
type absent struct{}

func (f *frame) get(name string) any {
	for ; f != nil; f = f.parent {
		if v, there := f.vars[name]; there && v != (Undefined{}) {
			return v
		}
	}
	return Undefined{}
}

// declare sets a variable of this very frame.
func (f *frame) declare(name string, v any) {
	if f.vars == nil {
		f.vars = map[string]any{}
	}
	f.vars[name] = v
}

// bind declares a variable of a loop.
func (f *frame) bind(name string, v any) {
	if isUndefined(v) {
		v = absent{}
	}
	f.declare(name, v)
}

// assign sets the nearest variable of that name that may be written from here.
func (f *frame) assign(name string, v any) {
	for g := f; g != nil; g = g.parent {
		if old, there := g.vars[name]; there && old != (Undefined{}) {
			g.vars[name] = v
			return
		}
		if g.isolates {
			break
		}
	}
	f.declare(name, v)
}
