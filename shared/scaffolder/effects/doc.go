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
//	gitlab.push                a commit on a branch of any project, marked as those of gitlab.branch
//	gitlab.project-branch      a branch of a new project, and its protection
//	gitlab.access              a level of access to a group, seen by what it was and is
//	gitlab.issue               an issue, marked by trailers of its description
//	gitlab.issue-change        another state of an issue, seen by what it was and is
//	gitlab.deploy-token        a deploy token of any project, marked in its name
//	catalog.location           a registered location, marked by the operation that owns it
//	aws.secret                 an empty secret of the platform's account, marked by a tag
//	aws.secret-value           a value in such a secret, marked by the id of its version
//
// It does not decide when an effect happens (the ledger in operations does), nor which
// effects a template has (actions do). It never undoes what carries no mark of the operation
// it acts for; what can carry none is brought back to what the plan has seen before, unless
// somebody has changed it since.
package effects
