package templating

func (r *run) forStatement(s *forStmt, w *writer) {
	where := s.offset()
	over := r.eval(s.over)
	memory := r.place.region.loop(s)
	length, most := r.loopLength(over, len(s.names))
	if truthy(over) {
		memory.length = length
	}
	r.budget.alloc(where, 256)
	inner := place{frame: r.place.frame.child(false), region: memory.single}
	pairs := len(s.names) > 1
	switch over.(type) {
	case *array, safe:
		pairs = false
	}
	if pairs {
		inner.region = memory.pairs
	}
	if text, ok := textOf(over); ok {
		over = r.loopText(where, text, over, len(s.names))
	}
	r.at(inner, func() {
		loop := &loopState{length: memory.length}
		for i := 0; float64(i) < most(over); i++ {
			r.budget.spend(where, 1)
			r.bindRound(where, s.names, over, i, pairs)
			loop.i = i
			inner.frame.declare("loop", loop)
			r.block(s.body, w)
		}
	})
	if !truthy(memory.length) {
		inner.region = memory.pairs
		r.at(inner, func() { r.block(s.otherwise, w) })
	}
}

// loopLength gives loop.length, and how often a loop runs as its list is then: text and
// lists by element; an object by key when the loop has two variables, else by its "length".
func (r *run) loopLength(over any, targets int) (length any, most func(any) float64) {
	fixed := func(n float64) func(any) float64 { return func(any) float64 { return n } }
	switch v := over.(type) {
	case *array:
		return float64(len(v.items)), func(any) float64 { return float64(len(v.items)) }
	case *object:
		if targets > 1 {
			return float64(len(v.keys)), fixed(float64(len(v.keys)))
		}
		length = v.get("length")
		return length, fixed(r.num(0, length))
	case string, safe:
		text, _ := textOf(v)
		n := float64(length16(text))
		return n, fixed(n)
	}
	return Undefined{}, fixed(0)
}

// loopText gives the characters of a text, with their places when there are two variables.
// Text that is marked safe gives every character as a list of its own.
func (r *run) loopText(at int, text string, over any, targets int) any {
	list := r.charList(at, text)
	if _, marked := over.(safe); marked || targets == 1 {
		return list
	}
	r.budget.elements(at, 4*len(list.items))
	for i, c := range list.items {
		list.items[i] = &array{[]any{numberText(float64(i)), c}}
	}
	return list
}

// bindRound gives the loop's variables their values of round i.
func (r *run) bindRound(at int, names []string, over any, i int, pairs bool) {
	if len(names) == 1 {
		r.bindBoth(names[0], r.memberOf(at, over, float64(i)))
		return
	}
	if o, ok := over.(*object); ok {
		r.bindBoth(names[0], o.names()[i])
		r.bindBoth(names[1], o.values[o.names()[i]])
		return
	}
	item := r.memberOf(at, over, float64(i))
	if item == nil || isUndefined(item) {
		fail(at, "an element of the list is %s, which can't be taken apart", typeName(item))
	}
	if pairs {
		r.bindBoth(names[0], r.memberOf(at, item, 0.0))
		r.bindBoth(names[1], r.memberOf(at, item, 1.0))
		return
	}
	for j, name := range names {
		v := any(Undefined{})
		switch item.(type) {
		case *array, *object, string:
			v = r.memberOf(at, item, float64(j))
		}
		r.place.region.bind(name, v)
	}
}

func (r *run) bindBoth(name string, v any) {
	r.place.region.bind(name, v)
	r.place.frame.declare(name, v)
}

// loopState stands for the variable "loop", whose object is made when it is asked for.
type loopState struct {
	i      int
	length any
}

func (l *loopState) object(r *run, at int) *object {
	n := r.num(at, l.length)
	o := newObject()
	o.set("index", float64(l.i+1))
	o.set("index0", float64(l.i))
	o.set("revindex", n-float64(l.i))
	o.set("revindex0", n-float64(l.i)-1)
	o.set("first", l.i == 0)
	o.set("last", float64(l.i) == n-1)
	o.set("length", l.length)
	return o
}
