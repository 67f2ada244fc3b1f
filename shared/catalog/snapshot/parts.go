package snapshot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// pieceBytes is how much of a part goes into one blob. Several at a time fill the line to S3
// better than one stream does. Parts are kept as they are: their largest share, the bodies,
// is compressed already, and decompressing the rest would cost more than reading it.
const pieceBytes = 8 << 20

// readers is how many pieces are read at a time.
const readers = 4

// keep writes the pieces of a part, unless the snapshot before holds the same part.
func (s *Store) keep(ctx context.Context, g index.SegmentData, old manifest) (partName, error) {
	sum := sha256.Sum256(g.Bytes)
	name := partName{Digest: hex.EncodeToString(sum[:]), Bytes: len(g.Bytes), Deleted: g.Deleted}
	for _, p := range old.Parts {
		if p.Digest == name.Digest {
			name.Pieces = p.Pieces
			return name, nil
		}
	}
	for at := 0; at < len(g.Bytes); at += pieceBytes {
		key := fmt.Sprintf("%s%s/%04d", piecePrefix, name.Digest, len(name.Pieces))
		piece := g.Bytes[at:min(at+pieceBytes, len(g.Bytes))]
		if err := s.blobs.Put(ctx, key, piece); err != nil {
			return name, fmt.Errorf("writing a part of the snapshot: %w", err)
		}
		name.Pieces = append(name.Pieces, key)
	}
	return name, nil
}

// fetch reads all parts, each into memory of its own.
func (s *Store) fetch(ctx context.Context, parts []partName) ([]index.SegmentData, error) {
	out := make([]index.SegmentData, len(parts))
	var jobs []piece
	for i, p := range parts {
		if p.Bytes < 0 || p.Bytes > len(p.Pieces)*pieceBytes || p.Bytes <= (len(p.Pieces)-1)*pieceBytes {
			return nil, errs.New(errs.Internal, "the snapshot's manifest names a part of an impossible size")
		}
		out[i] = index.SegmentData{Bytes: unfilled(p.Bytes), Deleted: p.Deleted}
		for n, key := range p.Pieces {
			from := n * pieceBytes
			jobs = append(jobs, piece{key: key, into: out[i].Bytes[from:min(from+pieceBytes, p.Bytes)]})
		}
	}
	return out, s.fetchAll(ctx, jobs)
}

// piece is a blob to be read into its place.
type piece struct {
	key  string
	into []byte
}

func (s *Store) fetchAll(ctx context.Context, jobs []piece) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan piece, len(jobs))
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	var wg sync.WaitGroup
	for range min(readers, len(jobs)) {
		wg.Go(func() {
			for j := range queue {
				if ctx.Err() != nil {
					return
				}
				if err := s.fetchPiece(ctx, j); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func (s *Store) fetchPiece(ctx context.Context, p piece) error {
	err := s.blobs.Fill(ctx, p.key, p.into)
	switch {
	case errors.Is(err, errs.NotFound), errors.Is(err, errs.Invalid):
		// What the manifest names and is not there, or not like that, is damage.
		return errs.Wrap(errs.Internal, "a part of the snapshot is missing or damaged", err)
	case err != nil:
		return unread(err)
	}
	return nil
}
