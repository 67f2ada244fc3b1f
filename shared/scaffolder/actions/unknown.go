package actions

import "github.com/slipwayhq/slipway/shared/operations"

// Unknown stands in a plan for a value that is known only once it was made, such as the id
// of a project: name says which, "publish.projectId".
func Unknown(name string) string { return operations.UnknownMark(name) }

// unknown stands for a value of the call's step that is known only later.
func (c Call) unknown(name string) string { return Unknown(c.StepID + "." + name) }

// unforeseen reports whether a text has a value in it, while planning, that nobody can know
// yet: what it will be can't be checked.
func (c Call) unforeseen(text string) bool {
	return c.Rehearsing && operations.HoldsUnknown(text)
}
