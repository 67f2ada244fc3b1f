// Package runner runs state machines in this process, durably: the embedded adapter of the
// workflow port. It owns what is stored of executions, when that happens, callbacks, and how
// many tasks run at once. The language itself is embedded/asl's, storage is a table.Table.
//
// What is stored, all in the partition of the execution unless said otherwise:
//
//	execution             what it was started with
//	outcome               how it ended; absent while it runs
//	frame#<path>          how far the machine, a branch or an item has come (asl.Frame)
//	history#<first id>    a page of the history: what happened in one write
//	token#<token>         partition of its own: a callback awaited, then what completed it
//	running               partition of its own: one item for each execution that runs
//	definition#<hash>     partition of its own: executions keep the definition they began with
//
// Flow: Start writes the execution and its first frame in one transaction. Run continues
// every execution of the partition "running" and whatever is started meanwhile, each in a
// goroutine that saves a frame before each state runs. Changes of branches that happen at
// the same time share a transaction. After a crash a frame goes on at the state it had
// reached, so tasks run at least once, as on Step Functions; deadlines are points in time,
// so they pass while nothing runs.
//
// Tasks must return when their context ends: Run waits for them.
package runner
