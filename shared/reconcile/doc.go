// Package reconcile owns the scheduled comparison of the catalog with GitLab: webhooks
// are an optimisation, this is the guarantee. It lists the projects below the discovered
// groups page by page, has those read again that moved on, looks after the known projects
// that no listing shows and after the hooks of all of them, repairs what an interruption
// left of operations and events, and keeps a report of the run.
//
// It does not read files or decide what an absence means (discovery in shared/catalog
// does), and does not know how a state machine runs.
//
// Flow: Tasks.Begin (one run at a time, by a lease) → Sweep, again and again with a cursor:
// groups, then registered locations, then projects outside of the groups, then the absent
// ones → Recover → Report. Every task may run twice, stop anywhere and run beside another
// run: what it does follows from what it finds, and its counts are kept under the cursor
// that it began with. The state between the tasks is the cursor alone.
package reconcile
