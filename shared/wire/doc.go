// Package wire puts the whole system together in one process on the embedded adapters: one
// local file for tables, queues and executions, a directory for workspaces, the embedded
// GitLab or a real one. It is the only place besides functions/ where adapters are chosen,
// and it never goes into a deployable.
//
// Flow: New opens the data directory and builds every trust zone (zones/…) as it runs in
// the cloud, each with its own parts; Run starts the relays, the queues, the executions and
// the schedule, and picks up whatever an earlier process left unfinished.
package wire
