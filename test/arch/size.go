package arch

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// The limits of what one can take in.
const (
	maxFileLines     = 450
	maxFunctionLines = 80
	longFunction     = 45 // rare, and reported
	maxMainLines     = 60
)

// Files: no file is longer than one can keep in mind.
func Files(t Tree) []string {
	var found []string
	for _, f := range t.Files {
		if f.Lines > maxFileLines {
			found = append(found, fmt.Sprintf("%s has %d lines, more than %d", f.Path, f.Lines, maxFileLines))
		}
	}
	return found
}

// Functions: no function is longer than a screen or two.
func Functions(t Tree) []string {
	var found []string
	t.eachFunction(func(f File, d *ast.FuncDecl) {
		if n := t.lines(d); n > maxFunctionLines {
			found = append(found, fmt.Sprintf("%s: %s has %d lines, more than %d", t.at(d), d.Name.Name, n, maxFunctionLines))
		}
	})
	return found
}

// Long gives how many functions there are and how many of them are long.
func Long(t Tree) (all, long int) {
	t.eachFunction(func(_ File, d *ast.FuncDecl) {
		all++
		if t.lines(d) > longFunction {
			long++
		}
	})
	return all, long
}

func (t Tree) eachFunction(visit func(File, *ast.FuncDecl)) {
	for _, f := range t.Files {
		for _, d := range f.AST.Decls {
			if d, ok := d.(*ast.FuncDecl); ok {
				visit(f, d)
			}
		}
	}
}

// Mains: the main.go of a function wires and does nothing else, and is all there is.
func Mains(t Tree) []string {
	var found []string
	for _, f := range t.Files {
		if !under(f.Dir(), "functions") || f.Test() {
			continue
		}
		if path.Base(f.Path) != "main.go" {
			found = append(found, f.Path+": a function is one main.go")
		}
		if f.Lines > maxMainLines {
			found = append(found, fmt.Sprintf("%s has %d lines, more than %d", f.Path, f.Lines, maxMainLines))
		}
	}
	return found
}

// Docs: every package says what it owns.
func Docs(t Tree) []string {
	documented := map[string]bool{}
	for _, f := range t.Files {
		name := f.AST.Name.Name
		doc := f.AST.Doc.Text()
		names := strings.HasPrefix(doc, "Package "+name+" ") || strings.HasPrefix(doc, "Package "+strings.TrimSuffix(name, "_test")+" ")
		program := name == "main" && len(strings.Fields(doc)) > 3
		documented[f.Dir()] = documented[f.Dir()] || names || program
	}
	var found []string
	for _, dir := range t.packages() {
		if !documented[dir] {
			found = append(found, dir+" has no package comment")
		}
	}
	return found
}

// meaningless are names that say nothing about what a package owns.
var meaningless = []string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc", "base", "lib"}

// Names: no package has a name that anything could hide behind.
func Names(t Tree) []string {
	var found []string
	for _, dir := range t.packages() {
		if slices.Contains(meaningless, path.Base(dir)) {
			found = append(found, dir+": the name says nothing")
		}
	}
	return found
}
