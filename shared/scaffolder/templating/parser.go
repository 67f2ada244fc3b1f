package templating

import (
	"slices"
	"strings"
)

// parser builds the syntax tree: tags here, expressions in expression.go.
type parser struct {
	lex    *lexer
	tok    token   // the current token
	ahead  []token // at most one token read too far
	depth  int
	budget *budget
	infix  []piece         // see expression.go
	strict bool            // unknown filters are errors here, and not only when they are reached
	macros int             // how many have been declared so far
	blocks map[string]bool // the names of those declared so far
}

func newParser(l *lexer, strict bool) *parser {
	return &parser{lex: l, budget: l.budget, strict: strict}
}

// nodeBytes is what one node of the tree is taken to cost in memory.
const nodeBytes = 96

func (p *parser) node(a int) at {
	p.budget.alloc(a, nodeBytes)
	return at(a)
}

func (p *parser) advance() {
	if len(p.ahead) > 0 {
		p.tok, p.ahead = p.ahead[0], p.ahead[:0]
		return
	}
	p.tok = p.lex.next()
}

// peek reads the token behind the current one.
func (p *parser) peek() token {
	if len(p.ahead) == 0 {
		p.ahead = append(p.ahead, p.lex.next())
	}
	return p.ahead[0]
}

// enter counts the depth of nested tags and expressions; leave undoes it.
func (p *parser) enter(a int) {
	if p.depth++; p.depth > p.budget.limits.Nesting {
		failLimit(a, "tags and expressions are nested too deeply (limit %d)", p.budget.limits.Nesting)
	}
}

func (p *parser) leave() { p.depth-- }

func (p *parser) isOp(op string) bool { return p.tok.kind == tokOp && p.tok.text == op }

func (p *parser) isName(name string) bool { return p.tok.kind == tokName && p.tok.text == name }

func (p *parser) skipOp(op string) bool {
	if !p.isOp(op) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) skipName(name string) bool {
	if !p.isName(name) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) wantOp(op string) {
	if !p.skipOp(op) {
		fail(p.tok.at, "expected %q, found %s", op, p.tok.describe())
	}
}

func (p *parser) wantName(what string) string {
	if p.tok.kind != tokName {
		fail(p.tok.at, "expected %s, found %s", what, p.tok.describe())
	}
	name := p.tok.text
	p.advance()
	return name
}

// endTag expects the end of a block tag; the text behind it is read next.
func (p *parser) endTag() {
	if p.tok.kind != tokBlockEnd {
		fail(p.tok.at, `expected "%%}", found %s`, p.tok.describe())
	}
	p.advance()
}

func (p *parser) template() []stmt {
	p.advance()
	body, end := p.body()
	if end != "" {
		fail(p.tok.at, `"{%% %s %%}" without a tag that it could end`, end)
	}
	return body
}

// body reads statements up to one of the tags in ends, whose name is then the current
// token, or up to the end of the template (""). Any other end tag is an error.
func (p *parser) body(ends ...string) ([]stmt, string) {
	p.enter(p.tok.at)
	defer p.leave()
	var list []stmt
	for {
		switch p.tok.kind {
		case tokEOF:
			return list, ""
		case tokText:
			list = append(list, &textStmt{p.node(p.tok.at), p.tok.text})
			p.advance()
		case tokVarStart:
			list = append(list, p.output())
		default: // the lexer gives nothing else outside a tag
			p.advance()
			if p.tok.kind == tokName && slices.Contains(ends, p.tok.text) {
				return list, p.tok.text
			}
			if s := p.tag(); s != nil {
				list = append(list, s)
			}
		}
	}
}

// bodyUntil reads statements up to one of ends, and fails when the template ends first.
func (p *parser) bodyUntil(opened token, ends ...string) ([]stmt, string) {
	body, end := p.body(ends...)
	if end == "" {
		fail(opened.at, `expected "{%% %s %%}" to end this "{%% %s %%}"`, ends[len(ends)-1], opened.text)
	}
	return body, end
}

func (p *parser) output() stmt {
	start := p.tok.at
	p.advance()
	if p.tok.kind == tokVarEnd {
		fail(start, "expected an expression, found %s", p.tok.describe())
	}
	s := &outputStmt{p.node(start), p.expression()}
	if p.tok.kind != tokVarEnd {
		fail(p.tok.at, `expected "}}" or an operator, found %s`, p.tok.describe())
	}
	p.advance()
	return s
}

// tagNames are the tags that open something.
var tagNames = []string{"if", "for", "set", "macro", "call", "filter", "switch", "block", "raw", "verbatim"}

// tag reads one block tag and all that belongs to it. The current token is its name.
func (p *parser) tag() stmt {
	opened := p.tok
	name := p.wantName("the name of a tag")
	switch name {
	case "if":
		return p.ifTag(opened)
	case "for":
		return p.forTag(opened)
	case "set":
		return p.setTag(opened)
	case "macro":
		return p.macroTag(opened)
	case "call":
		return p.callTag(opened)
	case "filter":
		return p.filterTag(opened)
	case "switch":
		return p.switchTag(opened)
	case "block":
		return p.blockTag(opened)
	case "raw", "verbatim":
		return p.rawTag(opened)
	case "include", "extends", "import", "from":
		fail(opened.at, "tag %q is not available: a template can't load other templates", name)
	case "else", "elif", "elseif", "endif", "endfor", "endset", "endmacro", "endcall", "endfilter", "endswitch", "case", "default", "endblock", "endraw", "endverbatim":
		fail(opened.at, `unexpected "{%% %s %%}": no tag is open that it could belong to`, name)
	}
	failHint(opened.at, meant(name, tagNames), "unknown tag %q", shorten(name))
	return nil
}

func (p *parser) ifTag(opened token) stmt {
	s := &ifStmt{at: p.node(opened.at)}
	for {
		s.tests = append(s.tests, p.expression())
		p.endTag()
		body, end := p.bodyUntil(opened, "elif", "elseif", "else", "endif")
		s.branches = append(s.branches, body)
		p.advance()
		if end == "elif" || end == "elseif" {
			continue
		}
		if end == "else" {
			p.endTag()
			s.otherwise, _ = p.bodyUntil(opened, "endif")
			p.advance()
		}
		p.endTag()
		return s
	}
}

func (p *parser) forTag(opened token) stmt {
	s := &forStmt{at: p.node(opened.at)}
	s.names = p.targets()
	if len(s.names) == 1 && s.names[0] == "loop" {
		fail(opened.at, `the variable of a loop can't be called "loop"`)
	}
	p.wantIn()
	s.over = p.expression()
	p.endTag()
	body, end := p.bodyUntil(opened, "else", "endfor")
	s.body = body
	p.advance()
	if end == "else" {
		p.endTag()
		s.otherwise, _ = p.bodyUntil(opened, "endfor")
		p.advance()
	}
	p.endTag()
	return s
}

// wantIn takes the "in" of a loop, which must stand between white space.
func (p *parser) wantIn() {
	at := p.tok.at
	if !p.skipName("in") {
		fail(at, `expected "in", found %s`, p.tok.describe())
	}
	for _, i := range []int{at - 1, at + len("in")} {
		if c := p.lex.src[i]; c != 0xa0 && c != 0xc2 && strings.IndexByte(" \n\t\r", c) < 0 { // c2 a0: a non-breaking space
			fail(at, `"in" needs white space on both sides`)
		}
	}
}

// targets reads "a" or "a, b, c".
func (p *parser) targets() []string {
	names := []string{p.variable()}
	for p.skipOp(",") {
		names = append(names, p.variable())
	}
	if len(names) > 32 {
		fail(p.tok.at, "more than 32 variables at once")
	}
	return names
}

// variable reads a name that can be given a value.
func (p *parser) variable() string {
	at := p.tok.at
	name := p.symbol("the name of a variable")
	if isConstant(name) {
		fail(at, "%q can't be given another value", name)
	}
	return name
}

func isConstant(name string) bool {
	return name == "true" || name == "false" || name == "none" || name == "null"
}

// symbol is wantName for a name of the template's own, which none of JavaScript's traps is.
func (p *parser) symbol(what string) string {
	at := p.tok.at
	name := p.wantName(what)
	if reserved(name) {
		fail(at, "the name %q is reserved", name)
	}
	return name
}

func reserved(name string) bool {
	return name == "constructor" || name == "prototype" || name == "__proto__"
}

func (p *parser) setTag(opened token) stmt {
	s := &setStmt{at: p.node(opened.at), names: p.targets()}
	if p.skipOp("=") {
		s.value = p.expression()
		p.endTag()
		return s
	}
	if p.tok.kind != tokBlockEnd {
		fail(p.tok.at, `expected "=" or "%%}", found %s`, p.tok.describe())
	}
	p.endTag()
	s.body = p.captured(opened, "endset")
	p.advance()
	p.endTag()
	return s
}

// captured reads a body whose text becomes a value; a macro can't be declared in it.
func (p *parser) captured(opened token, end string) []stmt {
	before := p.macros
	body, _ := p.bodyUntil(opened, end)
	if p.macros != before {
		fail(opened.at, "a macro can't be declared within {%% %s %%}", opened.text)
	}
	return body
}

func (p *parser) macroTag(opened token) stmt {
	p.macros++
	m := &macro{name: p.variable()}
	p.parameters(m)
	p.endTag()
	m.body, _ = p.bodyUntil(opened, "endmacro")
	p.advance()
	p.endTag()
	return &macroStmt{p.node(opened.at), m}
}

// parameters reads "(a, b=1)". Those with a default come last, wherever they stand.
func (p *parser) parameters(m *macro) {
	p.wantOp("(")
	if p.skipOp(")") {
		return
	}
	for more := true; more; more = p.skipOp(",") {
		p.node(p.tok.at)
		if next := p.peek(); next.kind == tokOp && next.text == "=" {
			m.optional = append(m.optional, p.symbol("the name of a parameter"))
			p.advance()
			m.defaults = append(m.defaults, p.expression())
			continue
		}
		m.params = append(m.params, p.variable())
	}
	p.wantOp(")")
}

func (p *parser) callTag(opened token) stmt {
	caller := &macro{name: "caller"}
	if p.isOp("(") {
		p.parameters(caller)
	}
	target, ok := p.primary().(*call)
	if !ok || !isPath(target.callee) {
		fail(opened.at, `expected a call such as "{%% call name() %%}"`)
	}
	p.endTag()
	caller.body, _ = p.bodyUntil(opened, "endcall")
	p.advance()
	p.endTag()
	return &callStmt{p.node(opened.at), target, caller}
}

// isPath reports whether an expression is a name, or a member of one by a constant key.
func isPath(e expr) bool {
	switch e := e.(type) {
	case *nameRef:
		return true
	case *member:
		_, constant := e.key.(*literal)
		return constant && isPath(e.object)
	}
	return false
}

func (p *parser) filterTag(opened token) stmt {
	f := p.filter(nil)
	p.endTag()
	body := p.captured(opened, "endfilter")
	p.advance()
	p.endTag()
	return &filterStmt{p.node(opened.at), f, body}
}

func (p *parser) switchTag(opened token) stmt {
	s := &switchStmt{at: p.node(opened.at), subject: p.expression()}
	p.endTag()
	lead, end := p.bodyUntil(opened, "case", "default", "endswitch")
	if len(lead) > 0 || end == "endswitch" {
		failHint(opened.at, `drop white space with "-%}"`, `expected "{%% case %%}" right behind "{%% switch %%}"`)
	}
	for end == "case" {
		p.advance()
		s.cases = append(s.cases, p.expression())
		p.endTag()
		var body []stmt
		body, end = p.bodyUntil(opened, "case", "default", "endswitch")
		s.bodies = append(s.bodies, body)
	}
	if end == "default" {
		p.advance()
		p.endTag()
		s.otherwise, _ = p.bodyUntil(opened, "endswitch")
	}
	p.advance()
	p.endTag()
	return s
}

func (p *parser) blockTag(opened token) stmt {
	at := p.tok.at
	name := p.variable()
	if p.blocks[name] {
		fail(at, "block %q is declared more than once", shorten(name))
	}
	if p.blocks == nil {
		p.blocks = map[string]bool{}
	}
	p.blocks[name] = true
	p.endTag()
	body, _ := p.bodyUntil(opened, "endblock")
	p.advance()
	if end := p.tok; end.kind == tokName && end.text != name {
		fail(end.at, "this ends block %q, not %q", shorten(name), shorten(end.text))
	} else if end.kind == tokName {
		p.advance()
	}
	p.endTag()
	return &scopeStmt{p.node(opened.at), body}
}

func (p *parser) rawTag(opened token) stmt {
	if p.tok.kind != tokBlockEnd {
		fail(p.tok.at, `expected "%%}", found %s`, p.tok.describe())
	}
	s := &textStmt{p.node(opened.at), p.lex.raw(opened.text, opened.at)}
	p.advance()
	return s
}
