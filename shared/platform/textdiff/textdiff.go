// Package textdiff owns comparing two texts line by line, and writing the difference as a
// unified diff (POSIX diff -u). It does not compare folders, and finds no moved blocks.
package textdiff

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The bounds of a comparison. Texts that differ in more lines are shown as replaced by each
// other: nobody reads such a difference, and finding the shortest takes its square in time
// and memory.
const (
	maxEdits = 1000
	context  = 3 // lines around a change
)

// Binary reports whether content is no text that a diff could show.
func Binary(content []byte) bool {
	return !utf8.Valid(content) || strings.ContainsRune(string(content), 0)
}

// Unified gives the difference between two texts as hunks of a unified diff, "" when they
// are equal. Files' names are for the caller to put in front.
func Unified(before, after string) string {
	a, b := lines(before), lines(after)
	var out strings.Builder
	for _, h := range hunks(edits(a, b)) {
		h.write(&out)
	}
	return out.String()
}

// lines cuts a text into lines, each with its end.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	list := strings.SplitAfter(text, "\n")
	if last := len(list) - 1; list[last] == "" {
		list = list[:last]
	}
	return list
}

// edit is a line of a comparison: kept ' ', removed '-' or added '+'.
type edit struct {
	sign byte
	line string
}

// edits gives the shortest way from a to b (Myers, An O(ND) Difference Algorithm, 1986), or
// all of a removed and all of b added when it is longer than maxEdits.
func edits(a, b []string) []edit {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out []edit
	for _, line := range a[:head] {
		out = append(out, edit{' ', line})
	}
	out = append(out, shortest(a[head:len(a)-tail], b[head:len(b)-tail])...)
	for _, line := range a[len(a)-tail:] {
		out = append(out, edit{' ', line})
	}
	return out
}

// shortest walks the edit graph from its end back to its beginning along the furthest
// points that were reached with each number of edits.
func shortest(a, b []string) []edit {
	trace := reach(a, b)
	if trace == nil {
		return replaced(a, b)
	}
	x, y := len(a), len(b)
	var back []edit
	for d := len(trace) - 1; d > 0; d-- {
		down, fromX, fromY := trace[d].before(x-y, d)
		for ; x > fromX && y > fromY; x, y = x-1, y-1 {
			back = append(back, edit{' ', a[x-1]})
		}
		if down {
			back = append(back, edit{'+', b[y-1]})
			y--
		} else {
			back = append(back, edit{'-', a[x-1]})
			x--
		}
	}
	for ; x > 0; x-- {
		back = append(back, edit{' ', a[x-1]})
	}
	slices.Reverse(back)
	return back
}

func replaced(a, b []string) []edit {
	out := make([]edit, 0, len(a)+len(b))
	for _, line := range a {
		out = append(out, edit{'-', line})
	}
	for _, line := range b {
		out = append(out, edit{'+', line})
	}
	return out
}

// furthest holds how far each diagonal has been followed.
type furthest struct {
	x      []int
	offset int
}

func (f furthest) at(k int) int { return f.x[f.offset+k] }

// before gives where the edit that leads onto diagonal k begins, and whether it goes down:
// a line is added.
func (f furthest) before(k, d int) (down bool, x, y int) {
	if k == -d || k != d && f.at(k-1) < f.at(k+1) {
		return true, f.at(k + 1), f.at(k+1) - (k + 1)
	}
	return false, f.at(k - 1), f.at(k-1) - (k - 1)
}

// reach gives, for each number of edits, how far the diagonals went with fewer; nil when the
// end takes more than maxEdits.
func reach(a, b []string) []furthest {
	most := min(len(a)+len(b), maxEdits)
	v := furthest{x: make([]int, 2*most+3), offset: most + 1}
	var trace []furthest
	for d := 0; d <= most; d++ {
		before := make([]int, len(v.x))
		copy(before, v.x)
		trace = append(trace, furthest{before, v.offset})
		for k := -d; k <= d; k += 2 {
			down, x, _ := v.before(k, d)
			if !down {
				x++
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			v.x[v.offset+k] = x
			if x >= len(a) && x-k >= len(b) {
				return trace
			}
		}
	}
	return nil
}

// hunk is a change with the lines around it.
type hunk struct {
	fromA, fromB int // lines before it
	edits        []edit
}

// hunks groups edits whose surroundings touch.
func hunks(list []edit) []hunk {
	var out []hunk
	atA, atB, quiet := 0, 0, 0 // quiet counts the kept lines since the last change
	var open *hunk
	for i, e := range list {
		if e.sign != ' ' && open == nil {
			from := max(0, i-context)
			out = append(out, hunk{fromA: atA - (i - from), fromB: atB - (i - from), edits: append([]edit{}, list[from:i]...)})
			open = &out[len(out)-1]
		}
		if open != nil {
			open.edits = append(open.edits, e)
		}
		quiet++
		if e.sign != ' ' {
			quiet = 0
		}
		if open != nil && quiet > 2*context {
			open.edits = open.edits[:len(open.edits)-quiet+context]
			open = nil
		}
		if e.sign != '+' {
			atA++
		}
		if e.sign != '-' {
			atB++
		}
	}
	if open != nil && quiet > context {
		open.edits = open.edits[:len(open.edits)-quiet+context]
	}
	return out
}

func (h hunk) write(out *strings.Builder) {
	inA, inB := 0, 0
	for _, e := range h.edits {
		if e.sign != '+' {
			inA++
		}
		if e.sign != '-' {
			inB++
		}
	}
	fmt.Fprintf(out, "@@ -%s +%s @@\n", span(h.fromA, inA), span(h.fromB, inB))
	for _, e := range h.edits {
		out.WriteByte(e.sign)
		out.WriteString(e.line)
		if !strings.HasSuffix(e.line, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// span writes where a hunk lies: the number of its first line, of none that of the line
// before, and how many there are unless it is one.
func span(before, n int) string {
	switch n {
	case 0:
		return fmt.Sprintf("%d,0", before)
	case 1:
		return fmt.Sprint(before + 1)
	}
	return fmt.Sprintf("%d,%d", before+1, n)
}
