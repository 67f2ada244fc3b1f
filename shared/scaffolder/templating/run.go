package templating

import "strings"

// run is one rendering.
type run struct {
	engine  *Engine
	budget  *budget
	given   map[string]any // the caller's scope, taken over name by name when first used
	context map[string]any // top-level variables: what was taken and what was set
	frame   *frame
	top     *frame
	depth   int
	regexes map[string]*pattern
}

func newRun(e *Engine, b *budget, scope map[string]any) *run {
	top := &frame{}
	return &run{engine: e, budget: b, given: scope, context: map[string]any{}, frame: top, top: top}
}

// stackFactor is how many interpreter levels one level of Limits.Nesting may take: an
// expression inside a tag inside a macro call is several.
const stackFactor = 24

func (r *run) deeper(at int) {
	if r.depth++; r.depth > r.budget.limits.Nesting*stackFactor {
		failLimit(at, "the template's calls or values are nested too deeply")
	}
}

func (r *run) shallower() { r.depth-- }

// lookup finds a variable: in the frames, then at the top level, then among the globals.
func (r *run) lookup(at int, name string) any {
	if v := r.frame.get(name); v != (Undefined{}) {
		switch v := v.(type) {
		case *loopState:
			r.budget.elements(at, 16)
			return v.object()
		case absent:
			return Undefined{}
		}
		return v
	}
	if v, there := r.context[name]; there {
		return v
	}
	if v, there := r.given[name]; there {
		inner := r.take(at, v, 0)
		r.context[name] = inner
		return inner
	}
	if g, there := globals[name]; there {
		return g
	}
	if r.engine.syntax.Cookiecutter {
		return pythonConstant(name)
	}
	return Undefined{}
}

func pythonConstant(name string) any {
	switch name {
	case "True":
		return true
	case "False":
		return false
	case "None":
		return nil
	}
	return Undefined{}
}

// writer collects text: the output (final), or a captured part of the template. What is
// written is copied twice at most, however much it becomes.
type writer struct {
	budget *budget
	full   []string // pieces that are complete
	piece  strings.Builder
	final  bool
}

// pieceSize is from what size on a piece is complete.
const pieceSize = 64 << 10

func (w *writer) write(at int, s string) {
	if w.final {
		w.budget.write(at, int64(len(s)))
	} else {
		w.budget.text(at, int64(len(s)))
	}
	if w.piece.Len() >= pieceSize {
		w.full = append(w.full, w.piece.String())
		w.piece.Reset()
		w.piece.Grow(pieceSize)
	}
	w.piece.WriteString(s)
}

func (w *writer) String() string {
	if len(w.full) == 0 {
		return w.piece.String()
	}
	return strings.Join(append(w.full, w.piece.String()), "")
}

// capture runs statements and gives what they wrote.
func (r *run) capture(body []stmt) string {
	w := &writer{budget: r.budget}
	r.block(body, w)
	return w.String()
}

func (r *run) block(body []stmt, w *writer) {
	for _, s := range body {
		r.budget.spend(s.offset(), 1)
		r.deeper(s.offset())
		r.statement(s, w)
		r.shallower()
	}
}

func (r *run) statement(s stmt, w *writer) {
	switch s := s.(type) {
	case *textStmt:
		w.write(s.offset(), s.text)
	case *outputStmt:
		w.write(s.offset(), r.printed(s.offset(), r.eval(s.value)))
	case *ifStmt:
		r.ifStatement(s, w)
	case *forStmt:
		r.forStatement(s, w)
	case *setStmt:
		r.setStatement(s)
	case *macroStmt:
		f := r.macroValue(s.macro, nil)
		r.define(s.macro.name, f)
	case *callStmt:
		caller := r.macroValue(s.caller, r.frame)
		w.write(s.offset(), r.printed(s.offset(), r.callWith(s.call, caller)))
	case *filterStmt:
		v := r.applyFilter(s.filter, r.capture(s.body))
		w.write(s.offset(), r.printed(s.offset(), v))
	case *switchStmt:
		r.switchStatement(s, w)
	case *scopeStmt:
		r.inFrame(r.frame.child(true), func() { r.block(s.body, w) })
	}
}

// inFrame runs body with another frame.
func (r *run) inFrame(f *frame, body func()) {
	saved := r.frame
	r.frame = f
	body()
	r.frame = saved
}

func (r *run) ifStatement(s *ifStmt, w *writer) {
	for i, test := range s.tests {
		if truthy(r.eval(test)) {
			r.block(s.branches[i], w)
			return
		}
	}
	r.block(s.otherwise, w)
}

// switchStatement runs the first case that equals; an empty case falls through.
func (r *run) switchStatement(s *switchStmt, w *writer) {
	subject := r.eval(s.subject)
	for i, c := range s.cases {
		if !r.strictEqual(subject, r.eval(c)) {
			continue
		}
		for ; i < len(s.bodies); i++ {
			if len(s.bodies[i]) > 0 {
				r.block(s.bodies[i], w)
				return
			}
		}
		break
	}
	r.block(s.otherwise, w)
}

func (r *run) setStatement(s *setStmt) {
	var v any
	if s.value != nil {
		v = r.eval(s.value)
	} else {
		r.inFrame(r.frame.child(false), func() { v = r.capture(s.body) })
	}
	for _, name := range s.names {
		r.budget.alloc(s.offset(), 64)
		r.define(name, v)
	}
}

// define assigns a variable; at the top level macros see it, too.
func (r *run) define(name string, v any) {
	r.frame.assign(name, v)
	if r.frame == r.top {
		r.context[name] = v
	}
}

func (r *run) forStatement(s *forStmt, w *writer) {
	where := s.offset()
	var over any
	inner := r.frame.child(false)
	r.inFrame(inner, func() { over = r.eval(s.over) })
	if text, ok := textOf(over); ok && len(s.names) == 1 {
		over = r.charList(where, text)
	}
	n := r.rounds(where, over, len(s.names))
	r.inFrame(inner, func() {
		loop := &loopState{n: n}
		for i := range n {
			r.budget.spend(where, 1)
			r.bind(where, inner, s.names, over, i)
			loop.i = i
			inner.declare("loop", loop)
			r.block(s.body, w)
		}
	})
	if n == 0 {
		r.block(s.otherwise, w)
	}
}

// rounds says how often a loop over v runs. Lists and text run by element; an object runs
// by key, but only when the loop has two variables.
func (r *run) rounds(at int, v any, targets int) int {
	switch v := v.(type) {
	case *array:
		return len(v.items)
	case *object:
		if targets > 1 {
			return len(v.keys)
		}
		n, _ := v.get("length").(float64)
		return clampInt(n)
	case string:
		r.budget.spend(at, int64(len(v))/64)
		return length16(v)
	}
	return 0
}

// bind gives the loop's variables their values of round i.
func (r *run) bind(at int, f *frame, names []string, over any, i int) {
	if len(names) == 1 {
		f.bind(names[0], r.memberOf(at, over, float64(i)))
		return
	}
	if o, ok := over.(*object); ok {
		key := any(Undefined{})
		if i < len(o.keys) {
			key = o.keys[i]
		}
		r.bindPair(at, f, names, key, o)
		return
	}
	list, ok := over.(*array)
	if !ok {
		r.bindPair(at, f, names, numberText(float64(i)), over)
		return
	}
	item := r.memberOf(at, list, float64(i))
	for j, name := range names {
		f.bind(name, r.memberOf(at, item, float64(j)))
	}
}

func (r *run) bindPair(at int, f *frame, names []string, key, over any) {
	f.bind(names[0], key)
	f.bind(names[1], r.memberOf(at, over, key))
}

// loopState stands for the variable "loop", whose object is made when it is asked for.
type loopState struct{ i, n int }

func (l *loopState) object() *object {
	o := newObject()
	o.set("index", float64(l.i+1))
	o.set("index0", float64(l.i))
	o.set("revindex", float64(l.n-l.i))
	o.set("revindex0", float64(l.n-l.i-1))
	o.set("first", l.i == 0)
	o.set("last", l.i == l.n-1)
	o.set("length", float64(l.n))
	return o
}
