package templating

import "strings"

// raw reads the text up to the end tag of a raw block that has just been opened.
func (l *lexer) raw(name string, at int) string {
	start, depth := l.pos, 1
	for i := start; i < len(l.src); {
		j := strings.Index(l.src[i:], blockStart)
		if j < 0 {
			break
		}
		tag := i + j
		i = tag + len(blockStart)
		word, after := l.rawTag(tag)
		switch word {
		case name:
			depth, i = depth+1, after
		case "end" + name:
			depth, i = depth-1, after
		}
		if depth == 0 {
			if strings.Contains(l.src[tag:after], "\n") {
				fail(tag, `"{%% end%s %%}" must stand on one line`, name)
			}
			l.pos = after
			return l.rawText(start, tag)
		}
	}
	fail(at, `expected "{%% end%s %%}" after "{%% %s %%}"`, name, name)
	return ""
}

// rawTag reads a tag of one word, without white space control: the word, and where the tag
// ends.
func (l *lexer) rawTag(at int) (word string, after int) {
	inner := at + len(blockStart)
	body, _, closed := strings.Cut(l.src[inner:min(len(l.src), inner+256)], blockEnd)
	if !closed {
		return "", 0
	}
	return strings.TrimFunc(body, isSpace), inner + len(body) + len(blockEnd)
}

// rawText takes the text as it is. Where the opening tag asks to drop white space behind it,
// that happens behind the end tag, as in Nunjucks; what the next tag drops in front of it goes
// on into the raw text.
func (l *lexer) rawText(start, end int) string {
	trim := l.trimNext
	l.trimNext = false
	text := l.trimStart(l.src[start:end])
	l.trimNext = trim
	next := l.nextTag(l.pos)
	gap := l.src[l.pos:next]
	switch {
	case strings.TrimFunc(gap, isSpace) != "":
	case l.trimsBefore(next):
		return strings.TrimRightFunc(text, isSpace)
	case trim && strings.Contains(gap, "\n") && l.syntax.LstripBlocks && strings.HasPrefix(l.src[next:], blockStart):
		if line := strings.LastIndexByte(text, '\n') + 1; strings.TrimFunc(text[line:], isSpace) == "" {
			return text[:line]
		}
	}
	return text
}
