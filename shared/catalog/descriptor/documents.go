package descriptor

import (
	"regexp"
	"strings"
)

// lineBreaks turns all breaks into line feeds, which YAML takes them for (1.2 §5.4).
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// chunk is the text of one document and the number of lines before it.
type chunk struct {
	text  string
	lines int
}

// documentMarker begins a document wherever a line starts with it, even inside a scalar
// (YAML 1.2 §9.1.2, c-forbidden), so a file can be cut without parsing it.
var documentMarker = regexp.MustCompile(`(?m)^---(?:[ \t]|$)|^\.\.\.[ \t]*$`)

// blankDocument has no content: blank lines, comments and directives only.
var blankDocument = regexp.MustCompile(`^(?:---|\.\.\.)?[ \t]*(?:[#%][^\n]*)?(?:\n[ \t]*(?:[#%][^\n]*)?)*$`)

func splitDocuments(s string) []chunk {
	s = strings.TrimPrefix(s, "\ufeff")
	var out []chunk
	begin, lines := 0, 0
	cut := func(end int) {
		part := s[begin:end]
		if !blankDocument.MatchString(strings.TrimRight(part, " \t\n")) {
			out = append(out, chunk{text: part, lines: lines})
		}
		lines += strings.Count(part, "\n")
		begin = end
	}
	for _, m := range documentMarker.FindAllStringIndex(s, -1) {
		cut(m[0])
	}
	cut(len(s))
	return out
}
