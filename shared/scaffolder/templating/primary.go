package templating

// primary reads an operand: a literal, a name, or something in brackets, and the member
// accesses and calls behind it.
func (p *parser) primary() expr {
	t := p.tok
	switch t.kind {
	case tokString:
		p.advance()
		return p.postfix(&literal{p.node(t.at), t.text})
	case tokNumber:
		p.advance()
		return p.postfix(&literal{p.node(t.at), t.num})
	case tokRegex:
		p.advance()
		return p.postfix(&regexLit{p.node(t.at), t.text, t.flags})
	case tokName:
		p.advance()
		return p.postfix(p.named(t))
	case tokOp:
		switch t.text {
		case "(":
			return p.postfix(p.group())
		case "[":
			return p.postfix(p.array())
		case "{":
			return p.postfix(p.object())
		}
	}
	fail(t.at, "expected a value, found %s", t.describe())
	return nil
}

func (p *parser) named(t token) expr {
	a := p.node(t.at)
	switch t.text {
	case "true":
		return &literal{a, true}
	case "false":
		return &literal{a, false}
	case "none", "null":
		return &literal{a, nil}
	}
	if reserved(t.text) {
		fail(t.at, "the name %q is reserved", t.text)
	}
	return &nameRef{a, t.text}
}

func (p *parser) postfix(e expr) expr {
	for n := 0; ; n++ {
		if n > maxOperators {
			failLimit(p.tok.at, "more than %d accesses and calls in a row", maxOperators)
		}
		where := p.tok.at
		switch {
		case p.isOp("("):
			e = &call{p.node(where), e, p.arguments()}
		case p.skipOp("["):
			e = p.index(e, where)
		case p.skipOp("."):
			key := &literal{p.node(p.tok.at), ""}
			key.value = p.symbol("the name of a member")
			e = &member{p.node(where), e, key}
		default:
			return e
		}
	}
}

// index reads what stands in square brackets: a key, or a slice such as 1:3.
func (p *parser) index(object expr, where int) expr {
	if !p.isOp(":") {
		key := p.expression()
		if p.skipOp("]") {
			if name := constantKey(key); reserved(name) {
				fail(key.offset(), "the name %q is reserved", name)
			}
			return &member{p.node(where), object, key}
		}
		return p.slice(&sliceOf{at: p.node(where), object: object, start: key})
	}
	return p.slice(&sliceOf{at: p.node(where), object: object})
}

// constantKey gives the text of a key that is a literal text, "" of any other.
func constantKey(key expr) string {
	l, ok := key.(*literal)
	if !ok {
		return ""
	}
	name, _ := l.value.(string)
	return name
}

func (p *parser) slice(s *sliceOf) expr {
	part := func() expr {
		if !p.skipOp(":") || p.isOp(":") || p.isOp("]") {
			return nil
		}
		return p.expression()
	}
	if !p.isOp(":") {
		p.wantOp("]")
	}
	s.stop = part()
	s.step = part()
	p.wantOp("]")
	return s
}

func (p *parser) group() expr {
	s := &sequence{at: p.node(p.tok.at)}
	s.items = p.list("(", ")")
	if len(s.items) == 0 {
		fail(s.offset(), "expected an expression between the parentheses")
	}
	return s
}

func (p *parser) array() expr {
	a := p.node(p.tok.at)
	return &arrayLit{a, p.list("[", "]")}
}

func (p *parser) list(open, end string) []expr {
	p.wantOp(open)
	var items []expr
	for !p.skipOp(end) {
		if len(items) > 0 {
			p.wantOp(",")
		}
		p.node(p.tok.at)
		items = append(items, p.expression())
	}
	return items
}

func (p *parser) object() expr {
	o := &objectLit{at: p.node(p.tok.at)}
	p.wantOp("{")
	for !p.skipOp("}") {
		if len(o.keys) > 0 {
			p.wantOp(",")
		}
		o.keys = append(o.keys, p.objectKey())
		p.wantOp(":")
		o.values = append(o.values, p.expression())
	}
	return o
}

func (p *parser) objectKey() expr {
	t := p.tok
	switch t.kind {
	case tokName, tokString:
		if reserved(t.text) || t.kind == tokName && isConstant(t.text) {
			fail(t.at, "%q can't be a key", t.text)
		}
		p.advance()
		return &literal{p.node(t.at), t.text}
	}
	fail(t.at, "expected a key, found %s", t.describe())
	return nil
}
