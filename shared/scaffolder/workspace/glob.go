package workspace

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// globs are compiled patterns in the order given; the last one that matches decides.
type globs []glob

type glob struct {
	re     *regexp.Regexp
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
		if len(body) > maxGlobBytes {
			return nil, errs.New(errs.TooLarge, fmt.Sprintf("a glob is longer than %d bytes", maxGlobBytes))
		}
		re, err := regexp.Compile(globExpression(strings.TrimPrefix(body, "./")))
		if err != nil {
			return nil, errs.Wrap(errs.Invalid, "glob "+show(p)+" is malformed", err)
		}
		list = append(list, glob{re: re, negate: negate})
	}
	return list, nil
}

func (g globs) match(path string) bool {
	matched := false
	for _, one := range g {
		if one.re.MatchString(path) {
			matched = !one.negate
		}
	}
	return matched
}

// globExpression translates a glob: ** any directories, * and ? within a name, [ab] and
// {a,b}. A pattern that matches a directory covers everything in it.
func globExpression(pattern string) string {
	var b strings.Builder
	b.WriteString(`^`)
	alternatives := 0
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		switch c := pattern[i]; {
		case strings.HasPrefix(rest, "**/"):
			b.WriteString(`(?:.*/)?`)
			i += 2
		case strings.HasPrefix(rest, "**"):
			b.WriteString(`.*`)
			i++
		case c == '*':
			b.WriteString(`[^/]*`)
		case c == '?':
			b.WriteString(`[^/]`)
		case c == '[' && strings.Contains(rest, "]"):
			set := rest[1:strings.Index(rest, "]")]
			b.WriteString(characterSet(set))
			i += len(set) + 1
		case c == '{':
			alternatives++
			b.WriteString(`(?:`)
		case c == '}' && alternatives > 0:
			alternatives--
			b.WriteByte(')')
		case c == ',' && alternatives > 0:
			b.WriteByte('|')
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	return b.String() + `(?:/.*)?$`
}

func characterSet(set string) string {
	negate := ""
	if set != "" && (set[0] == '!' || set[0] == '^') {
		negate, set = "^", set[1:]
	}
	return "[" + negate + strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`).Replace(set) + "]"
}
