package view

import (
	"context"
	"fmt"

	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// MaxTail is how many changes the log may be ahead of the snapshot before Compact writes a
// new one: reading this many takes a new instance about as long as opening the snapshot.
const MaxTail = 200

// Compact writes a new snapshot when the log is more than MaxTail changes ahead of the kept
// one, or that can't be read. Any instance may do it at any time: the newest snapshot wins. It reports whether it
// wrote one.
func (v *View) Compact(ctx context.Context) (bool, error) {
	if v.deps.Snapshots == nil {
		return false, errs.New(errs.Invalid, "this instance keeps no snapshots")
	}
	if err := v.current.refresh(ctx); err != nil {
		return false, fmt.Errorf("bringing the index up to date: %w", err)
	}
	if due, err := v.due(ctx); err != nil || !due {
		return false, err
	}
	if err := v.current.merge(ctx); err != nil {
		return false, fmt.Errorf("merging segments of the index: %w", err)
	}
	parts, seq, err := v.current.parts(ctx)
	if err != nil {
		return false, err
	}
	return true, v.deps.Snapshots.Save(ctx, parts, seq)
}

// due reports whether a new snapshot is worth writing. One that could not be read is
// discarded first: its parts must not be taken for kept.
func (v *View) due(ctx context.Context) (bool, error) {
	if v.current.damaged.Load() {
		if err := v.deps.Snapshots.Discard(ctx); err != nil {
			return false, fmt.Errorf("discarding the damaged snapshot: %w", err)
		}
		v.current.damaged.Store(false)
		return true, nil
	}
	kept, err := v.deps.Snapshots.Head(ctx)
	if err != nil {
		return false, fmt.Errorf("looking at the kept snapshot: %w", err)
	}
	return v.current.seq.Load()-kept > MaxTail, nil
}

// merge does the merges that are worth it, while others go on reading.
func (r *reader) merge(ctx context.Context) error {
	for ctx.Err() == nil {
		var c *index.Compaction
		if err := r.alone(ctx, func(x *index.Index) error { c = x.Compaction(); return nil }); err != nil || c == nil {
			return err
		}
		if err := c.Run(); err != nil {
			return err
		}
		if err := r.alone(ctx, func(x *index.Index) error { return x.Adopt(c) }); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// parts gives the index as it stands, as bytes that never change.
func (r *reader) parts(ctx context.Context) (parts []index.SegmentData, seq int64, err error) {
	err = r.alone(ctx, func(x *index.Index) error {
		if err := x.Seal(); err != nil {
			return err
		}
		for _, s := range x.Segments() {
			parts = append(parts, index.SegmentData{Bytes: s.Bytes(), Deleted: s.Deleted()})
		}
		seq = r.seq.Load()
		return nil
	})
	return parts, seq, err
}

// alone calls f with an index that nobody else reads or changes meanwhile.
func (r *reader) alone(ctx context.Context, f func(x *index.Index) error) error {
	if err := r.take(ctx); err != nil {
		return err
	}
	defer r.release()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.x == nil {
		return errs.New(errs.Unavailable, "the index is being made again")
	}
	return f(r.x)
}
