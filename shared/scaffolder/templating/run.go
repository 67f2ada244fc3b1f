package templating

import "strings"

// run is one rendering.
type run struct {
	engine  *Engine
	budget  *budget
	given   map[string]any // the caller's scope, taken over name by name when first used
	context map[string]any // top-level variables: what was taken and what was set
	place   place
	depth   int
	regexes map[string]*matcher

	// hidden is set once a function has been put into a list or an object: only then has a
	// value to be searched for one.
	hidden bool
}

func newRun(e *Engine, b *budget, scope map[string]any) *run {
	top := place{frame: &frame{isolates: true}, region: newRegion(nil), exportsSets: true, exportsMacros: true}
	return &run{engine: e, budget: b, given: scope, context: map[string]any{}, place: top}
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

// lookup finds a variable: what the text binds, then the frames, then the top level, then
// the globals.
func (r *run) lookup(at int, name string) any {
	if v := r.place.region.get(name); v != nil {
		return *v
	}
	if v, there := r.place.frame.get(name); there {
		if loop, ok := v.(*loopState); ok {
			r.budget.elements(at, 16)
			return loop.object(r, at)
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
		return whole(w.piece.String())
	}
	return whole(strings.Join(append(w.full, w.piece.String()), ""))
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
		r.macroStatement(s)
	case *callStmt:
		w.write(s.offset(), r.printed(s.offset(), r.callBlock(s)))
	case *filterStmt:
		w.write(s.offset(), r.printed(s.offset(), r.filterBlock(s)))
	case *switchStmt:
		r.switchStatement(s, w)
	case *scopeStmt:
		r.budget.alloc(s.offset(), 256)
		inner := place{frame: r.place.frame.child(true), region: newRegion(nil), exportsMacros: true}
		r.at(inner, func() { r.block(s.body, w) })
	}
}

// filterBlock gives what a filter makes of the text of its block.
func (r *run) filterBlock(s *filterStmt) any {
	inner, text := r.place, ""
	inner.frame = inner.frame.child(false)
	r.at(inner, func() { text = r.capture(s.body) })
	return r.applyFilter(s.filter, text)
}

// at runs body in another place.
func (r *run) at(p place, body func()) {
	saved := r.place
	r.place = p
	body()
	r.place = saved
}

func (r *run) macroStatement(s *macroStmt) {
	r.budget.alloc(s.offset(), 256)
	f := &function{name: s.macro.name, macro: s.macro}
	r.place.region.bind(s.macro.name, f)
	if r.place.exportsMacros {
		r.context[s.macro.name] = f
	}
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
		v = r.capture(s.body)
	}
	for _, name := range s.names {
		r.budget.alloc(s.offset(), 64)
		r.place.frame.assign(name, v)
		if bound := r.place.region.get(name); bound != nil {
			*bound = v
		}
		if r.place.exportsSets {
			r.context[name] = v
		}
	}
}
