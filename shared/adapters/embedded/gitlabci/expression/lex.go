package expression

import (
	"errors"
	"regexp"
	"strings"
)

// maxTokens is GitLab's limit for one expression.
const maxTokens = 100

// maxBytes keeps strings and patterns short; GitLab has no such limit for the text.
const maxBytes = 16 << 10

type kind int

const (
	variable kind = iota // text is the name
	literal              // text is the content
	pattern              // text is between the slashes, flags behind
	null
	operator // text is one of == != =~ !~ && || ( )
)

type token struct {
	kind  kind
	text  string
	flags string
}

var (
	variableForm = regexp.MustCompile(`^\$(\w+)`)
	literalForm  = regexp.MustCompile(`^(?:"([^"]*)"|'([^']*)')`)
	patternForm  = regexp.MustCompile(`^/((?:[^/\\]|\\.)+)/([ismU]*)`)
	operatorForm = regexp.MustCompile(`^(?:==|!=|=~|!~|&&|\|\||[()])`)
	nullForm     = regexp.MustCompile(`^null\b`)
)

var errUnknownLexeme = errors.New("unknown lexeme found")

func lex(text string) ([]token, error) {
	if len(text) > maxBytes {
		return nil, errors.New("the expression is too long")
	}
	var tokens []token
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		t, n := next(rest)
		if n == 0 {
			return nil, errUnknownLexeme
		}
		if len(tokens) == maxTokens {
			return nil, errors.New("too many tokens")
		}
		tokens = append(tokens, t)
		rest = rest[n:]
	}
	return tokens, nil
}

// next gives the first token and its length, 0 when there is none.
func next(rest string) (token, int) {
	if m := variableForm.FindStringSubmatch(rest); m != nil {
		return token{kind: variable, text: m[1]}, len(m[0])
	}
	if m := literalForm.FindStringSubmatch(rest); m != nil {
		return token{kind: literal, text: m[1] + m[2]}, len(m[0])
	}
	if m := patternForm.FindStringSubmatch(rest); m != nil {
		return token{kind: pattern, text: m[1], flags: m[2]}, len(m[0])
	}
	if m := nullForm.FindString(rest); m != "" {
		return token{kind: null}, len(m)
	}
	m := operatorForm.FindString(rest)
	return token{kind: operator, text: m}, len(m)
}
