// Package arch owns the rules that the source code is held to: who may import whom, what
// only one place may do, how long things may get, which functions may reach what. It reads
// sources with go/parser and knows nothing of what they do.
//
// Flow: Read → Tree → a rule, a function from a Tree to the violations it finds. Each rule
// is tested against this repository and against a small tree that breaks it.
package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Module is the import path of this repository.
const Module = "github.com/slipwayhq/slipway"

// Tree is the Go source of a module.
type Tree struct {
	Fset  *token.FileSet
	Files []File // in order of their paths
}

// File is one Go source file.
type File struct {
	Path  string // from the module's root, with slashes
	AST   *ast.File
	Lines int
}

// Dir gives the folder of the file, which is its package's path in the module.
func (f File) Dir() string { return path.Dir(f.Path) }

// Test reports whether only tests use the file: a _test.go file, or one below a folder
// whose name ends in "test", such as test/ and the contract suites.
func (f File) Test() bool {
	return strings.HasSuffix(f.Path, "_test.go") || strings.Contains(f.Dir()+"/", "test/")
}

// Read parses the Go files of a module below root, without nested modules, testdata and
// folders whose name begins with a dot.
func Read(root string) (Tree, error) {
	sources := map[string]string{}
	err := walk(root, func(file, rel string) error {
		if !strings.HasSuffix(rel, ".go") || strings.Contains("/"+rel, "/testdata/") {
			return nil
		}
		text, err := os.ReadFile(file)
		sources[rel] = string(text)
		return err
	})
	if err != nil {
		return Tree{}, fmt.Errorf("reading the sources: %w", err)
	}
	return Parse(sources)
}

// Parse makes a tree of sources by path.
func Parse(sources map[string]string) (Tree, error) {
	t := Tree{Fset: token.NewFileSet()}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		file, err := parser.ParseFile(t.Fset, name, sources[name], parser.ParseComments)
		if err != nil {
			return Tree{}, fmt.Errorf("parsing: %w", err)
		}
		t.Files = append(t.Files, File{Path: name, AST: file, Lines: strings.Count(sources[name], "\n")})
	}
	return t, nil
}

// walk visits the files of a checkout that belong to the project, with their paths from
// the root.
func walk(root string, visit func(file, rel string) error) error {
	return filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			return enter(root, file, rel, d.Name())
		}
		return visit(file, rel)
	})
}

// enter says whether a folder belongs to the project.
func enter(root, dir, rel, name string) error {
	if rel == "." {
		return nil
	}
	hidden := strings.HasPrefix(name, ".") && rel != ".ci" || name == "node_modules" || name == "__pycache__"
	built := slices.Contains([]string{"bin", "dist", "artifacts"}, rel)
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	if hidden || built || err == nil && dir != root {
		return filepath.SkipDir
	}
	return nil
}

// at gives the place of a node.
func (t Tree) at(n ast.Node) string {
	p := t.Fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// lines gives how many lines a node takes.
func (t Tree) lines(n ast.Node) int {
	return t.Fset.Position(n.End()).Line - t.Fset.Position(n.Pos()).Line + 1
}

// packages gives the folders that hold Go files, in order.
func (t Tree) packages() []string {
	var dirs []string
	for _, f := range t.Files {
		if !slices.Contains(dirs, f.Dir()) {
			dirs = append(dirs, f.Dir())
		}
	}
	slices.Sort(dirs)
	return dirs
}

// imports gives the paths that a file imports.
func (f File) imports() []string {
	var all []string
	for _, i := range f.AST.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		all = append(all, p)
	}
	return all
}

// imported gives the path behind a name in a file, "" when the name is no import's.
func (f File) imported(name string) string {
	for _, i := range f.AST.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		if i.Name != nil && i.Name.Name == name || i.Name == nil && path.Base(p) == name {
			return p
		}
	}
	return ""
}

// local gives the folder of an import of this module, false for any other.
func local(importPath string) (string, bool) {
	return strings.CutPrefix(importPath, Module+"/")
}

// reach gives every package, of this module by folder and of others by path, that the
// package in dir is built from, tests left out, with the chain of imports that leads there.
func (t Tree) reach(dir string) map[string]string {
	graph := map[string][]string{}
	for _, f := range t.Files {
		if !strings.HasSuffix(f.Path, "_test.go") {
			graph[f.Dir()] = append(graph[f.Dir()], f.imports()...)
		}
	}
	seen := map[string]string{dir: dir}
	for todo := []string{dir}; len(todo) > 0; todo = todo[1:] {
		for _, p := range graph[todo[0]] {
			if inside, ok := local(p); ok {
				p = inside
			}
			if seen[p] == "" {
				seen[p] = seen[todo[0]] + " → " + p
				todo = append(todo, p)
			}
		}
	}
	return seen
}

// under reports whether a folder is dir or lies below it.
func under(folder, dir string) bool { return folder == dir || strings.HasPrefix(folder, dir+"/") }
