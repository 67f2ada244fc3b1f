// Package localbus is the bus of one process: durable queues on a table of a local file.
//
// It owns delivery: which queue gets an event, when a handler is called again, and what
// becomes a dead letter. It does not know what events mean, and it is the only process on
// its table (the file's lock sees to that), so what is being handled is kept in memory.
//
// Layout: partition QUEUE#<queue> holds what waits, under the time it is due and a hash of
// source and id; DEAD#<queue> holds what was given up, under the time that happened.
//
// Flow: Publish stores an event once per matching queue. Run looks, per queue, for the
// message that is due first, counts the delivery durably (so that a handler that kills the
// process is not called for ever), and calls the handler in a worker. Success removes the
// message, failure moves it to a later time or to the dead letters. After a restart
// everything that was not acknowledged is due again.
package localbus
