// Package script owns the reading of a template's steps: what their expressions can refer
// to, which calls of its action a step makes, and what the template's output is. Whoever
// walks the steps, for real or in a rehearsal, asks it before each one and tells it what
// came of it:
//
//	NewScope → for each step: Calls → (the actions' results) → Scope.SetOutput or Scope.Fail → Output
//
// It calls no action and keeps nothing. The language inside of texts is templating's.
package script
