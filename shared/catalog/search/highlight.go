package search

import "strings"

// Tags stand around a word that matched.
type Tags struct{ Pre, Post string }

// highlight marks the words of a document that a query found.
func (x *documents) highlight(d Document, m *match, words stemmer, tags Tags) map[string]string {
	out := map[string]string{}
	for f, text := range d.values() {
		if marked, found := x.mark(text, field(f), m, words, tags); found {
			out[fieldNames[f]] = marked
		}
	}
	return out
}

func (x *documents) mark(text string, f field, m *match, words stemmer, tags Tags) (marked string, found bool) {
	var out strings.Builder
	done := 0
	eachToken(text, func(t token) {
		w := words.of(t.word)
		if !x.asked(w.trimmed, f, m) && !x.asked(w.whole, f, m) {
			return
		}
		out.WriteString(text[done:t.start])
		out.WriteString(tags.Pre)
		out.WriteString(text[t.start:t.end])
		out.WriteString(tags.Post)
		done = t.end
	})
	if done == 0 {
		return "", false
	}
	out.WriteString(text[done:])
	return out.String(), true
}

// asked reports whether a query asks for a term in a field.
func (x *documents) asked(term string, f field, m *match) bool {
	if term == "" {
		return false
	}
	id, ok := x.terms.ids[term]
	return ok && m.weights.of(id, f) > 0
}
