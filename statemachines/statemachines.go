// Package statemachines holds the state machines of Slipway in the Amazon States Language,
// as SAM deploys them, the embedded runner runs them and the tests read them. It holds no
// logic: a machine says in which order tasks run and where a failure leads.
package statemachines

import "embed"

// CreateApp is the name of the machine that creates an application.
const CreateApp = "create-app"

// Files holds <name>.asl.json for every machine. Its only substitution is
// ${CreationFunctionArn}.
//
//go:embed *.asl.json
var Files embed.FS

// Definition gives the definition of a machine, before substitutions.
func Definition(name string) ([]byte, error) { return Files.ReadFile(name + ".asl.json") }
