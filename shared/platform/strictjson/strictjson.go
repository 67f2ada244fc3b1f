// Package strictjson owns the questions encoding/json does not ask about a document: is
// it UTF-8, is it nested too deeply, does an object name a member twice, is a member's
// name hidden behind escapes. Two readers of such a document may see two different values
// (RFC 8259 §4), which is how checks get bypassed.
//
// It does not decode: callers Scan first and then use encoding/json. It decides nothing
// either; each caller says which findings it refuses.
package strictjson

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The reasons why a document can't be scanned.
var (
	ErrSyntax = errors.New("not one JSON value")
	ErrUTF8   = errors.New("not UTF-8 text")
	ErrDepth  = errors.New("nested too deeply")
)

// Report is what Scan found in a well-formed document.
type Report struct {
	// Duplicates are the JSON pointers (RFC 6901) of members named more than once.
	Duplicates []string
	// Escaped reports whether any member's name is written with escapes.
	Escaped bool
}

// Scan looks at a document of at most maxDepth nested arrays and objects.
func Scan(data []byte, maxDepth int) (Report, error) {
	if !utf8.Valid(data) {
		return Report{}, ErrUTF8
	}
	if tooDeep(data, maxDepth) {
		return Report{}, ErrDepth
	}
	if !json.Valid(data) {
		return Report{}, ErrSyntax
	}
	s := scanner{data: data}
	s.value()
	return s.report, nil
}

// tooDeep counts brackets outside of strings; it needs no well-formed document, so that
// nothing recursive ever sees a deep one.
func tooDeep(data []byte, maxDepth int) bool {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// scanner walks a document that is known to be valid.
type scanner struct {
	data   []byte
	at     int
	path   []step
	report Report
}

// step is one level of where the scanner is: a member's name or an element's index.
type step struct {
	name  string
	index int
}

func (s *scanner) value() {
	switch s.peek() {
	case '{':
		s.object()
	case '[':
		s.array()
	case '"':
		s.text()
	default:
		for s.at < len(s.data) && !strings.ContainsRune(",]} \t\r\n", rune(s.data[s.at])) {
			s.at++
		}
	}
}

func (s *scanner) object() {
	seen := map[string]bool{}
	s.at++
	for s.peek() != '}' {
		name := s.name()
		s.path = append(s.path, step{name: name, index: -1})
		if seen[name] {
			s.report.Duplicates = append(s.report.Duplicates, s.pointer())
		}
		seen[name] = true
		s.peek() // moves to the colon
		s.at++
		s.value()
		s.path = s.path[:len(s.path)-1]
		s.skipComma()
	}
	s.at++
}

func (s *scanner) array() {
	s.at++
	for i := 0; s.peek() != ']'; i++ {
		s.path = append(s.path, step{index: i})
		s.value()
		s.path = s.path[:len(s.path)-1]
		s.skipComma()
	}
	s.at++
}

func (s *scanner) pointer() string {
	names := make([]string, len(s.path))
	for i, p := range s.path {
		if names[i] = p.name; p.index >= 0 {
			names[i] = strconv.Itoa(p.index)
		}
	}
	return Pointer(names...)
}

func (s *scanner) skipComma() {
	if s.peek() == ',' {
		s.at++
	}
}

// peek skips blanks and gives the byte the scanner stands at.
func (s *scanner) peek() byte {
	for {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return c
		}
	}
}

// text gives a string with its quotes, and whether it holds escapes.
func (s *scanner) text() (quoted []byte, escaped bool) {
	start := s.at
	for s.at++; s.data[s.at] != '"'; s.at++ {
		if s.data[s.at] == '\\' {
			escaped = true
			s.at++
		}
	}
	s.at++
	return s.data[start:s.at], escaped
}

func (s *scanner) name() string {
	s.peek()
	quoted, escaped := s.text()
	if !escaped {
		return string(quoted[1 : len(quoted)-1])
	}
	s.report.Escaped = true
	var name string
	if err := json.Unmarshal(quoted, &name); err != nil {
		return string(quoted)
	}
	return name
}

// Pointer makes a JSON pointer of the names of members and the indexes of elements.
func Pointer(path ...string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	return b.String()
}
