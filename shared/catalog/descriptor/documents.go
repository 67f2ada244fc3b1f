package descriptor

import "strings"

// lineBreaks turns all breaks into line feeds, which YAML takes them for (1.2 §5.4).
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// chunk is the text of one document and the number of lines before it.
type chunk struct {
	text  string
	lines int
}

// splitDocuments cuts a file into its documents without parsing it: a marker begins a
// document wherever a line starts with it, even inside a scalar (YAML 1.2 §9.1.2,
// c-forbidden). Documents of blank lines, comments and directives only are left out.
func splitDocuments(s string) []chunk {
	var out []chunk
	s = strings.TrimPrefix(s, "\ufeff")
	begin, at, lines, first, content := 0, 0, 0, 0, false
	cut := func() {
		if content {
			out = append(out, chunk{text: s[begin:at], lines: first})
		}
		begin, first, content = at, lines, false
	}
	for at < len(s) {
		line, _, _ := strings.Cut(s[at:], "\n")
		inner := line
		if isMarker(line) {
			cut()
			inner = line[3:]
		}
		if inner = strings.TrimLeft(inner, " \t"); inner != "" && inner[0] != '#' && inner[0] != '%' {
			content = true
		}
		at, lines = min(at+len(line)+1, len(s)), lines+1
	}
	cut()
	return out
}

func isMarker(line string) bool {
	return strings.HasPrefix(line, "---") && (len(line) == 3 || line[3] == ' ' || line[3] == '\t') ||
		strings.HasPrefix(line, "...") && strings.TrimRight(line[3:], " \t") == ""
}
