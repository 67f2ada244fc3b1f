package bolttable

import (
	"context"
	"time"

	bolt "go.etcd.io/bbolt"
)

// sweepBatch is how many items one sweeping transaction removes, so that writers are not
// kept waiting long.
const sweepBatch = 500

type place struct{ bucket, key []byte }

// Sweep deletes the items that have expired; reads leave them out already. It gives the
// number of items deleted, also when it was stopped by an error.
func (f *File) Sweep(ctx context.Context) (int, error) {
	removed := 0
	for {
		found, err := f.expired(f.clock.Now(), sweepBatch)
		if err == nil && len(found) > 0 {
			err = f.remove(ctx, found)
		}
		if err != nil {
			return removed, f.storeError("sweeping expired items", err)
		}
		removed += len(found)
		if len(found) < sweepBatch {
			return removed, nil
		}
	}
}

// expired finds up to most items that have expired at now.
func (f *File) expired(now time.Time, most int) ([]place, error) {
	var found []place
	err := f.db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			c := b.Cursor()
			for k, v := c.First(); k != nil && len(found) < most; k, v = c.Next() {
				r, err := decodeRecord(v)
				if err != nil {
					return err
				}
				if !r.live(now) {
					found = append(found, place{bucket: append([]byte(nil), name...), key: append([]byte(nil), k...)})
				}
			}
			return nil
		})
	})
	return found, err
}

// remove deletes what is still expired: it may have been written again since it was found.
func (f *File) remove(ctx context.Context, places []place) error {
	return f.db.Update(func(tx *bolt.Tx) error {
		now := f.clock.Now()
		for _, p := range places {
			if err := ctx.Err(); err != nil {
				return err
			}
			b := tx.Bucket(p.bucket)
			raw := b.Get(p.key)
			if raw == nil {
				continue
			}
			r, err := decodeRecord(raw)
			if err != nil {
				return err
			}
			if r.live(now) {
				continue
			}
			if err := b.Delete(p.key); err != nil {
				return err
			}
		}
		return nil
	})
}
