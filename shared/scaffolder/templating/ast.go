package templating

// The syntax tree. A statement (stmt) writes, an expression (expr) gives a value; both
// know the byte offset they come from.

type expr interface{ offset() int }

type stmt interface{ offset() int }

type at int

func (a at) offset() int { return int(a) }

type (
	literal struct {
		at
		value any
	}
	regexLit struct {
		at
		pattern, flags string
	}
	nameRef struct {
		at
		name string
	}
	arrayLit struct {
		at
		items []expr
	}
	objectLit struct {
		at
		keys, values []expr
	}
	// sequence is (a, b): everything is worked out, the last one counts.
	sequence struct {
		at
		items []expr
	}
	unary struct {
		at
		op      string
		operand expr
	}
	binary struct {
		at
		op          string
		left, right expr
	}
	conditional struct {
		at
		test, then, otherwise expr
	}
	member struct {
		at
		object, key expr
	}
	sliceOf struct {
		at
		object            expr
		start, stop, step expr
	}
	call struct {
		at
		callee expr
		args   arguments
	}
	filterCall struct {
		at
		name  string
		input expr
		args  arguments
	}
	testCall struct {
		at
		name   string
		input  expr
		args   arguments
		negate bool
	}
)

// arguments of a call: by position, and by name.
type arguments struct {
	list  []expr
	names []string // of the keyword arguments, in order
	named []expr
}

type (
	textStmt struct {
		at
		text string
	}
	outputStmt struct {
		at
		value expr
	}
	ifStmt struct {
		at
		tests     []expr
		branches  [][]stmt
		otherwise []stmt
	}
	forStmt struct {
		at
		names     []string
		over      expr
		body      []stmt
		otherwise []stmt
	}
	setStmt struct {
		at
		names []string
		value expr // nil when body is captured
		body  []stmt
	}
	macroStmt struct {
		at
		macro *macro
	}
	callStmt struct {
		at
		call   *call
		caller *macro
	}
	filterStmt struct {
		at
		filter *filterCall // its input is nil: the captured body
		body   []stmt
	}
	switchStmt struct {
		at
		subject   expr
		cases     []expr
		bodies    [][]stmt
		otherwise []stmt
	}
	// scopeStmt is a named block; without inheritance it only renders its body.
	scopeStmt struct {
		at
		body []stmt
	}
)

// macro is a template function: {% macro %}, or the body of a {% call %}.
type macro struct {
	name     string
	params   []string
	optional []string // parameters with a default
	defaults []expr   // one for each of optional
	body     []stmt
}
