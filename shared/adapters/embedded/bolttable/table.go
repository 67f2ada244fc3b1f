package bolttable

import (
	"context"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

type boltTable struct {
	file   *File
	name   string
	bucket []byte
}

var _ table.Table = (*boltTable)(nil)

// Get reads one item.
func (t *boltTable) Get(ctx context.Context, key table.Key) (table.Item, error) {
	if err := table.ValidateKey(key); err != nil {
		return table.Item{}, err
	}
	var item table.Item
	err := t.view(ctx, func(b *bolt.Bucket, now time.Time) error {
		r, found, err := lookup(b, key, now)
		switch {
		case err != nil:
			return err
		case !found:
			return errs.New(errs.NotFound, "there is no such item")
		}
		item = r.item(key)
		return nil
	})
	if err != nil {
		return table.Item{}, t.file.storeError(fmt.Sprintf("getting item %s/%s", key.PK, key.SK), err)
	}
	return item, nil
}

// Put writes one item if cond holds.
func (t *boltTable) Put(ctx context.Context, item table.Item, cond table.Condition) (string, error) {
	if err := table.ValidateItem(item); err != nil {
		return "", err
	}
	var revision string
	err := t.update(ctx, func(b *bolt.Bucket, now time.Time) (err error) {
		if err = check(b, 0, item.Key, cond, now); err == nil {
			revision, err = t.put(b, item)
		}
		return err
	})
	if err != nil {
		return "", t.file.storeError(fmt.Sprintf("putting item %s/%s", item.PK, item.SK), err)
	}
	return revision, nil
}

// Delete removes one item if cond holds.
func (t *boltTable) Delete(ctx context.Context, key table.Key, cond table.Condition) error {
	if err := table.ValidateKey(key); err != nil {
		return err
	}
	err := t.update(ctx, func(b *bolt.Bucket, now time.Time) error {
		if err := check(b, 0, key, cond, now); err != nil {
			return err
		}
		return b.Delete(encodeKey(key))
	})
	if err != nil {
		return t.file.storeError(fmt.Sprintf("deleting item %s/%s", key.PK, key.SK), err)
	}
	return nil
}

// Transact makes all writes or none.
func (t *boltTable) Transact(ctx context.Context, writes []table.Write) error {
	if err := table.ValidateTransaction(writes); err != nil {
		return err
	}
	err := t.update(ctx, func(b *bolt.Bucket, now time.Time) error {
		for i, w := range writes {
			if err := check(b, i, w.Item.Key, w.Cond, now); err != nil {
				return err
			}
		}
		return t.apply(b, writes)
	})
	if err != nil {
		return t.file.storeError(fmt.Sprintf("writing %d items together", len(writes)), err)
	}
	return nil
}

func (t *boltTable) apply(b *bolt.Bucket, writes []table.Write) error {
	for _, w := range writes {
		var err error
		switch w.Op {
		case table.OpPut:
			_, err = t.put(b, w.Item)
		case table.OpDelete:
			err = b.Delete(encodeKey(w.Item.Key))
		case table.OpCheck: // held to its condition already
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *boltTable) put(b *bolt.Bucket, item table.Item) (string, error) {
	revision := t.file.ids.New()
	if revision == "" || len(revision) > maxRevision {
		return "", errors.New("the source of ids gives no usable revision")
	}
	r := record{revision: revision, expires: item.Expires, body: item.Body}
	return revision, b.Put(encodeKey(item.Key), r.encode())
}

// check reports with a *table.ConditionError that cond does not hold for what is stored.
func check(b *bolt.Bucket, index int, key table.Key, cond table.Condition, now time.Time) error {
	if cond == table.Always {
		return nil
	}
	r, found, err := lookup(b, key, now)
	if err != nil {
		return err
	}
	holds := found
	if cond.IsAbsent() {
		holds = !found
	} else if revision, pinned := cond.Revision(); pinned {
		holds = found && revision == r.revision
	}
	if !holds {
		return &table.ConditionError{Index: index, Key: key}
	}
	return nil
}

// lookup reads the record under key unless it has expired.
func lookup(b *bolt.Bucket, key table.Key, now time.Time) (r record, found bool, err error) {
	raw := b.Get(encodeKey(key))
	if raw == nil {
		return record{}, false, nil
	}
	r, err = decodeRecord(raw)
	return r, err == nil && r.live(now), err
}

func (t *boltTable) view(ctx context.Context, read func(*bolt.Bucket, time.Time) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return t.file.db.View(func(tx *bolt.Tx) error {
		return read(tx.Bucket(t.bucket), t.file.clock.Now())
	})
}

// update commits what write does, unless it fails or ctx ended while waiting for its turn.
func (t *boltTable) update(ctx context.Context, write func(*bolt.Bucket, time.Time) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := t.file.commits.update(ctx, func(tx *bolt.Tx) error { return write(tx.Bucket(t.bucket), t.file.clock.Now()) })
	if err == nil {
		t.file.changed(t.name)
	}
	return err
}
