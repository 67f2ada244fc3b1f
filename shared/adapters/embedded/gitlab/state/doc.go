// Package state owns what the embedded GitLab remembers beside its repositories: groups,
// projects, hooks, variables, pipelines, tokens and the queues of work that is still to be
// done, in one bbolt file. It knows keys and records; the rules about them are elsewhere.
//
// Work that a change causes (a hook to deliver, a job to run) is written in the same
// transaction as the change, so a killed process finds it again when it starts.
package state
