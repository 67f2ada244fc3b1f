// Package bolttable keeps tables in one local file (bbolt, fsync at every commit), so that
// Slipway runs without an account and survives being killed at any moment.
//
// It owns the file, its lock, the layout of keys and records, and the removal of expired
// items. It does not know what items mean; the rules of the port (limits, cursors) come
// from package table, so that what runs here runs on DynamoDB too.
//
// Layout: one bucket per table. An item's key is PK, NUL, SK: neither holds a NUL, so the
// order of the file is DynamoDB's order, partition by partition. See record.go for values.
//
// Flow: Open takes the lock, Table gives a table.Table of the file, each method is one
// bbolt transaction, and a committed write wakes whoever listens to Changes.
package bolttable
