// Package gitignore owns which files of a folder git would leave out when all of them are
// added, because a .gitignore file among them says so. It reads no file system and no
// configuration of git's.
//
// The rules: https://git-scm.com/docs/gitignore. Names are compared with their case, as git
// does on Linux. Matching takes time in proportion to the patterns, and to the length of a
// path.
package gitignore

import (
	"fmt"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Name is what a file with patterns is called.
const Name = ".gitignore"

// maxPatterns is how many there may be together.
const maxPatterns = 2000

// pattern is one line of a file.
type pattern struct {
	parts   []string // of a path; "**" for any number of them
	negated bool
	folder  bool // only folders are meant
}

// Rules say what is ignored. The zero value ignores nothing.
type Rules struct {
	byFolder map[string][]pattern // "" for the root
	known    map[string]bool      // folders: whether they are ignored
	count    int
}

// Add takes the patterns of the .gitignore file in a folder, "" for the root.
func (r *Rules) Add(folder string, content []byte) error {
	if r.byFolder == nil {
		r.byFolder = map[string][]pattern{}
	}
	for line := range strings.SplitSeq(strings.TrimPrefix(string(content), "\ufeff"), "\n") {
		p, is := parse(strings.TrimSuffix(line, "\r"))
		if !is {
			continue
		}
		if r.count++; r.count > maxPatterns {
			return errs.New(errs.TooLarge, fmt.Sprintf("the %s files have more than %d patterns", Name, maxPatterns))
		}
		r.byFolder[folder] = append(r.byFolder[folder], p)
	}
	r.known = map[string]bool{"": false}
	return nil
}

// Ignores reports whether a file is ignored, by itself or with a folder that it lies in.
func (r *Rules) Ignores(file string) bool {
	if r.count == 0 {
		return false
	}
	return r.ignoresFolder(parent(file)) || r.decides(file, false)
}

// ignoresFolder remembers what it finds: many files lie in few folders.
func (r *Rules) ignoresFolder(folder string) bool {
	is, known := r.known[folder]
	if !known {
		is = r.ignoresFolder(parent(folder)) || r.decides(folder, true)
		r.known[folder] = is
	}
	return is
}

// decides asks the files from the innermost folder outwards; in each the last pattern that
// matches counts.
func (r *Rules) decides(name string, isFolder bool) bool {
	for folder := parent(name); ; folder = parent(folder) {
		patterns := r.byFolder[folder]
		parts := strings.Split(strings.TrimPrefix(strings.TrimPrefix(name, folder), "/"), "/")
		for i := len(patterns) - 1; i >= 0; i-- {
			if p := patterns[i]; (isFolder || !p.folder) && matches(p.parts, parts) {
				return !p.negated
			}
		}
		if folder == "" {
			return false
		}
	}
}

func parent(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// parse reads a line; it reports false for one without a pattern.
func parse(line string) (pattern, bool) {
	line = trimBlanks(line)
	if line == "" || line[0] == '#' {
		return pattern{}, false
	}
	var p pattern
	line, p.negated = strings.CutPrefix(line, "!")
	line, p.folder = strings.CutSuffix(line, "/")
	anchored := strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return pattern{}, false
	}
	if !anchored {
		p.parts = append(p.parts, "**")
	}
	parts := strings.Split(line, "/")
	for i, part := range parts {
		escaped := i < len(parts)-1 && endsEscaping(part) // the slash, which stays one
		if escaped {
			part = part[:len(part)-1]
		}
		if strings.HasPrefix(part, "**") && strings.Trim(part, "*") == "" {
			part = "**" // so many stars are as two, and without slashes around as one
			if !anchored || escaped {
				part = "*"
			}
		}
		p.parts = append(p.parts, part)
	}
	return p, true
}

// endsEscaping reports whether a text ends with a backslash that counts for what follows.
func endsEscaping(text string) bool {
	return (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1
}

// trimBlanks takes off blanks at the end, except one behind a backslash.
func trimBlanks(line string) string {
	trimmed := strings.TrimRight(line, " ")
	if endsEscaping(trimmed) && len(trimmed) < len(line) {
		return trimmed + " "
	}
	return trimmed
}

// matches holds the parts of a pattern against those of a path. At its end ** stands for
// one part at least, elsewhere for none, too. What was matched last by a ** is all that ever
// has to be tried again.
func matches(pattern, parts []string) bool {
	p, again, at := 0, -1, 0
	for i := 0; i < len(parts); {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			if p == len(pattern)-1 {
				return true
			}
			again, at = p, i
			p++
		case p < len(pattern) && matchesPart(pattern[p], parts[i]):
			p++
			i++
		case again >= 0:
			at++
			p, i = again+1, at
		default:
			return false
		}
	}
	return p == len(pattern)
}

// matchesPart matches within a part of a path; a pattern that is malformed matches nothing.
func matchesPart(pattern, part string) bool {
	ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), part)
	return err == nil && ok
}
