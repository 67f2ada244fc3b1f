// Package effects owns the side effects that templates can have, one file each: how an
// effect is made, how it is recognised after a lost answer, and how it is undone.
//
//	gitlab.project             a project, marked by a topic
//	gitlab.commit              one commit with all files of a workspace, marked by a trailer
//	gitlab.hook                the project's webhook, marked by its name
//	gitlab.pipeline            one pipeline, marked by a variable
//	gitlab.group               a group, marked in its description
//	gitlab.variable            a CI/CD variable of any project, marked in its description
//	gitlab.access-token        an access token of any project, marked in its name
//	gitlab.triggered-pipeline  a pipeline of any project, marked by two variables
//	gitlab.branch              a branch of any project with one commit, marked by trailers of that
//	gitlab.merge-request       a merge request, marked by trailers of its description
//	catalog.location           a registered location, marked by the operation that owns it
//	aws.secret                 an empty secret of the platform's account, marked by a tag
//	aws.secret-value           a value in such a secret, marked by the id of its version
//
// It does not decide when an effect happens (the ledger in operations does), nor which
// effects a template has (actions do). It never touches what carries no mark of the
// operation it acts for.
package effects
