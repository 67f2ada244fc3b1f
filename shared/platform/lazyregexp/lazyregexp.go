// Package lazyregexp has regular expressions that are compiled when they are first used.
// Functions start without compiling what most requests never need: an expression with a
// counted repetition takes up to a millisecond. It owns no expression.
package lazyregexp

import (
	"regexp"
	"sync"
)

// Regexp is a regular expression. It is safe for concurrent use.
type Regexp struct {
	source string
	once   sync.Once
	is     *regexp.Regexp
}

// New gives the expression of a source in RE2's syntax. One that can't be compiled panics at
// its first use; the rules of the project see to it that there is none.
func New(source string) *Regexp { return &Regexp{source: source} }

func (r *Regexp) compiled() *regexp.Regexp {
	r.once.Do(func() { r.is = regexp.MustCompile(r.source) })
	return r.is
}

// MatchString reports whether the text holds a match.
func (r *Regexp) MatchString(s string) bool { return r.compiled().MatchString(s) }

// FindString gives the leftmost match, "" for none.
func (r *Regexp) FindString(s string) string { return r.compiled().FindString(s) }

// FindStringSubmatch gives the leftmost match and those of its groups, nil for none.
func (r *Regexp) FindStringSubmatch(s string) []string { return r.compiled().FindStringSubmatch(s) }

// FindAllStringSubmatch gives the first n matches with those of their groups, all for -1.
func (r *Regexp) FindAllStringSubmatch(s string, n int) [][]string {
	return r.compiled().FindAllStringSubmatch(s, n)
}

// FindAllStringIndex gives where the first n matches are, all for -1.
func (r *Regexp) FindAllStringIndex(s string, n int) [][]int {
	return r.compiled().FindAllStringIndex(s, n)
}

// ReplaceAllString gives the text with all matches replaced; $1 stands for a group.
func (r *Regexp) ReplaceAllString(s, with string) string {
	return r.compiled().ReplaceAllString(s, with)
}

// ReplaceAllStringFunc gives the text with all matches replaced by what a function gives.
func (r *Regexp) ReplaceAllStringFunc(s string, with func(string) string) string {
	return r.compiled().ReplaceAllStringFunc(s, with)
}
