// Package tasks owns Backstage's view of operations that run a template: a task is an
// operation of type "template.run" or "app.create", its events are the operation's log.
//
//	accepted → open, running and compensating → processing, succeeded → completed,
//	failed and parked → failed, or cancelled when somebody asked for that
//
// It owns the shapes that Backstage's frontends read (@backstage/plugin-scaffolder-common
// 2.3): task, spec, event, form, dry run. Whoever serves, streams or reads them needs no more
// than this package; what runs templates and fills the shapes is package taskbroker, which
// brings the engine, the actions and the forms with it.
//
// Flow: Events turns lines of an operation's log into events as they are written.
package tasks
