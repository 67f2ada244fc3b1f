// Package gitlab is a GitLab in one process: REST API v4 and git over HTTP with state on
// disk, for running and testing Slipway without a GitLab. It owns how the parts below it
// fit together; each part is a package of its own:
//
//	state      what is remembered beside the repositories, in one bbolt file
//	gitstore   the bare repositories
//	githttp    clone, fetch and push
//	rest       the API
//	pushes     what follows when branches and tags move
//	pipelines  pipelines and their simulated jobs
//	hooks      webhooks
//	faults     making it fail on purpose, in tests
//
// Whatever it acknowledged survives a kill at any moment; Run takes up unfinished jobs,
// undelivered hooks and pushes nobody was told about. Pipelines are simulated: no command
// of a job is ever executed, and every job's log says so on its first line.
package gitlab
