package searchapi

import (
	"net/url"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// nestedParam is one parameter of a query string in the syntax of the npm package qs:
// a[b][0]=v has the path a, b, 0.
type nestedParam struct {
	path  []string
	value string
}

// The limits of qs as Express uses it.
const (
	maxNestedParams = 1000
	maxNesting      = 5
)

var (
	bracketed = lazyregexp.New(`\[[^\[\]]*\]`)
	brackets  = strings.NewReplacer("%5B", "[", "%5b", "[", "%5D", "]", "%5d", "]")
)

// parseNested reads a query string. Nothing is wrong to it: what is not encoded properly
// stands for itself.
func parseNested(raw string) (out []nestedParam) {
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		if len(out) == maxNestedParams {
			break
		}
		key, value := cutNested(brackets.Replace(part))
		out = append(out, nestedParam{path: nestedPath(decodeNested(key)), value: decodeNested(value)})
	}
	return out
}

// cutNested cuts at the first equals sign behind a bracket, or else at the first one.
func cutNested(part string) (key, value string) {
	if i := strings.Index(part, "]="); i >= 0 {
		return part[:i+1], part[i+2:]
	}
	key, value, _ = strings.Cut(part, "=")
	return key, value
}

func decodeNested(s string) string {
	s = strings.ReplaceAll(s, "+", " ")
	if decoded, err := url.PathUnescape(s); err == nil {
		return strings.ToValidUTF8(decoded, "\uFFFD")
	}
	return s
}

func nestedPath(key string) []string {
	found := bracketed.FindAllStringIndex(key, -1)
	if len(found) == 0 {
		return []string{key}
	}
	path := []string{key[:found[0][0]]}
	for i, at := range found {
		if i == maxNesting {
			return append(path, key[at[0]:])
		}
		path = append(path, key[at[0]+1:at[1]-1])
	}
	return path
}

// isIndex reports whether a step of a path leads into a list.
func isIndex(step string) bool {
	return strings.Trim(step, "0123456789") == ""
}
