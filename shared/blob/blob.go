// Package blob owns the port for bytes that are too large or too many for the table:
// template workspaces, snapshots. It does not know what they hold.
//
// Two adapters satisfy it, s3 and embedded/dirblob (a directory); both pass blobtest.
package blob

import "context"

// MaxBytes is the largest blob.
const MaxBytes = 64 << 20

// Store keeps blobs under keys such as "workspaces/<id>/tree.json": 1 to 512 bytes of
// [A-Za-z0-9._/-], no empty, "." or ".." segment. Anything else is Invalid.
//
// Reads see every write acknowledged before them. A blob is never seen half written, also
// after a crash. Errors: NotFound, Conflict, Invalid, TooLarge, RateLimited, Unavailable.
type Store interface {
	// Put stores body, replacing what was there.
	Put(ctx context.Context, key string, body []byte) error
	// PutNew stores body unless there is a blob already: then Conflict.
	PutNew(ctx context.Context, key string, body []byte) error
	// Get reads a blob, NotFound when there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// Fill reads a blob of exactly len(into) bytes into the caller's memory, which spares large
	// ones a copy: Invalid when the blob has another size. After an error into may hold anything.
	Fill(ctx context.Context, key string, into []byte) error
	// Delete removes a blob; removing what is not there succeeds.
	Delete(ctx context.Context, key string) error
	// List gives up to limit keys that begin with prefix and sort behind after, in
	// order of their bytes. Limit is 1 to 1000. A short answer is the end.
	List(ctx context.Context, prefix, after string, limit int) ([]string, error)
}
