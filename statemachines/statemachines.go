// Package statemachines holds the state machines of Slipway in the Amazon States Language,
// as SAM deploys them, the embedded runner runs them and the tests read them. It holds no
// logic: a machine says in which order tasks run and where a failure leads.
package statemachines

import "embed"

// The names of the machines.
const (
	CreateApp = "create-app" // creates an application
	Reconcile = "reconcile"  // compares the catalog with GitLab
)

// Files holds <name>.asl.json for every machine. Each has one substitution, the function
// that runs its tasks: ${CreationFunctionArn} or ${ReconcileFunctionArn}.
//
//go:embed *.asl.json
var Files embed.FS

// Definition gives the definition of a machine, before substitutions.
func Definition(name string) ([]byte, error) { return Files.ReadFile(name + ".asl.json") }
