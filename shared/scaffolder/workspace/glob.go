package workspace

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// globs are compiled patterns in the order given; the last one that matches decides.
type globs []glob

// glob is a pattern in the language of the library that Backstage reads patterns with
// (https://www.npmjs.com/package/globby, 11): wildcards, and the name of a directory for
// all that is in it.
type glob struct {
	re     *regexp.Regexp
	dir    string // the pattern as the name of a directory; "." is the workspace
	negate bool
}

const (
	maxGlobs     = 200
	maxGlobBytes = 500
)

func compileGlobs(patterns []string) (globs, error) {
	if len(patterns) > maxGlobs {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("there are more than %d globs", maxGlobs))
	}
	list := make(globs, 0, len(patterns))
	for _, p := range patterns {
		body, negate := strings.CutPrefix(p, "!")
		g, err := compileGlob(body, false)
		if err != nil {
			return nil, err
		}
		g.negate = negate
		list = append(list, g)
	}
	return list, nil
}

// compileGlob reads a pattern; with inner, one behind the path of a directory.
func compileGlob(pattern string, inner bool) (glob, error) {
	if len(pattern) > maxGlobBytes {
		return glob{}, errs.New(errs.TooLarge, fmt.Sprintf("a glob is longer than %d bytes", maxGlobBytes))
	}
	expression, err := globExpression(pattern, inner)
	if err != nil {
		return glob{}, err
	}
	re, err := regexp.Compile(expression)
	if err != nil {
		return glob{}, errs.Wrap(errs.Invalid, "glob "+show(pattern)+" is malformed", err)
	}
	return glob{re: re, dir: path.Clean(pattern)}, nil
}

func (g globs) match(path string) bool {
	matched := false
	for _, one := range g {
		if one.match(path) {
			matched = !one.negate
		}
	}
	return matched
}

func (g glob) match(path string) bool {
	return g.dir == "." || strings.HasPrefix(path, g.dir+"/") || g.re.MatchString(path)
}
