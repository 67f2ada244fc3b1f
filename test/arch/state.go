package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// Inits: nothing happens because a package was imported.
func Inits(t Tree) []string {
	var found []string
	t.eachFunction(func(_ File, d *ast.FuncDecl) {
		if d.Recv == nil && d.Name.Name == "init" {
			found = append(found, t.at(d)+" has an init function")
		}
	})
	return found
}

// places are calls that one package may make, so that anything else is given what it needs
// and can be tested.
var places = []struct {
	pkg   string
	names []string
	only  string
}{
	{"os", []string{"Getenv", "LookupEnv", "ExpandEnv", "Setenv", "Unsetenv"}, "shared/platform/config"},
	{"time", []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}, "shared/platform/clock"},
}

// Places: the environment and the clock are read in one place each.
func Places(t Tree) []string {
	var found []string
	for _, f := range t.Files {
		if f.Test() {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			pkg, name := qualified(f, n)
			for _, p := range places {
				if pkg == p.pkg && slices.Contains(p.names, name) && f.Dir() != p.only {
					found = append(found, fmt.Sprintf("%s uses %s.%s outside of %s", t.at(n), pkg, name, p.only))
				}
			}
			return true
		})
	}
	return found
}

// qualified gives the import path and the name of an expression like pkg.Name.
func qualified(f File, n ast.Node) (pkg, name string) {
	s, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	id, ok := s.X.(*ast.Ident)
	if !ok || id.Obj != nil {
		return "", ""
	}
	return f.imported(id.Name), s.Sel.Name
}

// Globals: no package keeps state. A package-level variable is written where it is
// declared and never again: sentinels, compiled expressions, tables, embedded files.
func Globals(t Tree) []string {
	vars := globals(t)
	found := unset(t, vars)
	for _, f := range t.Files {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			for _, e := range written(n) {
				if v, ok := vars.find(f, e); ok {
					found = append(found, fmt.Sprintf("%s changes %s, a variable of the package", t.at(n), v))
				}
			}
			return true
		})
	}
	return found
}

// variables are the package-level variables outside of tests, by folder and name.
type variables map[string]map[string]*ast.ValueSpec

func globals(t Tree) variables {
	vars := variables{}
	for _, f := range t.Files {
		if strings.HasSuffix(f.Path, "_test.go") {
			continue
		}
		for _, d := range f.AST.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				vars.add(f.Dir(), g, s.(*ast.ValueSpec))
			}
		}
	}
	return vars
}

func (v variables) add(dir string, g *ast.GenDecl, s *ast.ValueSpec) {
	if strings.Contains(embedText(g, s), "//go:embed") {
		return
	}
	for _, n := range s.Names {
		if n.Name == "_" {
			continue
		}
		if v[dir] == nil {
			v[dir] = map[string]*ast.ValueSpec{}
		}
		v[dir][n.Name] = s
	}
}

func embedText(g *ast.GenDecl, s *ast.ValueSpec) string {
	text := ""
	for _, doc := range []*ast.CommentGroup{g.Doc, s.Doc} {
		if doc == nil {
			continue
		}
		for _, c := range doc.List {
			text += c.Text
		}
	}
	return text
}

// unset gives the variables without a value: they wait to be written.
func unset(t Tree, vars variables) []string {
	var found []string
	for _, inDir := range vars {
		for name, s := range inDir {
			if len(s.Values) == 0 {
				found = append(found, fmt.Sprintf("%s: %s has no value, so it is state", t.at(s), name))
			}
		}
	}
	slices.Sort(found)
	return found
}

// written gives the expressions that a statement may change.
func written(n ast.Node) []ast.Expr {
	switch s := n.(type) {
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			return nil
		}
		return s.Lhs
	case *ast.IncDecStmt:
		return []ast.Expr{s.X}
	case *ast.UnaryExpr:
		if s.Op == token.AND {
			return []ast.Expr{s.X}
		}
	case *ast.CallExpr:
		if f, ok := s.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") && len(s.Args) > 0 {
			return s.Args[:1]
		}
	}
	return nil
}

// find gives the package-level variable that an expression changes. A composite literal
// behind an address operator, a local variable and a parameter are none.
func (v variables) find(f File, e ast.Expr) (string, bool) {
	switch x := e.(type) {
	case *ast.Ident:
		s := v[f.Dir()][x.Name]
		if s == nil || x.Obj != nil && x.Obj.Decl != s {
			return "", false
		}
		return x.Name, true
	case *ast.IndexExpr:
		return v.find(f, x.X)
	case *ast.StarExpr:
		return v.find(f, x.X)
	case *ast.ParenExpr:
		return v.find(f, x.X)
	case *ast.SelectorExpr:
		pkg, name := qualified(f, x)
		if dir, ok := local(pkg); ok {
			return dir + "." + name, v[dir][name] != nil
		}
		return v.find(f, x.X)
	}
	return "", false
}
