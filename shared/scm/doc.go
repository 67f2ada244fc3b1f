// Package scm owns the port to the source code host: projects, commits, files, hooks and
// pipelines of a GitLab. It has the field's types, none of a client library's.
//
// Nothing that creates is repeated by the adapter when the outcome is unknown: GitLab has
// no idempotency keys, so a caller that gets Unavailable looks for its own earlier effect
// by its marker (a topic, a commit trailer, a hook's name, a pipeline variable) before it
// tries again. Reads and deletions are retried inside the adapter.
//
// One adapter satisfies it, gitlab; scmtest runs it against the embedded GitLab.
package scm
