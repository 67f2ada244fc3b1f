package arch

import (
	"fmt"
	"path"
	"strings"
)

// heavy is what only those who render templates may carry.
var heavy = []string{"shared/scaffolder/templating"}

const surface = "shared/httpapi"

// Surface: what HTTP shows is a package for each context over plumbing that knows none of
// them. Every function that answers requests is built with some of it, so that none of it brings
// anything with it that one function alone needs.
func Surface(t Tree) []string {
	var found []string
	for _, f := range t.Files {
		if f.Test() || !under(f.Dir(), surface) {
			continue
		}
		for _, p := range f.imports() {
			if to, ok := local(p); ok && !maySurface(f.Dir(), to) {
				found = append(found, fmt.Sprintf("%s imports %s", f.Path, to))
			}
		}
	}
	for _, dir := range t.packages() {
		if !under(dir, surface) || strings.Contains(dir+"/", "test/") {
			continue
		}
		reached := t.reach(dir)
		for _, p := range heavy {
			if way := reached[p]; way != "" {
				found = append(found, fmt.Sprintf("%s carries %s: %s", dir, p, way))
			}
		}
	}
	return found
}

// maySurface: the plumbing knows no context but who acts; packages of contexts share the
// plumbing and the reading of requests, never each other.
func maySurface(folder, to string) bool {
	if !under(to, surface) {
		level, _, ok := layerOf(to)
		return strings.HasSuffix(folder, "api") && folder != surface || !ok || level != context || under(to, "shared/auth")
	}
	return to == surface || path.Base(to) == "request"
}
