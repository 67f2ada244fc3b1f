package templating

// frame holds what has been set in one scope. A set inside a loop changes a variable of an
// outer frame when there is one of that name; a frame that isolates keeps such writes in.
type frame struct {
	vars     map[string]any
	parent   *frame
	isolates bool
}

func (f *frame) child(isolates bool) *frame { return &frame{parent: f, isolates: isolates} }

func (f *frame) get(name string) (any, bool) {
	for ; f != nil; f = f.parent {
		if v, there := f.vars[name]; there {
			return v, true
		}
	}
	return Undefined{}, false
}

// declare sets a variable of this very frame.
func (f *frame) declare(name string, v any) {
	if f.vars == nil {
		f.vars = map[string]any{}
	}
	f.vars[name] = v
}

// assign sets the nearest variable of that name that may be written from here.
func (f *frame) assign(name string, v any) {
	if !f.isolates {
		for g := f; g != nil; g = g.parent {
			if _, there := g.vars[name]; there {
				g.vars[name] = v
				return
			}
			if g.isolates {
				break
			}
		}
	}
	f.declare(name, v)
}

// region holds what the text itself binds to a name: variables of a loop, parameters and
// macros. Nunjucks compiles these to variables of JavaScript, so within its region such a
// name means this and nothing else that is called so, and it keeps its value until the
// function around it (the template, a macro, a block) is entered again.
type region struct {
	bound  map[string]*any
	parent *region
	within *invocation
}

// invocation is one run of the template, of a macro, of a caller or of a block.
type invocation struct {
	loops map[*forStmt]*loopMemory
}

// loopMemory is what a loop has left behind for its next run in the same invocation.
type loopMemory struct {
	length any
	single *region // binds every variable
	pairs  *region // binds the first two anew, for loops over keys and values
}

func newRegion(parent *region) *region { return &region{parent: parent, within: &invocation{}} }

func (g *region) get(name string) *any {
	for ; g != nil; g = g.parent {
		if v, there := g.bound[name]; there {
			return v
		}
	}
	return nil
}

// bind gives a name of this very region its value.
func (g *region) bind(name string, v any) {
	if g.bound == nil {
		g.bound = map[string]*any{}
	}
	if old, there := g.bound[name]; there {
		*old = v
		return
	}
	g.bound[name] = &v
}

// loop gives what a loop remembers, in regions below g.
func (g *region) loop(s *forStmt) *loopMemory {
	if m, there := g.within.loops[s]; there {
		return m
	}
	m := &loopMemory{length: Undefined{}, single: &region{parent: g, within: g.within}}
	for _, name := range s.names {
		m.single.bind(name, Undefined{})
	}
	m.pairs = m.single
	if len(s.names) > 1 {
		m.pairs = &region{parent: m.single, within: g.within}
		for _, name := range s.names[:2] {
			m.pairs.bind(name, Undefined{})
		}
	}
	if g.within.loops == nil {
		g.within.loops = map[*forStmt]*loopMemory{}
	}
	g.within.loops[s] = m
	return m
}

// place is where in the template something runs, as far as names go.
type place struct {
	frame         *frame
	region        *region
	exportsSets   bool // what is set here is seen by macros
	exportsMacros bool
}
