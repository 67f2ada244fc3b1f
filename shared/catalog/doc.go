// Package catalog owns the software catalog: entities in Backstage's descriptor format,
// the registered locations they are read from, and the change log of all of it.
//
// It does not talk to GitLab (a Source does), publish events (the outbox does), or decide
// who may see what.
//
// Writing: a file is read at the head commit of its branch (ingest.go), its documents are
// parsed and validated one by one (descriptor.go, validate.go), and what differs from the
// stored entities is written in one transaction with the change log and the outbox event
// (store.go). What the file no longer holds is deleted, and nothing is ever deleted because
// a read failed. A file's state item makes ingestion of that file a sequence: the head is
// read after the state, and the write holds only if the state did not move meanwhile, so an
// older commit never overwrites a newer one.
//
// Reading: every instance keeps an index in memory (index.go), built once from the stored
// entities and brought up to the end of the change log by a consistent query before every
// answer (reader.go). A committed write is therefore in the very next answer of any
// instance. Relations are no data of their own: the index derives them, and their reverses,
// from the specs (relations.go).
//
// The wire contract is that of Backstage's catalog backend 4.0.
package catalog
