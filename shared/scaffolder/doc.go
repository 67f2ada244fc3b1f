// Package scaffolder owns the creation of an application from a template: the operation
// type "app.create" and the tasks of its state machine.
//
//	Prepare         pin the template's commit, resolve the target environments
//	Plan            state every effect of every step
//	RunStep         run the next step: render its input, call its action
//	StartPipeline   start exactly one pipeline for what was published
//	AwaitPipeline   leave a token with the pipeline; PollPipeline looks after a silence
//	ConfirmCatalog  make sure that the catalog shows it
//	Complete        record the outcome
//	Compensate      undo everything; Park names what could not be undone
//
// Every task can run again after a crash at any point. What a task needs is in the
// operation's record, what it did is in the ledger; the state machine carries the
// operation's id and little else.
//
// Its parts: template (the Template entity), form (its parameters), templating (the
// language in it), workspace (files between steps), actions (what steps call), effects
// (what changes the outside). It knows neither AWS nor HTTP nor a GitLab client.
package scaffolder
