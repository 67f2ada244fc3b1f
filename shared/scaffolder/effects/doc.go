// Package effects owns the side effects that templates can have, one file each: how an
// effect is made, how it is recognised after a lost answer, and how it is undone.
//
//	gitlab.project     a project, marked by a topic
//	gitlab.commit      one commit with all files of a workspace, marked by a trailer
//	gitlab.hook        the project's webhook, marked by its name
//	gitlab.pipeline    one pipeline, marked by a variable
//	catalog.location   a registered location, marked by the operation that owns it
//
// It does not decide when an effect happens (the ledger in operations does), nor which
// effects a template has (actions do). It never touches what carries no mark of the
// operation it acts for.
package effects
