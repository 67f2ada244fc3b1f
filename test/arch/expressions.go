package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

const lazyRegexp = Module + "/shared/platform/lazyregexp"

// Expressions: what runs in functions compiles no regular expression when it starts, and each
// that is compiled later can be.
func Expressions(t Tree) []string {
	var found []string
	for _, f := range t.Files {
		if f.Test() || !strings.HasPrefix(f.Path, "shared/") || strings.HasPrefix(f.Path, "shared/adapters/embedded/") {
			continue
		}
		for _, d := range f.AST.Decls {
			if g, is := d.(*ast.GenDecl); is && g.Tok == token.VAR {
				found = append(found, t.expressionsIn(f, g)...)
			}
		}
	}
	return found
}

// expressionsIn looks through the variables of a package.
func (t Tree) expressionsIn(f File, vars *ast.GenDecl) []string {
	var found []string
	ast.Inspect(vars, func(n ast.Node) bool {
		if _, later := n.(*ast.FuncLit); later {
			return false
		}
		call, is := n.(*ast.CallExpr)
		if !is {
			return true
		}
		switch pkg, name := qualified(f, call.Fun); {
		case pkg == "regexp" && name == "MustCompile":
			found = append(found, t.at(n)+" is compiled when a function starts: use lazyregexp")
		case pkg == lazyRegexp && len(call.Args) == 1:
			if err := compiles(call.Args[0]); err != nil {
				found = append(found, fmt.Sprintf("%s: %v", t.at(n), err))
			}
		}
		return true
	})
	return found
}

// compiles checks an expression that is written in one piece; of others, tests tell.
func compiles(source ast.Expr) error {
	literal, is := source.(*ast.BasicLit)
	if !is {
		return nil
	}
	text, err := strconv.Unquote(literal.Value)
	if err == nil {
		_, err = regexp.Compile(text)
	}
	return err
}
