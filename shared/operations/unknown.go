package operations

import "strings"

// What stands around the name of a value that nobody can know before it was made.
const (
	unknownOpen  = "⟦known after: "
	unknownClose = "⟧"
)

// UnknownMark stands in a plan for a value that is known only once it was made; name says
// which, "publish.projectId".
func UnknownMark(name string) string { return unknownOpen + name + unknownClose }

// HoldsUnknown reports whether a text has such a mark in it.
func HoldsUnknown(text string) bool { return strings.Contains(text, unknownOpen) }
