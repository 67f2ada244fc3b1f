package descriptor

import (
	"fmt"
	"strings"
)

// maxWeight is what the documents of a file may weigh before they are decoded. Decoding
// makes a node of every key and value, and takes about 0.5 µs for each.
const maxWeight = 100_000

var errTooHeavy = fmt.Errorf("the file holds more than %d keys and values", maxWeight)

// weight estimates from a glance at a document how many keys and values it has. It errs
// on the low side where the text is not what it seems: then decoding takes longer, and the
// exact limit holds.
func weight(text string) int {
	g := glance{block: -1}
	for line := range strings.SplitSeq(text, "\n") {
		g.line(line)
	}
	return g.count
}

type glance struct {
	count int
	depth int  // of flow collections
	quote byte // the quote that is open, 0 for none
	block int  // column of what holds the block scalar that goes on, -1 for none
}

func (g *glance) line(line string) {
	column := len(line) - len(strings.TrimLeft(line, " "))
	rest := line[column:]
	if g.block >= 0 {
		if rest == "" || column > g.block {
			return
		}
		g.block = -1
	}
	if column == 0 && rest != "" {
		g.depth, g.quote = 0, 0 // within a key's value every line is indented
	}
	holder := column
	for g.quote == 0 && g.depth == 0 && strings.HasPrefix(rest, "- ") {
		holder = column
		trimmed := strings.TrimLeft(rest[2:], " ")
		column, rest = column+len(rest)-len(trimmed), trimmed
		g.count++
	}
	if g.quote == 0 && g.depth == 0 && isBlockHeader(rest) {
		g.block = holder
		return
	}
	if g.tokens(rest) {
		g.block = column
	}
}

// tokens counts in a line and reports whether a block scalar begins at its end.
func (g *glance) tokens(s string) (block bool) {
	fresh := true // a token may begin here
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case g.quote != 0:
			i += g.quoted(s[i:])
			fresh = false
		case c == ' ' || c == '\t':
		case fresh && (c == '"' || c == '\''):
			g.quote = c
		case c == '#' && (i == 0 || s[i-1] == ' '):
			return false
		case g.flow(c, fresh):
			fresh = c != ']' && c != '}'
		case c == ':' && (i+1 == len(s) || s[i+1] == ' ' || g.depth > 0):
			g.count += 2
			fresh = true
			if g.depth == 0 && isBlockHeader(strings.TrimLeft(s[i+1:], " ")) {
				return true
			}
		default:
			fresh = false
		}
	}
	return false
}

// flow takes in the marks of flow collections.
func (g *glance) flow(c byte, fresh bool) bool {
	switch {
	case fresh && (c == '[' || c == '{'):
		g.depth++
	case g.depth > 0 && (c == ']' || c == '}'):
		g.depth--
		return true
	case g.depth == 0 || c != ',':
		return false
	}
	g.count++
	return true
}

// quoted skips to the end of what is quoted, or of the line.
func (g *glance) quoted(s string) (skip int) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && g.quote == '"':
			i++
		case s[i] == g.quote:
			g.quote = 0
			return i
		}
	}
	return len(s)
}

// isBlockHeader reports whether a value is the head of a literal or folded text.
func isBlockHeader(s string) bool {
	if s == "" || (s[0] != '|' && s[0] != '>') {
		return false
	}
	head, _, _ := strings.Cut(s[1:], " #")
	return strings.Trim(head, "+-123456789 \t") == ""
}
