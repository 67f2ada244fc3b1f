package templating

import "context"

// Reference is something that a template reads: a variable and, as far as their names are
// constant, the members that it goes on to.
type Reference struct {
	Path   []string // "steps", "fetch", "output", "url"
	Called bool     // it is called as a function
	Line   int      // from 1
	Column int      // from 1, in characters
}

// References gives what a template reads from its scope, in the order of the text. Names
// that the template itself sets are left out, wherever it sets them.
func (e *Engine) References(ctx context.Context, name, src string) (list []Reference, err error) {
	defer rescue(name, src, &err)
	c := &collector{own: map[string]bool{}}
	c.block(e.parse(newBudget(ctx, e.limits), src, true))
	for _, f := range c.found {
		if c.own[f.path[0]] {
			continue
		}
		line, column := position(src, f.at)
		list = append(list, Reference{Path: f.path, Called: f.called, Line: line, Column: column})
	}
	return list, nil
}

// collector walks a syntax tree.
type collector struct {
	found []finding
	own   map[string]bool
}

type finding struct {
	path   []string
	called bool
	at     int
}

func (c *collector) block(body []stmt) {
	for _, s := range body {
		c.statement(s)
	}
}

func (c *collector) set(names ...string) {
	for _, n := range names {
		c.own[n] = true
	}
}

func (c *collector) statement(s stmt) {
	switch s := s.(type) {
	case *outputStmt:
		c.value(s.value)
	case *ifStmt:
		c.values(s.tests)
		for _, b := range s.branches {
			c.block(b)
		}
		c.block(s.otherwise)
	case *forStmt:
		c.set(append([]string{"loop"}, s.names...)...)
		c.value(s.over)
		c.block(s.body)
		c.block(s.otherwise)
	case *setStmt:
		c.set(s.names...)
		c.value(s.value)
		c.block(s.body)
	case *macroStmt:
		c.macro(s.macro)
	case *callStmt:
		c.macro(s.caller)
		c.value(s.call)
	case *filterStmt:
		c.value(s.filter)
		c.block(s.body)
	case *switchStmt:
		c.value(s.subject)
		c.values(s.cases)
		for _, b := range s.bodies {
			c.block(b)
		}
		c.block(s.otherwise)
	case *scopeStmt:
		c.block(s.body)
	}
}

func (c *collector) macro(m *macro) {
	c.set(m.name, "caller")
	c.set(m.params...)
	c.set(m.optional...)
	c.values(m.defaults)
	c.block(m.body)
}

func (c *collector) values(list []expr) {
	for _, e := range list {
		c.value(e)
	}
}

func (c *collector) arguments(a arguments) {
	c.values(a.list)
	c.values(a.named)
}

func (c *collector) value(e expr) {
	switch e := e.(type) {
	case *nameRef, *member:
		c.path(e, false)
	case *call:
		c.path(e.callee, true)
		c.arguments(e.args)
	case *arrayLit:
		c.values(e.items)
	case *objectLit:
		c.values(e.keys)
		c.values(e.values)
	case *sequence:
		c.values(e.items)
	case *unary:
		c.value(e.operand)
	case *binary:
		c.values([]expr{e.left, e.right})
	case *conditional:
		c.values([]expr{e.test, e.then, e.otherwise})
	case *sliceOf:
		c.values([]expr{e.object, e.start, e.stop, e.step})
	case *filterCall:
		c.value(e.input)
		c.arguments(e.args)
	case *testCall:
		c.value(e.input)
		c.arguments(e.args)
	}
}

// path notes a variable with its members. Where the chain begins with something else, or
// goes through a member whose name is worked out, that part is read for itself.
func (c *collector) path(e expr, called bool) {
	var keys []string
	for {
		switch at := e.(type) {
		case *nameRef:
			names := []string{at.name}
			for i := len(keys) - 1; i >= 0; i-- {
				names = append(names, keys[i])
			}
			c.found = append(c.found, finding{path: names, called: called, at: at.offset()})
			return
		case *member:
			if key, ok := at.key.(*literal); ok {
				if text, ok := key.value.(string); ok {
					keys = append(keys, text)
					e = at.object
					continue
				}
			}
			c.value(at.key)
			keys, called, e = nil, false, at.object
		default:
			c.value(e)
			return
		}
	}
}
