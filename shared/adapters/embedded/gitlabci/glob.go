package gitlabci

import "strings"

// matchGlob matches a path as Ruby's File.fnmatch does with the flags that GitLab sets:
// * stays within a folder, ** spans folders, {a,b} are alternatives, [a-z] are sets, and
// hidden files match too.
func matchGlob(pattern, name string) bool {
	for _, p := range alternatives(pattern, 0) {
		if matchSegments(strings.Split(p, "/"), strings.Split(name, "/")) {
			return true
		}
	}
	return false
}

// maxAlternatives bounds what {a,b}{c,d}... may multiply to.
const maxAlternatives = 64

// alternatives expands the first {a,b} of a pattern, then the rest.
func alternatives(pattern string, depth int) []string {
	open := strings.IndexByte(pattern, '{')
	end := strings.IndexByte(pattern, '}')
	if open < 0 || end < open || depth > 5 {
		return []string{pattern}
	}
	var out []string
	for _, choice := range strings.Split(pattern[open+1:end], ",") {
		out = append(out, alternatives(pattern[:open]+choice+pattern[end+1:], depth+1)...)
		if len(out) > maxAlternatives {
			return out[:maxAlternatives]
		}
	}
	return out
}

// matchSegments walks a table instead of recursing, so that many ** stay cheap.
func matchSegments(pattern, name []string) bool {
	reach := make([]bool, len(name)+1)
	reach[0] = true
	for i, p := range pattern {
		next := make([]bool, len(name)+1)
		for n := range reach {
			switch {
			case p == "**" && i < len(pattern)-1:
				next[n] = reach[n] || (n > 0 && next[n-1])
			case n > 0 && reach[n-1]:
				next[n] = matchSegment(p, name[n-1])
			}
		}
		if p == "**" && i == len(pattern)-1 {
			next = spanRest(reach)
		}
		reach = next
	}
	return reach[len(name)]
}

// spanRest is a last **: at least one more segment.
func spanRest(reach []bool) []bool {
	next := make([]bool, len(reach))
	for n := 1; n < len(reach); n++ {
		next[n] = reach[n-1] || next[n-1]
	}
	return next
}

// matchSegment matches one folder or file name against *, ? and [sets].
func matchSegment(pattern, name string) bool {
	p, n := 0, 0
	star, from := -1, 0
	for n < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			star, from = p, n
			p++
			continue
		}
		if width, ok := matchOne(pattern[p:], name[n]); ok {
			p += width
			n++
			continue
		}
		if star < 0 {
			return false
		}
		from++
		p, n = star+1, from
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchOne matches one byte and tells how much of the pattern that took.
func matchOne(pattern string, c byte) (width int, ok bool) {
	if pattern == "" {
		return 0, false
	}
	switch pattern[0] {
	case '?':
		return 1, true
	case '\\':
		if len(pattern) > 1 {
			return 2, pattern[1] == c
		}
	case '[':
		if end := strings.IndexByte(pattern, ']'); end > 1 {
			return end + 1, inSet(pattern[1:end], c)
		}
	}
	return 1, pattern[0] == c
}

func inSet(set string, c byte) bool {
	negated := set[0] == '!' || set[0] == '^'
	if negated {
		set = set[1:]
	}
	found := false
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' {
			found = found || (set[i] <= c && c <= set[i+2])
			i += 2
			continue
		}
		found = found || set[i] == c
	}
	return found != negated
}
