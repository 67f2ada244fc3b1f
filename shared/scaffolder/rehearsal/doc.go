// Package rehearsal owns running a template without doing anything: its steps work on
// scratch files in memory, read what they read, and state the effects that they would make.
// A plan is what a rehearsal finds; so is the answer to a dry run.
//
//	for each step: its calls (script) → Action.Plan → effects, changed files, foreseen outputs
//
// What only the outside can tell, such as the id of a project that is not there yet, stands
// in outputs as a mark (actions.Unknown) and passes through expressions like any text. A
// step that can't be foreseen because of such a mark is left out and said so in the log.
//
// It keeps nothing and makes no effect. Which rules a plan has to keep is decided by who
// asks (scaffolder).
package rehearsal
