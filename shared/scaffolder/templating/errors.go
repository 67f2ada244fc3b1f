package templating

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/suggest"
)

// Error says what is wrong with a template and where. Its kind is Invalid, or TooLarge
// when a limit ended the work.
type Error struct {
	Name   string // the template, usually a path or the pointer of a step's input
	Line   int    // from 1
	Column int    // from 1, in characters
	Kind   errs.Kind
	Reason string
	Hint   string // what may help, "" when nothing is known
}

// Error gives "name:line:column: reason (hint)".
func (e *Error) Error() string {
	text := fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Reason)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// Unwrap gives the failure in the form that the rest of Slipway decides on.
func (e *Error) Unwrap() error { return errs.New(e.Kind, e.Error()) }

// failure is what travels as a panic from where something went wrong to the Engine.
type failure struct {
	at     int // byte offset in the source
	kind   errs.Kind
	reason string
	hint   string
	cause  error // set when the caller's context ended
}

//go:noinline
func fail(at int, format string, args ...any) {
	panic(failure{at: at, kind: errs.Invalid, reason: fmt.Sprintf(format, args...)})
}

// failHint is fail with something that may help.
//
//go:noinline
func failHint(at int, hint, format string, args ...any) {
	panic(failure{at: at, kind: errs.Invalid, reason: fmt.Sprintf(format, args...), hint: hint})
}

// meant asks whether another name was meant.
func meant(wrong string, names []string) string {
	if name := suggest.Closest(wrong, names); name != "" {
		return fmt.Sprintf("did you mean %q?", name)
	}
	return ""
}

//go:noinline
func failLimit(at int, format string, args ...any) {
	panic(failure{at: at, kind: errs.TooLarge, reason: fmt.Sprintf(format, args...)})
}

// rescue turns a failure panic into the error of a public method. Any other panic goes on.
func rescue(name, src string, err *error) {
	r := recover()
	if r == nil {
		return
	}
	f, ours := r.(failure)
	if !ours {
		panic(r)
	}
	if f.cause != nil {
		*err = fmt.Errorf("rendering %s: %w", name, f.cause)
		return
	}
	line, column := position(src, f.at)
	*err = &Error{Name: name, Line: line, Column: column, Kind: f.kind, Reason: f.reason, Hint: f.hint}
}

func position(src string, at int) (line, column int) {
	before := src[:min(max(at, 0), len(src))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// shorten keeps quoted template text in messages readable.
//
//go:noinline
func shorten(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
