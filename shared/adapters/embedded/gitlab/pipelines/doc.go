// Package pipelines owns the pipelines of the embedded GitLab: making them from the CI file
// of a commit, playing, retrying and cancelling their jobs, and running jobs in a
// *simulated* executor that executes nothing and says so in every log. What a CI file
// means is package gitlabci's.
//
// Flow: Prepare compiles the file, Store keeps the pipeline in the caller's transaction.
// Every change to a job goes through settle, which lets waiting jobs move, sets the
// pipeline's status, and queues the hooks, all in the transaction of the change. Run takes
// pending jobs, a few at once, waits the configured duration and ends them; what a kill
// interrupted starts again.
package pipelines
