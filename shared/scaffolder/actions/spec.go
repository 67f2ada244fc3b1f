package actions

import (
	"encoding/json"
	"maps"
	"slices"
)

// Spec is what an action says about itself: to whoever writes templates, and to whoever
// checks one without running it.
type Spec struct {
	ID          string
	Description string
	Input       json.RawMessage // JSON Schema (draft-07) of the input
	Output      json.RawMessage // of the outputs; nil when there are none
	Examples    []Example
	// Effects are the kinds of things outside the workspace that the action changes, each
	// with how it is undone; none for an action that only works on files.
	Effects []Undo
}

// Example is a use of an action.
type Example struct {
	Description string
	Example     string // steps of a template, in YAML
}

// Undo says how an effect is taken back.
type Undo struct {
	Effect string // its kind in plans and in the ledger
	How    string
}

// Specs gives the specifications of all actions that templates can call, by id: exactly
// those of All. Whoever only checks a template needs none of their dependencies.
func Specs() []Spec {
	list := []Spec{
		publishGitLabSpec(),
		fetchPlainSpec(), fetchPlainFileSpec(), fetchTemplateSpec(), fetchTemplateFileSpec(),
		fsDeleteSpec(), fsReaddirSpec(), fsRenameSpec(),
		debugLogSpec(), debugWaitSpec(),
	}
	list = append(list, catalogSpecs()...)
	list = append(list, gitLabSpecs()...)
	list = append(list, harmonixSpecs()...)
	byID := make(map[string]Spec, len(list))
	for _, s := range list {
		byID[s.ID] = s
	}
	for i, id := range slices.Sorted(maps.Keys(byID)) { // sorting texts costs functions less than sorting specs
		list[i] = byID[id]
	}
	return list[:len(byID)]
}

// schema marks a JSON Schema in a specification.
func schema(text string) json.RawMessage { return json.RawMessage(text) }
