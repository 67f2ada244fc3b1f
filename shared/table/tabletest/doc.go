// Package tabletest holds the contract of package table as tests that every adapter runs.
//
// It owns what an adapter must do, sentence by sentence, under contention and, for tables
// in a local file, when its process is killed. It does not know how an engine is started:
// the adapter's own test does that and hands a Harness over.
//
// Flow: an adapter's test calls Run, and Crash when its state is local. Each part gets an
// empty table of its own.
package tabletest
