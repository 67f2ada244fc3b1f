// Package operations owns the life of everything that changes something: a typed
// operation is accepted, planned, applied effect by effect through a ledger, and ends
// complete or clean.
//
//	accepted → running → succeeded
//	   ↘          ↘ compensating → failed (nothing is left) | parked (a person must look)
//	     ↘ cancelled ↗                  ↘ retried: accepted again, under the same id
//	                                        ↘ a parked one, cancelled: compensating again
//
// It owns the operation's record, its idempotency key, the reservation of its target, the
// ledger of effects with their undoing in reverse order, its log, the secrets it is given and
// makes, the callbacks it waits for, and the recovery of what was interrupted. It
// does not know what any effect is (Performers do), what a type of operation means
// (Definitions do), how secrets are encrypted (a Sealer does), nor AWS, GitLab or HTTP.
//
// Flow: Service.Accept stores the intent and starts the type's state machine; its tasks
// report with Begin, Step, SetPlan and Succeed; Ledger.Apply makes each effect at most
// once in effect; on failure, or after Cancel, Ledger.Compensate undoes what this operation
// made and nothing else. Every change of state is an event, and a line of the log, in the
// same transaction; Follow passes the lines on as they are written.
//
// Retry begins another attempt, as cancelling a parked one does. What runs for an earlier one
// belongs to it for good: see Acting and Ref.Attempt. What an earlier one has made counts
// once it was seen to be there still.
//
// Secrets are kept sealed until their operation succeeds or fails; of a parked one, which may
// be taken up again, until Operation.SealedUntil.
package operations
