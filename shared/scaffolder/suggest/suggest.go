// Package suggest owns one question: which of the names that exist was meant by one that
// does not. It knows nothing of what the names stand for.
package suggest

import "strings"

// longest is how long a name may be that is worth comparing.
const longest = 64

// Closest gives the name that is most like the wrong one, "" when none is like it: a third
// of its letters may be wrong, missing or too many. Of several the first one wins.
func Closest(wrong string, names []string) string {
	best, distance := "", len(wrong)/3+1
	if len(wrong) > longest {
		return ""
	}
	for _, name := range names {
		if len(name) > longest {
			continue
		}
		if strings.EqualFold(wrong, name) {
			return name
		}
		if d := edits(wrong, name); d < distance || d == distance && best == "" && len(wrong) > 2 {
			best, distance = name, d
		}
	}
	return best
}

// edits counts the letters to change, to add, to take away, or to exchange with their
// neighbour, to come from a to b.
func edits(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
