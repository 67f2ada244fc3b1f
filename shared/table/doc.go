// Package table owns the one storage port: a DynamoDB-shaped table of items that the
// domain stores are written on once, with real key design.
//
// It offers strongly consistent reads, conditional writes, transactions, queries over one
// partition, and expiry. It has no secondary indexes: an index is another item written in
// the same transaction, so that it is never behind. It does not know what items mean.
//
// Two adapters satisfy it, dynamo (DynamoDB) and embedded/bolttable (one local file). Both
// enforce DynamoDB's limits and pass the contract suite in tabletest.
package table
