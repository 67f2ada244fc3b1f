package errs

import (
	"errors"
	"strings"
	"time"
)

// Kind says what sort of failure happened; it is all that code may decide on.
// A Kind is itself an error so that errors.Is(err, errs.NotFound) reads naturally.
type Kind string

// The kinds. Anything an adapter can't classify is Internal.
const (
	Invalid         Kind = "Invalid"         // the request can never succeed as it stands
	Unauthenticated Kind = "Unauthenticated" // no identity, or one that could not be verified
	Forbidden       Kind = "Forbidden"       // a known identity that may not do this
	NotFound        Kind = "NotFound"        // positively absent: the authority said so
	Conflict        Kind = "Conflict"        // the state is not what the request assumed
	// PreconditionFailed: what the request was to be made on has changed (If-Match).
	PreconditionFailed Kind = "PreconditionFailed"
	TooLarge           Kind = "TooLarge"    // over a limit that is named in the message
	RateLimited        Kind = "RateLimited" // nothing happened; try again after RetryAfter
	Unavailable        Kind = "Unavailable" // not reachable or failing; the effect MAY have happened
	Internal           Kind = "Internal"    // a fault of ours; the message says nothing specific
)

// Known reports whether k is one of the kinds above.
func (k Kind) Known() bool {
	switch k {
	case Invalid, Unauthenticated, Forbidden, NotFound, Conflict, PreconditionFailed, TooLarge, RateLimited, Unavailable, Internal:
		return true
	}
	return false
}

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string { return string(k) }

// Field is one thing wrong with one part of a request.
type Field struct {
	Pointer string `json:"pointer"` // JSON pointer into the request, for example "/parameters/name"
	Message string `json:"message"`
}

// Error is a failure with a kind, a safe message and a cause.
type Error struct {
	Kind       Kind
	Message    string        // safe to show: no secrets, no raw input beyond names
	Fields     []Field       // all the fields at fault, when Kind is Invalid
	RetryAfter time.Duration // 0 when unknown; only with RateLimited and Unavailable
	Cause      error         // logged, never shown
}

// New makes an error whose message may be shown to the caller.
func New(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }

// Wrap makes an error with a cause that is logged but never shown.
func Wrap(kind Kind, message string, cause error) *Error {
	return &Error{Kind: kind, Message: message, Cause: cause}
}

// WithFields makes an Invalid error that names every field at fault.
func WithFields(message string, fields []Field) *Error {
	return &Error{Kind: Invalid, Message: message, Fields: fields}
}

// Error describes the failure for a log: the safe message and the cause.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

// Unwrap gives the cause without its kind: an Unavailable that was caused by a NotFound is
// no evidence that something is absent.
func (e *Error) Unwrap() error {
	if e.Cause == nil {
		return nil
	}
	return cause{e.Cause}
}

// cause is a cause whose kind nobody decides on.
type cause struct{ err error }

func (c cause) Error() string { return c.err.Error() }

// Is finds everything in the cause but kinds.
func (c cause) Is(target error) bool {
	if _, kind := target.(Kind); kind {
		return false
	}
	return errors.Is(c.err, target)
}

// As finds everything in the cause but an Error.
func (c cause) As(target any) bool {
	switch target.(type) {
	case **Error, *Kind:
		return false
	}
	return errors.As(c.err, target)
}

// Is reports whether target is this error's kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// KindOf gives the kind of the outermost Error in err's chain, Internal when there is
// none, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	var k Kind
	if errors.As(err, &k) {
		return k
	}
	return Internal
}

// Message gives the text that may be shown for err. An Internal or unclassified error
// says nothing specific, because its text may hold anything.
func Message(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Kind != Internal {
		return e.Message
	}
	return "an internal error occurred"
}

// Fields gives the fields at fault, if err names any.
func Fields(err error) []Field {
	var e *Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}

// Explain gives the message of err with every field at fault, on one line.
func Explain(err error) string {
	text := Message(err)
	for i, f := range Fields(err) {
		if i == 0 {
			text += ":"
		} else {
			text += ";"
		}
		text = strings.TrimRight(text+" "+f.Pointer, " ") + " " + f.Message
	}
	return text
}

// Transient reports whether the same request may succeed later unchanged.
func Transient(err error) bool {
	k := KindOf(err)
	return k == RateLimited || k == Unavailable
}

// Clip shortens input that is quoted in a message to about 80 bytes.
func Clip(input string) string {
	const most = 80
	if len(input) <= most {
		return input
	}
	return strings.ToValidUTF8(input[:most], "") + "…"
}
