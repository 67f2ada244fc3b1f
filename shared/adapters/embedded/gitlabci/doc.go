// Package gitlabci owns the meaning of .gitlab-ci.yml in the embedded GitLab: it turns the
// file at one commit into a pipeline, and says which job runs next and what state the
// whole is in. It is pure: it reads files through a Source, keeps no state, starts nothing
// and knows neither HTTP nor git.
//
// Flow: Compile reads the file (package document: YAML within limits, spec header, merge),
// fills in inputs, follows includes, applies extends and !reference, checks every job the
// way GitLab's linter does, evaluates workflow:rules and each job's rules (package
// expression) and yields a Pipeline. Whoever runs it keeps a Status per job, asks Next
// after every change which waiting jobs move, and StatusOf for the pipeline's own status.
// Lint does the same and reports instead of failing.
//
// It covers what Slipway's templates and an ordinary repository use. What it can't
// honour (remote, project, template and component includes, since it stands alone) is refused with a
// message that says so; what has no meaning for simulated jobs (cache, artifacts, services)
// is checked and kept.
//
// Protocol: https://docs.gitlab.com/ci/yaml/; job processing follows GitLab's atomic
// processing service and its composite status.
package gitlabci
