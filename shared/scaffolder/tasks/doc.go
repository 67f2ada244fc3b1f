// Package tasks owns Backstage's view of operations that run a template: a task is an
// operation of type "template.run" or "app.create", its events are the operation's log.
//
//	accepted → open, running and compensating → processing, succeeded → completed,
//	failed and parked → failed, or cancelled when somebody asked for that
//
// It owns the shapes that Backstage's frontends read (@backstage/plugin-scaffolder-common
// 2.3): task, spec, event, form, dry run. It keeps nothing of its own: what a task shows was
// recorded by the operation when it was prepared, or is in the catalog until then.
//
// Flow: Create checks the template and hands the request to operations; Get and List show
// operations as tasks; Follow turns lines of the log into events as they are written.
package tasks
