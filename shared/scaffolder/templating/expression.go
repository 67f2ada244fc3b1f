package templating

import (
	"maps"
	"slices"
)

// Nunjucks compiles an expression to JavaScript text without parentheses, so in the end
// JavaScript's precedence decides: 1 ~ 2 + 3 is "123" and "not a == b" compares "not a".
// Templates rely on the results, so the same happens here: Nunjucks' grammar is walked
// first, which leaves a flat list of operators and operands (pieces); tree then binds
// that list as JavaScript does.

// piece is one element of the flat list: an operand, or an operator.
type piece struct {
	operand expr
	op      string
	prefix  bool
	at      int
}

// maxOperators bounds one flat list, and with it the depth of the tree made of it.
const maxOperators = 2000

func (p *parser) push(x piece) {
	if len(p.infix) > maxOperators {
		failLimit(x.at, "an expression has more than %d operators", maxOperators/2)
	}
	p.infix = append(p.infix, x)
}

func (p *parser) operand(e expr) { p.push(piece{operand: e, at: e.offset()}) }

// fold binds everything pushed since mark, and takes it off the list.
func (p *parser) fold(mark int) expr {
	b := binder{pieces: p.infix[mark:], p: p}
	e := b.level(0)
	p.infix = p.infix[:mark]
	return e
}

// expression reads a whole expression, an inline if included.
func (p *parser) expression() expr {
	p.enter(p.tok.at)
	defer p.leave()
	saved := p.infix
	p.infix = nil
	defer func() { p.infix = saved }()
	p.or()
	value := p.fold(0)
	if !p.isName("if") {
		return value
	}
	c := &conditional{at: p.node(p.tok.at), then: value, otherwise: &literal{at: at(value.offset()), value: ""}}
	p.advance()
	p.or()
	c.test = p.fold(0)
	if p.skipName("else") {
		p.or()
		c.otherwise = p.fold(0)
	}
	return c
}

func (p *parser) or() {
	p.and()
	for p.isName("or") {
		p.infixOp("||")
		p.and()
	}
}

func (p *parser) and() {
	p.not()
	for p.isName("and") {
		p.infixOp("&&")
		p.not()
	}
}

// infixOp takes the current token as the operator op.
func (p *parser) infixOp(op string) {
	p.push(piece{op: op, at: p.tok.at})
	p.advance()
}

func (p *parser) not() {
	for p.isName("not") {
		p.push(piece{op: "!", prefix: true, at: p.tok.at})
		p.advance()
	}
	p.in()
}

func (p *parser) in() {
	mark := len(p.infix)
	p.is()
	for {
		negate := p.isName("not")
		if negate {
			if next := p.peek(); next.kind != tokName || next.text != "in" {
				return
			}
			p.advance()
		}
		if !p.isName("in") {
			return
		}
		p.opaque(mark, "in", p.is)
		if negate {
			p.infix[mark].operand = &unary{p.node(p.tok.at), "!", p.infix[mark].operand}
		}
	}
}

// opaque reads the right side of an operator that Nunjucks compiles to a call, so that
// nothing outside can bind into its two sides.
func (p *parser) opaque(mark int, op string, right func()) {
	where := p.tok.at
	p.advance()
	left := p.fold(mark)
	right()
	p.operand(&binary{p.node(where), op, left, p.fold(mark)})
}

func (p *parser) is() {
	mark := len(p.infix)
	p.compare()
	if !p.isName("is") {
		return
	}
	t := &testCall{at: p.node(p.tok.at)}
	p.advance()
	t.negate = p.skipName("not")
	t.input = p.fold(mark)
	t.at = at(p.tok.at)
	p.compare()
	t.name, t.args = testName(p.fold(mark))
	p.operand(t)
}

// testName reads the test off what stands behind "is". To Nunjucks a test is called what a
// filter behind it is called, and what is no name at all is called "undefined".
func testName(e expr) (string, arguments) {
	switch e := e.(type) {
	case *call:
		name, _ := testName(e.callee)
		return name, e.args
	case *filterCall:
		args := e.args
		args.list = append([]expr{e.input}, args.list...)
		return e.name, args
	case *nameRef:
		return e.name, arguments{}
	case *literal:
		if name, ok := e.value.(string); ok {
			return name, arguments{}
		}
		return scalarText(e.value), arguments{}
	}
	return "undefined", arguments{}
}

var comparisons = []string{"==", "===", "!=", "!==", "<", ">", "<=", ">="}

func (p *parser) compare() {
	p.binaryChain(0)
	for p.tok.kind == tokOp && slices.Contains(comparisons, p.tok.text) {
		p.infixOp(p.tok.text)
		p.binaryChain(0)
	}
}

// chains are Nunjucks' levels of binary operators, the loosest first.
var chains = []string{"~", "+", "-", "*", "/", "//", "%", "**"}

func (p *parser) binaryChain(level int) {
	if level == len(chains) {
		p.unary()
		return
	}
	mark, op := len(p.infix), chains[level]
	p.binaryChain(level + 1)
	for p.isOp(op) {
		switch op {
		case "**":
			p.opaque(mark, op, func() { p.binaryChain(level + 1) })
			continue
		case "//": // Math.floor(a / b), whatever a and b consist of
			where := p.tok.at
			p.infixOp("/")
			p.binaryChain(level + 1)
			p.operand(&unary{p.node(where), "//", p.fold(mark)})
			continue
		case "~":
			where := p.tok.at
			p.infixOp("+")
			p.operand(&literal{p.node(where), ""})
			p.push(piece{op: "+", at: where})
		default:
			p.infixOp(op)
		}
		p.binaryChain(level + 1)
	}
}

// unary reads signs and an operand. Filters bind looser than a sign: -5 | abs is 5.
func (p *parser) unary() {
	if !p.isOp("-") && !p.isOp("+") {
		p.operand(p.filters(p.primary()))
		return
	}
	mark := len(p.infix)
	for p.isOp("-") || p.isOp("+") {
		sign := p.tok
		p.push(piece{op: sign.text, prefix: true, at: sign.at})
		p.advance()
		if p.isOp(sign.text) {
			failHint(p.tok.at, "put the inner one in parentheses", "a sign can't be repeated")
		}
	}
	p.operand(p.primary())
	if p.isOp("|") {
		p.operand(p.filters(p.fold(mark)))
	}
}

// binder makes the tree that JavaScript would.
type binder struct {
	pieces []piece
	p      *parser
}

// precedence lists JavaScript's levels, the loosest first.
var precedence = [][]string{
	{"||"}, {"&&"}, {"==", "!=", "===", "!=="}, {"<", ">", "<=", ">="}, {"+", "-"}, {"*", "/", "%"},
}

func (b *binder) level(n int) expr {
	if n == len(precedence) {
		return b.prefixed()
	}
	left := b.level(n + 1)
	for len(b.pieces) > 0 && slices.Contains(precedence[n], b.pieces[0].op) {
		op := b.pieces[0]
		b.pieces = b.pieces[1:]
		left = &binary{b.p.node(op.at), op.op, left, b.level(n + 1)}
	}
	return left
}

func (b *binder) prefixed() expr {
	first := b.pieces[0]
	b.pieces = b.pieces[1:]
	if !first.prefix {
		return first.operand
	}
	return &unary{b.p.node(first.at), first.op, b.prefixed()}
}

func (p *parser) filters(e expr) expr {
	for n := 0; p.skipOp("|"); n++ {
		if n > maxOperators {
			failLimit(p.tok.at, "an expression has more than %d filters", maxOperators)
		}
		e = p.filter(e)
	}
	return e
}

func (p *parser) filter(input expr) *filterCall {
	f := &filterCall{at: p.node(p.tok.at), input: input}
	f.name = p.symbol("the name of a filter")
	for p.skipOp(".") {
		f.name += "." + p.symbol("the name of a filter")
	}
	if _, known := filters[f.name]; !known && p.strict {
		unknownFilter(f)
	}
	if p.isOp("(") {
		f.args = p.arguments()
	}
	return f
}

// arguments reads "(1, b, width=2)".
func (p *parser) arguments() arguments {
	var a arguments
	p.wantOp("(")
	for n := 0; !p.skipOp(")"); n++ {
		if n > 0 {
			p.wantOp(",")
		}
		p.node(p.tok.at)
		if next := p.tok; next.kind == tokName {
			if after := p.peek(); after.kind == tokOp && after.text == "=" {
				p.symbol("a name")
				p.advance()
				a.names = append(a.names, next.text)
				a.named = append(a.named, p.expression())
				continue
			}
		}
		a.list = append(a.list, p.expression())
	}
	return a
}

// foreignFilters are filters of other template languages, with what there is instead.
var foreignFilters = map[string]string{
	"tojson": "dump", "to_json": "dump", "toJson": "dump", "json": "dump", "lowercase": "lower", "uppercase": "upper", "len": "length", "count": "length", "size": "length",
	"map": "a loop, or join with the name of a member", "split": "text.split(separator)", "format": "~ to join texts", "startswith": "text.startsWith(start)", "endswith": "text.endsWith(end)", "contains": "part in text", "regex_replace": "replace(r/pattern/g, text)",
}

func unknownFilter(f *filterCall) {
	failHint(f.offset(), meantFilter(f.name), "unknown filter %q", shorten(f.name))
}

func meantFilter(wrong string) string {
	if instead := foreignFilters[wrong]; instead != "" {
		return "here it is " + instead
	}
	return meant(wrong, slices.Sorted(maps.Keys(filters)))
}
