// Package operations owns the life of everything that changes something: a typed
// operation is accepted, planned, applied effect by effect through a ledger, and ends
// complete or clean.
//
//	accepted → running → succeeded
//	               ↘ compensating → failed (nothing is left) | parked (a person must look)
//
// It owns the operation's record, its idempotency key, the reservation of its target, the
// ledger of effects with their undoing in reverse order, the callbacks it waits for, and
// the recovery of what was interrupted. It does not know what any effect is (Performers
// do), what a type of operation means (Definitions do), nor AWS, GitLab or HTTP.
//
// Flow: Service.Accept stores the intent and starts the type's state machine; its tasks
// report with Begin, Step, SetPlan and Succeed; Ledger.Apply makes each effect at most
// once in effect; on failure Ledger.Compensate undoes what this operation made and
// nothing else. Every change of state is an event in the same transaction.
package operations
