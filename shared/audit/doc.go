// Package audit owns the audit trail: who did what to which entity in which environment,
// with what outcome, as one chain in which every record holds the hash of the record
// before it. Changing, removing, inserting or reordering records breaks the chain at a
// place that Verify names.
//
// The chain alone does not show that its newest records were cut off together with the
// stored head: for that Verify reports the head, to be compared with one kept elsewhere.
// The package does not decide who may read the trail.
//
// Flow: bus event → Trail.Consume (consume.go) → Trail.Append (append.go): record, head of
// the chain, index items and the event's idempotency item in one transaction. Readers use
// Trail.Records (records.go), newest first.
package audit
