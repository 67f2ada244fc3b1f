// Package actions owns what the steps of a template call: one file per action, which
// declares its id, reads and checks its input, states its effects for the plan, and runs.
//
// An action changes the outside only through effects that the ledger makes (package
// effects); everything else it does is reading and writing the operation's workspace. It
// does not know in which order steps run, nor how their inputs are rendered (scaffolder).
//
// Inputs and outputs are those of Backstage's actions of the same id
// (https://backstage.io/docs/features/software-templates/builtin-actions).
package actions
