// Package taskbroker runs templates for people and shows their operations as Backstage's
// tasks, as Backstage's TaskBroker does. It owns what takes the templates themselves: forms
// and what is wrong with their values, dry runs, the list of actions, suggestions. The shapes
// of all that, and the events of tasks, are package tasks'.
//
// It keeps nothing of its own: what a task shows was recorded by the operation when it was
// prepared, or is in the catalog until then.
//
// Flow: Create checks the template and hands the request to operations; Get and List show
// operations as tasks; DryRun rehearses a template that may be in no catalog yet.
package taskbroker
