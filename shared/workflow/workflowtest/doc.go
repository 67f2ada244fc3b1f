// Package workflowtest holds every adapter of the workflow port to its contract. It owns
// the state machines and the function (Probe) that the contract is tried out with; an
// adapter's test brings them to where it runs, as Definitions and package probe, and calls
// Run.
//
// Flow: Run starts executions through the port, waits for their end by looking at them, and
// compares what it sees with what the port promises. The function does what its payload
// says and keeps nothing between calls, because on AWS nothing would stay. To hand a task
// token to the test it starts an execution of the machine "mailbox", which the test reads.
package workflowtest
