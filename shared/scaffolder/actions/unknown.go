package actions

import "github.com/slipwayhq/slipway/shared/operations"

// Unknown stands in a plan for a value that is known only once it was made, such as the id
// of a project: name says which, "publish.projectId".
func Unknown(name string) string { return operations.UnknownMark(name) }
