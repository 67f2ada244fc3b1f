// Package stepfn runs state machines on AWS Step Functions (Standard): the AWS adapter of
// the workflow port. It owns how the port's words map to the service's; the machines are
// deployed with Slipway, and their ARNs come from configuration. Tasks that wait for a token
// are completed by package answers.
//
// Flow: each method is one call of the service, two when a name is taken already. Errors
// are classified by awserr; what a taken name means is decided here.
//
// Describe and History are eventually consistent on AWS: just after Start they may still
// give NotFound.
package stepfn
