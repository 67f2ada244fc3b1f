package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// format is the version of manifest and parts; a snapshot of another one is not read.
const format = 2

// The keys of the blobs.
const (
	prefix      = "catalog/index/"
	manifestKey = prefix + "manifest.json"
	piecePrefix = prefix + "parts/"
)

// manifest names what a snapshot consists of.
type manifest struct {
	Format int        `json:"format"`
	Seq    int64      `json:"seq"` // of the last change that it holds
	Time   time.Time  `json:"time"`
	Parts  []partName `json:"parts"`
	// Kinds is the digest of the platform's own kinds: with others there are other relations.
	Kinds string `json:"kinds,omitempty"`
	// Before are the pieces of the snapshot that this one replaced: instances may be
	// reading them.
	Before []string `json:"before,omitempty"`
}

// partName says where a part is kept.
type partName struct {
	Digest  string   `json:"digest"` // hex SHA-256 of the part
	Bytes   int      `json:"bytes"`  // of the part
	Pieces  []string `json:"pieces"` // keys, in order
	Deleted []byte   `json:"deleted,omitempty"`
}

func (m manifest) pieces() []string {
	var out []string
	for _, p := range m.Parts {
		out = append(out, p.Pieces...)
	}
	return out
}

// Config is what a Store needs.
type Config struct {
	Blobs blob.Store
	Clock clock.Clock
	// Kinds are those that the index derives relations by; the built-in ones when nil.
	Kinds *entity.Kinds
}

// Store keeps snapshots of one catalog. It is safe for concurrent use, by several processes
// at once.
type Store struct {
	blobs blob.Store
	clock clock.Clock
	kinds *entity.Kinds
}

// New makes a store.
func New(c Config) (*Store, error) {
	if c.Blobs == nil || c.Clock == nil {
		return nil, errors.New("snapshots need a blob store and a clock")
	}
	if c.Kinds == nil {
		c.Kinds = entity.Builtin()
	}
	return &Store{blobs: c.Blobs, clock: c.Clock, kinds: c.Kinds}, nil
}

// Head gives the change that the kept snapshot stands at, 0 when there is none that this
// version reads.
func (s *Store) Head(ctx context.Context) (int64, error) {
	m, err := s.manifest(ctx)
	if errors.Is(err, errs.NotFound) || errs.KindOf(err) == errs.Internal {
		return 0, nil
	}
	return m.Seq, err
}

// unread keeps what can't be read at the moment, or must not be, apart from what is damaged
// (Internal): only that is made anew.
func unread(err error) error {
	if errors.Is(err, errs.NotFound) {
		return err
	}
	return errs.Wrap(errs.Unavailable, "the snapshot can't be read", err)
}

// manifest reads the manifest: NotFound when there is none, Internal when it is damaged or of another
// version, Unavailable when it can't be read.
func (s *Store) manifest(ctx context.Context) (m manifest, err error) {
	body, err := s.blobs.Get(ctx, manifestKey)
	if err != nil {
		return m, fmt.Errorf("reading the snapshot's manifest: %w", unread(err))
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return manifest{}, errs.Wrap(errs.Internal, "the snapshot's manifest is damaged", err)
	}
	if m.Format != format || m.Seq < 0 {
		return manifest{}, errs.New(errs.Internal, fmt.Sprintf("the snapshot has the format %d, this version reads %d", m.Format, format))
	}
	if m.Kinds != s.kinds.Digest() {
		return manifest{}, errs.New(errs.Internal, "the snapshot was made with other kinds of entities")
	}
	return m, nil
}

// Load opens the kept snapshot and gives the change it stands at. NotFound when there is
// none, Internal when it is damaged, Unavailable when it can't be read.
func (s *Store) Load(ctx context.Context) (*index.Index, int64, error) {
	m, err := s.manifest(ctx)
	if err != nil {
		return nil, 0, err
	}
	segments, err := s.fetch(ctx, m.Parts)
	if err != nil {
		return nil, 0, err
	}
	x, err := index.Open(index.Config{Kinds: s.kinds}, segments)
	if err != nil {
		return nil, 0, fmt.Errorf("opening the snapshot of change %d: %w", m.Seq, err)
	}
	return x, m.Seq, nil
}

// Save keeps the parts of an index that stands at a change, unless a newer one is kept.
func (s *Store) Save(ctx context.Context, segments []index.SegmentData, seq int64) error {
	old, err := s.manifest(ctx)
	if err != nil && !errors.Is(err, errs.NotFound) && errs.KindOf(err) != errs.Internal {
		return err
	}
	if old.Seq > seq {
		return nil
	}
	next := manifest{Format: format, Kinds: s.kinds.Digest(), Seq: seq, Time: s.clock.Now(), Before: old.pieces()}
	for _, g := range segments {
		name, err := s.keep(ctx, g, old)
		if err != nil {
			return err
		}
		next.Parts = append(next.Parts, name)
	}
	body, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encoding the snapshot's manifest: %w", err)
	}
	if err := s.blobs.Put(ctx, manifestKey, body); err != nil {
		return fmt.Errorf("writing the snapshot's manifest: %w", err)
	}
	return s.sweep(ctx, next, old)
}

// Discard forgets the kept snapshot. Its parts stay until the next ones replace them.
func (s *Store) Discard(ctx context.Context) error {
	if err := s.blobs.Delete(ctx, manifestKey); err != nil {
		return fmt.Errorf("removing the snapshot's manifest: %w", err)
	}
	return nil
}

// sweep removes the pieces that were kept only for instances that read the snapshot before
// the last.
func (s *Store) sweep(ctx context.Context, next, old manifest) error {
	wanted := map[string]bool{}
	for _, key := range append(next.pieces(), next.Before...) {
		wanted[key] = true
	}
	for _, key := range old.Before {
		if wanted[key] {
			continue
		}
		if err := s.blobs.Delete(ctx, key); err != nil {
			return fmt.Errorf("removing an old part of the snapshot: %w", err)
		}
	}
	return nil
}
