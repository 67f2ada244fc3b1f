// Package snapshot owns how the catalog's index is kept as blobs, so that a new instance
// opens it instead of building its own.
//
// It knows nothing of entities or queries: an index is a list of parts, immutable bytes each
// with the set of documents in it that have gone since. A manifest names the parts and the
// change they stand at. Everything in a snapshot is in the table as well: one that is
// missing, damaged or of another format is an error here and a rebuild for the reader.
//
// Flow: Save writes the parts that are not kept yet, in pieces, then the
// manifest, then removes what neither this manifest nor the one before names. Load reads the
// manifest and then the pieces, several at a time. A part's name is the digest of its bytes:
// writers that race write the same thing.
package snapshot
